#include "connectors/secrets.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/test_folder.h"

namespace weir::connectors {
namespace {

project::SecretLine InEnvironment(std::string name, std::string variable) {
  return {.name = std::move(name), .env = std::move(variable)};
}

TEST(Secrets, ComeFromTheEnvironmentAndFromFiles) {
  const TestFolder folder;
  std::ofstream(folder.path() / "token") << "from a file\n";
  setenv("WEIR_TEST_PASSWORD", "p@ss word", 1);
  const Secrets secrets({InEnvironment("password", "WEIR_TEST_PASSWORD"),
                         {.name = "token", .file = folder.text() + "/token"}});

  EXPECT_EQ(secrets.Value("password"), "p@ss word");
  EXPECT_EQ(secrets.Value("token"), "from a file");
  EXPECT_EQ(secrets.Fill("u:{secret.password}@{secret.token}/{secret"),
            "u:p@ss word@from a file/{secret");
}

TEST(Secrets, SaysWhatIsMissing) {
  unsetenv("WEIR_TEST_NONE");
  const Secrets secrets({InEnvironment("password", "WEIR_TEST_NONE")});

  EXPECT_EQ(ErrorOf([&] { secrets.Value("pasword"); }),
            "unknown secret 'pasword'; weir.yaml has password; did you mean 'password'?");
  EXPECT_EQ(ErrorOf([&] { secrets.Value("password"); }),
            "secret 'password' is not there: the environment has no variable WEIR_TEST_NONE");
}

TEST(Secrets, HaveAPublicValueInDevThatNoOtherEnvironmentTakes) {
  project::SecretLine line = InEnvironment("salt", "WEIR_TEST_SALT");
  line.dev = "known to all";
  unsetenv("WEIR_TEST_SALT");
  line.in_dev = true;
  const Secrets dev({line});
  line.in_dev = false;
  const Secrets production({line});

  EXPECT_EQ(dev.Value("salt"), "known to all");
  EXPECT_EQ(dev.Redact("known to all"), "known to all");
  EXPECT_EQ(ErrorOf([&] { production.Value("salt"); }),
            "secret 'salt' is not there: the environment has no variable WEIR_TEST_SALT");
  setenv("WEIR_TEST_SALT", "known to all", 1);
  EXPECT_EQ(ErrorOf([&] { production.Value("salt"); }),
            "secret 'salt' has the value of environment dev, which all know");
  setenv("WEIR_TEST_SALT", "known to few", 1);
  EXPECT_EQ(production.Value("salt"), "known to few");
}

TEST(Secrets, AreRedactedInEveryFormOnceTheyWereAskedFor) {
  setenv("WEIR_TEST_PASSWORD", "a\"b c/d", 1);
  const Secrets secrets({InEnvironment("password", "WEIR_TEST_PASSWORD")});
  EXPECT_EQ(secrets.Redact("x a\"b c/d"), "x a\"b c/d");

  secrets.LoadAll();

  EXPECT_EQ(secrets.Redact("x a\"b c/d, a%22b%20c%2Fd and \"a\\\"b c/d\"; a\"b c/d"),
            "x ***, *** and \"***\"; ***");
}

TEST(Secrets, TheLongerOfTwoIsRedactedFirst) {
  Redactor redactor;
  redactor.Add("abc");
  redactor.Add("abcdef");
  redactor.Add("-----BEGIN KEY-----\nMIIabcdef0123\n-----END KEY-----\n");

  EXPECT_EQ(redactor("abcdef abc"), "*** ***");
  EXPECT_EQ(redactor("log: MIIabcdef0123"), "log: ***");
}

TEST(Connections, HaveTheirSecretsFilledIn) {
  setenv("WEIR_TEST_PASSWORD", "hidden", 1);
  const Secrets secrets({InEnvironment("password", "WEIR_TEST_PASSWORD")});
  const Connections connections({{.name = "shop",
                                  .kind = "postgres",
                                  .settings = {{"host", "h"}, {"password", "{secret.password}"}},
                                  .place = {}}},
                                secrets);

  EXPECT_EQ(connections.Find("shop", "postgres").settings.at("password"), "hidden");
  EXPECT_EQ(ErrorOf([&] { connections.Find("shp", "postgres"); }),
            "unknown connection 'shp'; weir.yaml has shop; did you mean 'shop'?");
  EXPECT_EQ(ErrorOf([&] { connections.Find("shop", "kafka"); }),
            "connection 'shop' is of kind 'postgres'; 'kafka' is needed");
}

}  // namespace
}  // namespace weir::connectors
