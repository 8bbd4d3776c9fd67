#include "identity/quality.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace weir::identity {
namespace {

using Member = std::pair<std::uint64_t, std::uint64_t>;  // of a whole, and of a part of it

std::uint64_t PairsOf(std::uint64_t ids) { return ids * (ids - 1) / 2; }

// Of wholes that are made of parts.
struct Agreement {
  std::uint64_t pairs_of_wholes = 0;
  std::uint64_t pairs_of_parts = 0;
  double shares = 0;  // over members, the share of their whole that is in their part
};

Agreement AgreementOf(std::vector<Member> members) {
  std::ranges::sort(members);
  Agreement agreement;
  // How often a part of so many members of a whole of so many occurs: what is added up then
  // doesn't depend on what wholes are called.
  std::map<Member, std::uint64_t> sizes;
  for (auto whole = members.begin(); whole != members.end();) {
    const auto whole_end = std::find_if(
        whole, members.end(), [&](const auto& member) { return member.first != whole->first; });
    const auto ids = static_cast<std::uint64_t>(whole_end - whole);
    agreement.pairs_of_wholes += PairsOf(ids);
    while (whole != whole_end) {
      const auto part_end = std::find_if(
          whole, whole_end, [&](const auto& member) { return member.second != whole->second; });
      const auto part = static_cast<std::uint64_t>(part_end - whole);
      agreement.pairs_of_parts += PairsOf(part);
      ++sizes[{ids, part}];
      whole = part_end;
    }
  }
  for (const auto& [size, times] : sizes) {
    const auto [ids, part] = size;
    agreement.shares += static_cast<double>(times * part * part) / static_cast<double>(ids);
  }
  return agreement;
}

std::optional<double> Share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? std::nullopt
                    : std::optional(static_cast<double>(part) / static_cast<double>(whole));
}

std::optional<double> HarmonicMean(const std::optional<double>& left,
                                   const std::optional<double>& right) {
  return left && right && *left + *right > 0 ? std::optional(2 * *left * *right / (*left + *right))
                                             : std::nullopt;
}

std::vector<Member> Memberships(const std::vector<JudgedId>& ids, std::uint64_t JudgedId::* whole,
                                std::uint64_t JudgedId::* part) {
  std::vector<Member> members;
  members.reserve(ids.size());
  std::ranges::transform(ids, std::back_inserter(members),
                         [&](const JudgedId& id) { return Member(id.*whole, id.*part); });
  return members;
}

}  // namespace

std::optional<double> Quality::Precision() const { return Share(right_pairs, found_pairs); }
std::optional<double> Quality::Recall() const { return Share(joined_pairs, joinable_pairs); }
std::optional<double> Quality::F1() const { return HarmonicMean(Precision(), Recall()); }
std::optional<double> Quality::BcubedF1() const {
  return HarmonicMean(bcubed_precision, bcubed_recall);
}

Quality Judge(const std::vector<JudgedId>& ids) {
  const Agreement found = AgreementOf(Memberships(ids, &JudgedId::person, &JudgedId::owner));
  const Agreement truth = AgreementOf(Memberships(ids, &JudgedId::group, &JudgedId::person));
  Quality quality{.ids = ids.size(),
                  .found_pairs = found.pairs_of_wholes,
                  .right_pairs = found.pairs_of_parts,
                  .joinable_pairs = truth.pairs_of_wholes,
                  .joined_pairs = truth.pairs_of_parts};
  if (!ids.empty()) {
    quality.bcubed_precision = found.shares / static_cast<double>(ids.size());
    quality.bcubed_recall = truth.shares / static_cast<double>(ids.size());
  }
  return quality;
}

}  // namespace weir::identity
