#include "identity/sightings.h"

#include <optional>

#include <gtest/gtest.h>

namespace weir::identity {
namespace {

constexpr Micros At(int day, int hour = 0) { return day * kDay + hour * kHour; }

class SightingsTest : public testing::Test {
 protected:
  SightingsTest() {
    const std::vector<IdName> names = {{.party = ids_.CodeOf("af"), .text = "1"},
                                       {.party = ids_.CodeOf("st"), .text = "1"},
                                       {.party = ids_.CodeOf("an"), .text = "1"}};
    numbers_.resize(names.size());
    ids_.Number(names, 1, numbers_);
  }
  IdNumber af() const { return numbers_[0]; }
  IdNumber st() const { return numbers_[1]; }
  IdNumber an() const { return numbers_[2]; }

  // Of rows in blocks of two.
  Sightings Of(const std::vector<Edge>& rows) const {
    std::vector<Edges> blocks;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i % 2 == 0) {
        blocks.emplace_back();
      }
      blocks.back().push_back(rows[i]);
    }
    return {std::move(blocks), ids_, parameters_, 2};
  }

  // Of a result of one edge at most.
  static std::optional<Edge> Only(const Edges& edges) {
    EXPECT_LE(edges.size(), 1U);
    return edges.empty() ? std::nullopt : std::optional(edges.front());
  }

  IdDictionary ids_;
  std::vector<IdNumber> numbers_;
  Parameters parameters_{.expiry_days = 10, .expiry_of = {{"an", 3}}};
};

TEST_F(SightingsTest, APairLivesForTheLesserOfBothExpiries) {
  const Sightings usual = Of({{af(), st(), At(100), At(100), 1}});
  const Sightings shorter = Of({{af(), an(), At(100), At(100), 1}});

  EXPECT_EQ(usual.LiveOn(110).size(), 1U);
  EXPECT_EQ(usual.LiveOn(111).size(), 0U);
  EXPECT_EQ(shorter.LiveOn(103).size(), 1U);
  EXPECT_EQ(shorter.LiveOn(104).size(), 0U);
}

TEST_F(SightingsTest, SumsUpBothWaysRoundAndWithinADay) {
  const auto edge = Only(Of({{st(), af(), At(103, 5), At(103, 6), 2},
                             {af(), st(), At(100), At(100, 23), 1},
                             {af(), st(), At(100, 2), At(100, 3), 4}})
                             .LiveOn(103));

  EXPECT_EQ(edge->first_seen, At(100));
  EXPECT_EQ(edge->last_seen, At(103, 6));
  EXPECT_EQ(edge->calls, 7);
}

TEST_F(SightingsTest, AGapLongerThanTheExpiryStartsAnew) {
  const auto with_gap = [&](int days) {
    return Only(Of({{af(), st(), At(100, 23), At(100, 23), 5},
                    {af(), st(), At(100 + days), At(100 + days), 1}})
                    .LiveOn(100 + days));
  };

  EXPECT_EQ(with_gap(10)->calls, 6);
  EXPECT_EQ(with_gap(11)->calls, 1);
  EXPECT_EQ(with_gap(11)->first_seen, At(111));
}

TEST_F(SightingsTest, LaterDaysDontCount) {
  const Sightings sightings =
      Of({{af(), st(), At(100), At(100), 1}, {af(), st(), At(102), At(102), 1}});

  EXPECT_EQ(sightings.LiveOn(99).size(), 0U);
  EXPECT_EQ(Only(sightings.LiveOn(101))->calls, 1);
  EXPECT_EQ(Only(sightings.LiveOn(102))->calls, 2);
}

TEST_F(SightingsTest, ASumStandsForItsDays) {
  const std::vector<Edge> days = {{af(), st(), At(100), At(100), 1},
                                  {af(), st(), At(107), At(107), 2}};
  const Edge sum = Only(Of(days).LiveOn(108)).value();

  const auto whole = Only(Of({days[0], days[1], {af(), st(), At(117), At(117), 4}}).LiveOn(117));
  const auto grown = Only(Of({sum, {af(), st(), At(117), At(117), 4}}).LiveOn(117));

  EXPECT_EQ(grown, whole);
  EXPECT_EQ(grown->calls, 7);
}

}  // namespace
}  // namespace weir::identity
