#include "identity/changes.h"

#include <gtest/gtest.h>

namespace weir::identity {
namespace {

constexpr Hash128 kA{.high = 0, .low = 1};
constexpr Hash128 kB{.high = 0, .low = 2};
constexpr Hash128 kC{.high = 1, .low = 0};

using Changes = std::vector<Change>;

TEST(Changes, NobodysIdsMakeANewPerson) {
  EXPECT_EQ(ChangesBetween(std::vector<Membership>{{.after = kA}, {.after = kA}}),
            (Changes{{.kind = ChangeKind::kCreated, .into = kA}}));
}

TEST(Changes, APersonThatOnlyGainsOrLosesIdsHasNotChanged) {
  EXPECT_EQ(ChangesBetween(std::vector<Membership>{
                {.before = kA, .after = kA}, {.after = kA}, {.before = kA}}),
            Changes{});
}

TEST(Changes, AMergeNamesThoseThatLostTheirName) {
  EXPECT_EQ(
      ChangesBetween(std::vector<Membership>{
          {.before = kB, .after = kA}, {.before = kA, .after = kA}, {.before = kC, .after = kA}}),
      (Changes{{.kind = ChangeKind::kMerged, .from = kB, .into = kA},
               {.kind = ChangeKind::kMerged, .from = kC, .into = kA}}));
}

TEST(Changes, ASplitNamesTheNewParts) {
  EXPECT_EQ(ChangesBetween(
                std::vector<Membership>{{.before = kA, .after = kA}, {.before = kA, .after = kB}}),
            (Changes{{.kind = ChangeKind::kSplit, .from = kA, .into = kB}}));
}

TEST(Changes, ALostFounderRenames) {
  EXPECT_EQ(ChangesBetween(std::vector<Membership>{{.before = kA}, {.before = kA, .after = kB}}),
            (Changes{{.kind = ChangeKind::kRenamed, .from = kA, .into = kB}}));
}

TEST(Changes, ErasedGoesBeforeExpired) {
  EXPECT_EQ(
      ChangesBetween(std::vector<Membership>{{.before = kA, .is_erased = true}, {.before = kB}}),
      (Changes{{.kind = ChangeKind::kExpired, .from = kB},
               {.kind = ChangeKind::kErased, .from = kA}}));
}

}  // namespace
}  // namespace weir::identity
