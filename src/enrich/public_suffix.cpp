// The algorithm of https://publicsuffix.org/list/: of the rules that match the end of a host label
// by label, an exception prevails, else the one with most labels, else "*". The rules stand in one
// hash table by the name they end a host with ("*.ck" at ck, as a flag). A look-up walks the host's
// labels from the right, one probe each, and stops at the first name that no rule goes through:
// two or three probes for most hosts.
#include "enrich/public_suffix.h"

#include <algorithm>
#include <bit>

#include <ada.h>

#include "base/error.h"

namespace weir::enrich {
namespace {

constexpr std::uint8_t kRule = 1;       // the name is a suffix
constexpr std::uint8_t kWildcard = 2;   // the name with any label before it is a suffix
constexpr std::uint8_t kException = 4;  // the name without its first label is the suffix
constexpr std::uint8_t kParent = 8;     // a longer name ends with this one
constexpr std::uint32_t kSeed = 2'166'136'261;

// FNV-1a over the bytes from the last to the first, so that a longer name goes on where a shorter
// one ended.
std::uint32_t HashOn(std::uint32_t hash, std::string_view bytes) {
  for (std::size_t i = bytes.size(); i-- > 0;) {
    hash = (hash ^ static_cast<std::uint8_t>(bytes[i])) * 16'777'619;
  }
  return hash;
}

// FNV's low bits alone fill a table unevenly.
std::size_t SlotOf(std::uint32_t hash, std::size_t num_slots) {
  return ((hash * 0x9E3779B97F4A7C15ULL) >> 32) & (num_slots - 1);
}

bool IsAddress(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return host.starts_with('[') ||
         (!last.empty() && std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; }));
}

// Where the label before `start` begins; `start` - 1 is its dot.
std::size_t LabelBefore(std::string_view host, std::size_t start) {
  return start < 2 ? 0 : host.rfind('.', start - 2) + 1;
}

std::string_view FirstWord(std::string_view line) {
  return line.substr(0, line.find_first_of(" \t\r"));
}

}  // namespace

PublicSuffixList::PublicSuffixList(std::string_view list_file_text) : slots_(1024) {
  std::size_t line = 0;
  while (!list_file_text.empty()) {
    ++line;
    const std::size_t end = std::min(list_file_text.find('\n'), list_file_text.size());
    const std::string_view rule = FirstWord(list_file_text.substr(0, end));
    list_file_text.remove_prefix(std::min(end + 1, list_file_text.size()));
    if (!rule.empty() && !rule.starts_with("//")) {
      AddRule(rule, line);
    }
  }
  if (num_names_ == 0) {
    throw UserError("public suffix list: it has no rules; one a line is wanted, such as co.uk");
  }
}

void PublicSuffixList::AddRule(std::string_view rule, std::size_t line) {
  std::uint8_t flags = kRule;
  std::string_view name = rule;
  if (rule.starts_with("*.")) {
    flags = kWildcard;
    name.remove_prefix(2);
  } else if (rule.starts_with('!')) {
    flags = kException;
    name.remove_prefix(1);
  }
  if (rule == "*") {
    return;  // what holds without it, too
  }
  const std::string ascii = ada::idna::to_ascii(name);
  if (ascii.empty() || ascii.size() > 253 || name.find_first_of("*!") != std::string_view::npos) {
    throw UserError(
        "public suffix list, line {}: '{}' is no rule; allowed: a domain name, '*.' or '!' and a "
        "domain name",
        line, rule);
  }
  AddFlags(ascii, flags);
  AddParents(ascii);
}

void PublicSuffixList::AddParents(std::string_view name) {
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    name.remove_prefix(dot + 1);
    AddFlags(name, kParent);
  }
}

void PublicSuffixList::AddFlags(std::string_view name, std::uint8_t flags) {
  const std::uint32_t hash = HashOn(kSeed, name);
  std::size_t at = SlotOf(hash, slots_.size());
  while (slots_[at].flags != 0) {
    const Slot& slot = slots_[at];
    if (slot.hash == hash && std::string_view(names_).substr(slot.start, slot.size) == name) {
      slots_[at].flags |= flags;
      return;
    }
    at = (at + 1) & (slots_.size() - 1);
  }
  slots_[at] = {.hash = hash,
                .start = static_cast<std::uint32_t>(names_.size()),
                .size = static_cast<std::uint8_t>(name.size()),
                .flags = flags};
  names_ += name;
  if (++num_names_ * 2 > slots_.size()) {
    Grow();
  }
}

void PublicSuffixList::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    std::size_t at = SlotOf(slot.hash, slots_.size());
    while (slot.flags != 0 && slots_[at].flags != 0) {
      at = (at + 1) & (slots_.size() - 1);
    }
    if (slot.flags != 0) {
      slots_[at] = slot;
    }
  }
}

// The slot of a name, or an empty one.
const PublicSuffixList::Slot& PublicSuffixList::Find(std::string_view name,
                                                     std::uint32_t hash) const {
  std::size_t at = SlotOf(hash, slots_.size());
  while (slots_[at].flags != 0 &&
         (slots_[at].hash != hash ||
          std::string_view(names_).substr(slots_[at].start, slots_[at].size) != name)) {
    at = (at + 1) & (slots_.size() - 1);
  }
  return slots_[at];
}

std::string_view PublicSuffixList::PublicSuffix(std::string_view host) const {
  if (host.empty() || IsAddress(host)) {
    return {};
  }
  std::size_t start = host.rfind('.') + 1;
  std::size_t suffix = start;
  std::size_t hashed = host.size();
  std::uint32_t hash = kSeed;
  while (true) {
    hash = HashOn(hash, host.substr(start, hashed - start));
    hashed = start;
    const std::uint8_t flags = Find(host.substr(start), hash).flags;
    if ((flags & kException) != 0) {
      return host.substr(std::min(host.find('.', start) + 1, host.size()));
    }
    if ((flags & kRule) != 0) {
      suffix = start;
    }
    if (start == 0 || (flags & (kWildcard | kParent)) == 0) {
      return host.substr(suffix);
    }
    start = LabelBefore(host, start);
    if ((flags & kWildcard) != 0) {
      suffix = start;
    }
  }
}

HostParts PublicSuffixList::PartsOf(std::string_view host) const {
  const std::string_view suffix = PublicSuffix(host);
  const std::size_t start = host.size() - suffix.size();
  if (suffix.empty() || suffix.size() + 1 >= host.size() || host.starts_with('.')) {
    return {.domain = 0, .suffix = start};
  }
  const std::size_t domain = LabelBefore(host, start);
  return {.domain = domain + 1 == start ? 0 : domain, .suffix = start};
}

std::string_view PublicSuffixList::RegistrableDomain(std::string_view host) const {
  return host.substr(PartsOf(host).domain);
}

}  // namespace weir::enrich
