#include "identity/changes.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace weir::identity {
namespace {

using Person = Hash128;

template <typename Value>
void SortOnce(std::vector<Value>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
}

// People before and after, as they share ids.
class Lines {
 public:
  explicit Lines(std::span<const Membership> memberships) {
    before_.reserve(memberships.size());
    after_.reserve(memberships.size());
    forward_.reserve(memberships.size());
    backward_.reserve(memberships.size());
    for (const Membership& id : memberships) {
      if (id.before) {
        before_.push_back(*id.before);
      }
      if (id.after) {
        after_.push_back(*id.after);
      }
      if (id.before && id.after) {
        forward_.emplace_back(*id.before, *id.after);
        backward_.emplace_back(*id.after, *id.before);
      }
      if (id.is_erased && id.before) {
        erased_.push_back(*id.before);
      }
    }
    SortOnce(before_);
    SortOnce(after_);
    SortOnce(forward_);
    SortOnce(backward_);
    SortOnce(erased_);
  }

  std::vector<Change> Changes() const {
    std::vector<Change> changes;
    for (const Person& person : after_) {
      AddMerged(person, changes);
    }
    for (const Person& person : before_) {
      AddSplit(person, changes);
    }
    for (const Person& person : erased_) {
      changes.push_back({.kind = ChangeKind::kErased, .from = person});
    }
    std::ranges::sort(changes);
    return changes;
  }

 private:
  using Links = std::vector<std::pair<Person, Person>>;

  static std::span<const Links::value_type> LinksOf(const Links& links, const Person& person) {
    const auto found = std::ranges::equal_range(links, person, {}, &Links::value_type::first);
    return {found.begin(), found.end()};
  }

  void AddMerged(const Person& person, std::vector<Change>& changes) const {
    const auto sources = LinksOf(backward_, person);
    if (sources.empty()) {
      changes.push_back({.kind = ChangeKind::kCreated, .into = person});
    }
    for (const auto& [into, from] : sources) {
      if (sources.size() > 1 && from != into) {
        changes.push_back({.kind = ChangeKind::kMerged, .from = from, .into = into});
      }
    }
  }

  void AddSplit(const Person& person, std::vector<Change>& changes) const {
    const auto parts = LinksOf(forward_, person);
    if (parts.empty() && !std::ranges::binary_search(erased_, person)) {
      changes.push_back({.kind = ChangeKind::kExpired, .from = person});
    }
    for (const auto& [from, into] : parts) {
      if (parts.size() > 1 && from != into) {
        changes.push_back({.kind = ChangeKind::kSplit, .from = from, .into = into});
      }
    }
    if (parts.size() == 1 && parts.front().second != person &&
        LinksOf(backward_, parts.front().second).size() == 1) {
      changes.push_back(
          {.kind = ChangeKind::kRenamed, .from = person, .into = parts.front().second});
    }
  }

  std::vector<Person> before_;
  std::vector<Person> after_;
  Links forward_;
  Links backward_;
  std::vector<Person> erased_;
};

}  // namespace

std::string_view NameOf(ChangeKind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"created", "merged",  "split",
                                                             "renamed", "expired", "erased"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::vector<Change> ChangesBetween(std::span<const Membership> memberships) {
  return Lines(memberships).Changes();
}

}  // namespace weir::identity
