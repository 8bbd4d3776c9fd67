#include "connectors/collector/sync_rules.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::connectors {
namespace {

using Days = std::map<std::string, std::int32_t>;
using Parties = std::vector<std::string>;

// specs: "a party's last sync of this cookie is older than resync_days (14)", "at most 3 hops,
// never the same party twice".
TEST(SyncRules, SayWhichPartiesAreDue) {
  constexpr std::int32_t kToday = 20'458;
  struct Case {
    const char* what;
    Parties parties;
    Days days;
    Parties due;
  };
  const std::vector<Case> cases = {
      {"none are wanted", {}, {}, {}},
      {"never synced", {"st", "tt"}, {}, {"st", "tt"}},
      {"synced today", {"st", "tt"}, {{"st", kToday}}, {"tt"}},
      {"synced 13 days ago", {"st"}, {{"st", kToday - 13}}, {}},
      {"synced 14 days ago", {"st"}, {{"st", kToday - 14}}, {"st"}},
      {"a clock that ran ahead", {"st"}, {{"st", kToday + 1}}, {"st"}},
      {"another party's sync", {"st"}, {{"tt", kToday}}, {"st"}},
      {"more than three", {"a", "b", "c", "d"}, {}, {"a", "b", "c"}},
      {"the third is recent", {"a", "b", "c", "d"}, {{"c", kToday}}, {"a", "b", "d"}},
      {"one that is wanted twice", {"st", "st", "tt"}, {}, {"st", "tt"}}};
  for (const Case& one : cases) {
    EXPECT_EQ(PartiesDue(one.parties, one.days, kToday, 14), one.due) << one.what;
  }
}

TEST(SyncRules, SayWhereABrowserIsSentNext) {
  struct Case {
    const char* what;
    SyncWalk walk;
    std::optional<std::string> next;
  };
  const std::vector<Case> cases = {
      {"nobody", {}, std::nullopt},
      {"the first", {.next = {"st", "tt"}}, "st"},
      {"one that was visited", {.visited = {"st"}, .next = {"st", "tt"}}, "tt"},
      {"one whose id is known", {.ids = {{"st", "1"}}, .next = {"st", "tt"}}, "tt"},
      {"one that gave no id", {.visited = {"st"}, .next = {"st"}}, std::nullopt},
      {"the third", {.visited = {"a", "b"}, .next = {"a", "b", "c", "d"}}, "c"},
      {"a fourth", {.visited = {"a", "b", "c"}, .next = {"a", "b", "c", "d"}}, std::nullopt}};
  for (const Case& one : cases) {
    EXPECT_EQ(NextParty(one.walk), one.next) << one.what;
  }
}

TEST(SyncRules, ACookieOfSyncDaysComesBack) {
  const Days days = {{"st", 20'458}, {"tt", 3}};
  EXPECT_EQ(SyncDaysText(days), "st.20458-tt.3");
  EXPECT_EQ(ParseSyncDays("st.20458-tt.3"), days);
  EXPECT_EQ(ParseSyncDays("st.20458-tt.x-.5-zz.-1-uu-vv."), (Days{{"st", 20'458}}));
  EXPECT_EQ(ParseSyncDays(""), Days{});
}

TEST(SyncRules, AWalkComesBackUntilItIsTooOld) {
  const SyncWalk walk{.ids = {{"af", "1"}, {"st", "a \"b\" ü"}},
                      .visited = {"st"},
                      .next = {"st", "tt"},
                      .consent = "CPc",
                      .begun = 1'000 * kMinute};
  const std::string sealed = SealWalk(walk, "key");
  const auto open = [&](const char* key, Micros now) {
    return OpenWalk(sealed, key, now, 10 * kMinute);
  };
  EXPECT_EQ(open("key", walk.begun), walk);
  EXPECT_EQ(open("key", walk.begun + 10 * kMinute - 1), walk);
  EXPECT_EQ(open("key", walk.begun + 10 * kMinute), std::nullopt);
  EXPECT_EQ(open("key", walk.begun - 2 * kMinute), std::nullopt);
  EXPECT_EQ(open("yek", walk.begun), std::nullopt);
}

TEST(SyncRules, TemplatesThatLeadElsewhereAreRefused) {
  EXPECT_NO_THROW(CheckPartnerTemplate("st", "https://st.example/match?id={uid}&to={return}"));
  for (const char* text :
       {"", "st.example/{uid}/{return}", "https://{uid}.example/?r={return}",
        "https://{return}{uid}", "https://st.example{uid}/{return}",
        "javascript:alert('{uid}{return}')", "ftp://st.example/{uid}{return}",
        "https://st.example/match?id={uid}", "https://st.example/match?to={return}"}) {
    EXPECT_THROW(CheckPartnerTemplate("st", text), UserError) << text;
  }
}

TEST(SyncRules, WhatIsFilledInCantLeaveItsPlace) {
  EXPECT_EQ(FillPartnerTemplate("https://st.example/m?id={uid}&to={return}&x=1",
                                "a/../?&=#\n{return}", "https://own.example/sync?party=st&uid="),
            "https://st.example/m?id=a%2F..%2F%3F%26%3D%23%0A%7Breturn%7D"
            "&to=https%3A%2F%2Fown.example%2Fsync%3Fparty%3Dst%26uid%3D&x=1");
}

}  // namespace
}  // namespace weir::connectors
