// Forms of addresses as RFC 7239 §6 and proxies write them, and whom each header names.
#include "connectors/collector/forwarded_client.h"

#include <gtest/gtest.h>

namespace weir::connectors {
namespace {

std::string ClientBehind(std::string_view forwarded, const std::string& peer = "127.0.0.1") {
  static const enrich::IpRanges kProxies("127.0.0.0/8\n10.0.0.0/8\n", "test");
  return ForwardedClient(peer, forwarded, kProxies);
}

TEST(ForwardedClientTest, IsTheLastAddressThatIsNoProxys) {
  EXPECT_EQ(ClientBehind("8.8.8.8"), "8.8.8.8");
  EXPECT_EQ(ClientBehind("8.8.8.8, 10.0.0.5"), "8.8.8.8");
  EXPECT_EQ(ClientBehind("1.1.1.1, 8.8.8.8,10.0.0.5"), "8.8.8.8");
  EXPECT_EQ(ClientBehind("10.0.0.5, 10.0.0.6"), "10.0.0.5");
  EXPECT_EQ(ClientBehind("8.8.8.8", "9.9.9.9"), "9.9.9.9") << "a stranger's word";
  EXPECT_EQ(ClientBehind("8.8.8.8", "unix"), "unix");
}

TEST(ForwardedClientTest, ReadsPortsBracketsAndQuotes) {
  EXPECT_EQ(ClientBehind("8.8.8.8:51234"), "8.8.8.8");
  EXPECT_EQ(ClientBehind("[2001:db8:cafe::17]:4711"), "2001:db8:cafe::17");
  EXPECT_EQ(ClientBehind("\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
  EXPECT_EQ(ClientBehind("[2001:db8:cafe::17]"), "2001:db8:cafe::17");
  EXPECT_EQ(ClientBehind("2001:db8:cafe::17"), "2001:db8:cafe::17");
  EXPECT_EQ(ClientBehind("\"8.8.8.8\""), "8.8.8.8");
}

TEST(ForwardedClientTest, PassesOverEmptyEntriesAndEndsAtWhatIsNoAddress) {
  EXPECT_EQ(ClientBehind(""), "127.0.0.1");
  EXPECT_EQ(ClientBehind(" , "), "127.0.0.1");
  EXPECT_EQ(ClientBehind("8.8.8.8,"), "8.8.8.8");
  EXPECT_EQ(ClientBehind("8.8.8.8,, 10.0.0.5 ,"), "8.8.8.8");
  EXPECT_EQ(ClientBehind("unknown"), "127.0.0.1");
  EXPECT_EQ(ClientBehind("8.8.8.8, _hidden, 10.0.0.5"), "10.0.0.5");
  for (const char* broken : {"[", "]", "\"", "[]", "[]:1", ":", "[8.8.8.8", "8.8.8.8:1:2"}) {
    EXPECT_FALSE(ClientBehind(broken).empty()) << broken;
  }
  EXPECT_EQ(ClientBehind("8.8.8.8:1:2"), "127.0.0.1");
}

}  // namespace
}  // namespace weir::connectors
