#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::enrich {

// Where the parts of a host begin, which end where it ends.
struct HostParts {
  std::size_t domain = 0;  // see RegistrableDomain()
  std::size_t suffix = 0;  // see PublicSuffix(); the host's size if there is none
};

// The rules of Mozilla's public suffix list, ICANN and private parts. Immutable: any threads may
// ask. Hosts are as ParsedUrl has them: ASCII (punycode), lower-case, no trailing dot.
class PublicSuffixList {
 public:
  // `list_file_text` is the list in its published form. Throws UserError with the line of a rule
  // that can't be read, and for a text without rules.
  explicit PublicSuffixList(std::string_view list_file_text);

  // The public suffix and one label more. The host itself if it is an address, a single label or
  // a bare suffix, or if there is no such label (a leading dot).
  std::string_view RegistrableDomain(std::string_view host) const;

  // The end of `host` that the prevailing rule matches; the last label if no rule does; empty for
  // an address or an empty host.
  std::string_view PublicSuffix(std::string_view host) const;

  // Both, for the price of one.
  HostParts PartsOf(std::string_view host) const;

 private:
  // What the list says about one name, such as co.uk. An empty slot has no flags.
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t start = 0;  // of the name, in names_
    std::uint8_t size = 0;
    std::uint8_t flags = 0;
  };

  void AddRule(std::string_view rule, std::size_t line);
  void AddParents(std::string_view name);
  void AddFlags(std::string_view name, std::uint8_t flags);
  void Grow();
  const Slot& Find(std::string_view name, std::uint32_t hash) const;

  std::string names_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
  std::size_t num_names_ = 0;
};

}  // namespace weir::enrich
