#include "connectors/activation/change_finder.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>

namespace weir::connectors {
namespace {

std::tuple<std::int64_t, std::int64_t, std::int64_t> LastsUntil(const SegmentLine& line) {
  constexpr std::int64_t kMinuteSeconds = 60;
  return {line.timestamp + kMinuteSeconds * line.minutes, line.timestamp, line.value};
}

const HeldSegment* FindHeldSegment(std::span<const HeldSegment> held, std::int64_t segment) {
  const auto place = std::ranges::lower_bound(held, segment, {}, &HeldSegment::segment);
  return place != held.end() && place->segment == segment ? &*place : nullptr;
}

// The lines of one user in one segment, and the user's segments that it shall be in.
std::optional<SegmentChange> ChangeOf(std::span<const SegmentLine> lines,
                                      std::span<const HeldSegment> held) {
  const SegmentLine* added = nullptr;
  const SegmentLine* removed = nullptr;
  for (const SegmentLine& line : lines) {
    if (line.remove) {
      removed = removed == nullptr || removed->timestamp < line.timestamp ? &line : removed;
    } else {
      added = added == nullptr || LastsUntil(*added) < LastsUntil(line) ? &line : added;
    }
  }
  const std::int64_t segment = lines.front().segment;
  const HeldSegment* const place = FindHeldSegment(held, segment);
  const bool is_held = place != nullptr;
  const SegmentLine* said = is_held ? added : removed;
  if (said == nullptr) {
    return std::nullopt;
  }
  return SegmentChange{.segment = segment,
                       .remove = !is_held,
                       .renew = is_held && !place->is_new,
                       .timestamp = said->timestamp,
                       .minutes = is_held ? said->minutes : 0,
                       .value = is_held ? said->value : 0};
}

// Hands changes on to the seats' blocks; a user is begun where it has one.
class ChangeSpreader {
 public:
  explicit ChangeSpreader(const SegmentRoutes& routes) : routes_(routes) {}

  void Add(std::size_t index, std::string_view user, const SegmentChange& change) {
    for (const std::int64_t member : routes_.MembersOf(change.segment)) {
      if (seat_ == nullptr || member != member_) {
        member_ = member;
        seat_ = &seats_[member];
      }
      if (seat_->last_user != index) {
        seat_->last_user = index;
        seat_->block.BeginUser(user);
      }
      seat_->block.Add(change);
    }
  }

  MemberChanges Take() {
    MemberChanges changes;
    for (auto& [member, seat] : seats_) {
      changes.emplace(member, std::move(seat.block));
    }
    return changes;
  }

 private:
  struct Seat {
    ChangeBlock block;
    std::optional<std::size_t> last_user;
  };

  const SegmentRoutes& routes_;
  std::map<std::int64_t, Seat> seats_;
  std::int64_t member_ = 0;
  Seat* seat_ = nullptr;  // of member_
};

}  // namespace

SegmentRoutes::SegmentRoutes(const std::set<SegmentRoute>& routes) {
  for (const SegmentRoute& route : routes) {
    members_[route.segment].push_back(route.member);
  }
}

const std::vector<std::int64_t>& SegmentRoutes::MembersOf(std::int64_t segment) const {
  const auto found = members_.find(segment);
  return found == members_.end() ? none_ : found->second;
}

MemberChanges FindChanges(const LineBlock& lines, const SegmentRoutes& routes, HeldMembers& held,
                          HeldMembers* had) {
  HeldMembers::Lookup lookup(held);
  std::optional<HeldMembers::Lookup> lookup_before;
  if (had != nullptr) {
    lookup_before.emplace(*had);
  }
  ChangeSpreader spreader(routes);
  std::vector<SegmentLine> sorted;
  for (std::size_t user = 0; user < lines.num_users(); ++user) {
    std::span<const SegmentLine> of_user = lines.entries(user);
    if (!std::ranges::is_sorted(of_user, {}, &SegmentLine::segment)) {
      sorted.assign(of_user.begin(), of_user.end());
      std::ranges::stable_sort(sorted, {}, &SegmentLine::segment);
      of_user = sorted;
    }
    const std::span<const HeldSegment> segments = lookup.Find(lines.user(user));
    while (!of_user.empty()) {
      const std::int64_t segment = of_user.front().segment;
      const auto end = std::ranges::find_if(
          of_user, [&](const SegmentLine& line) { return line.segment != segment; });
      const auto count = static_cast<std::size_t>(end - of_user.begin());
      const auto change = ChangeOf(of_user.first(count), segments);
      const bool was_never_there =
          change && change->remove && lookup_before &&
          FindHeldSegment(lookup_before->Find(lines.user(user)), segment) == nullptr;
      if (change && !was_never_there) {
        spreader.Add(user, lines.user(user), *change);
      }
      of_user = of_user.subspan(count);
    }
  }
  return spreader.Take();
}

}  // namespace weir::connectors
