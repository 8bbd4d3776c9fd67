#include "enrich/public_suffix.h"

#include <set>

#include <gtest/gtest.h>
#include <libpsl.h>

#include "base/error.h"
#include "base/test_seed.h"
#include "enrich/reference.h"
#include "enrich/url.h"

namespace weir::enrich {
namespace {

const char* const kListFile = "public-suffix-list/public_suffix_list.dat";

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

TEST(PublicSuffixList, FollowsThePublishedAlgorithm) {
  const PublicSuffixList list(
      "// comment\n\ncom\nuk\nco.uk trailing words\n*.ck\n!www.ck\nb\xC3\xBC"
      "cher.de\r\n");

  EXPECT_EQ(list.PublicSuffix("a.b.co.uk"), "co.uk");
  EXPECT_EQ(list.RegistrableDomain("a.b.co.uk"), "b.co.uk");
  EXPECT_EQ(list.RegistrableDomain("www.ck"), "www.ck");
  EXPECT_EQ(list.RegistrableDomain("a.www.ck"), "www.ck");
  EXPECT_EQ(list.RegistrableDomain("a.b.c.ck"), "b.c.ck");
  EXPECT_EQ(list.PublicSuffix("c.ck"), "c.ck");
  EXPECT_EQ(list.PublicSuffix("x.xn--bcher-kva.de"), "xn--bcher-kva.de");
  EXPECT_EQ(list.PublicSuffix("ck.com"), "com");
  EXPECT_EQ(list.PublicSuffix("x.unlisted"), "unlisted");
}

TEST(PublicSuffixList, AnAddressALabelOrASuffixIsItsOwnDomain) {
  const PublicSuffixList list("com\nco.uk\n");

  for (const char* host : {"127.0.0.1", "[2001:db8::1]", "localhost", "com", "co.uk", "", ".com",
                           ".example.com", "a..com"}) {
    EXPECT_EQ(list.RegistrableDomain(host), host);
  }
  EXPECT_EQ(list.PublicSuffix("127.0.0.1"), "");
  EXPECT_EQ(list.PublicSuffix("[::1]"), "");
}

TEST(PublicSuffixList, NamesTheLineOfABadRule) {
  EXPECT_THROW(PublicSuffixList("// nothing\n"), UserError);
  try {
    PublicSuffixList("com\na.*.b\n");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("line 2: 'a.*.b'"), std::string::npos);
  }
}

// The lines checkPublicSuffix('host', 'domain' or null) of the list's own tests.
void CheckPublished(const std::filesystem::path& list_file, const std::filesystem::path& tests) {
  const PublicSuffixList list(ReadFile(list_file));
  UrlParser parser;
  int checked = 0;
  for (const std::string& line : Split(ReadFile(tests), '\n')) {
    const std::vector<std::string> parts = Split(line, '\'');
    if (!line.starts_with("checkPublicSuffix('")) {
      continue;
    }
    const std::string text = "http://" + parts[1] + "/";
    const ParsedUrl url = parser.Parse(text).value();
    const std::string domain(list.RegistrableDomain(url.host));
    const std::string host(url.host);
    const std::string wanted = parts.size() > 3 ? "http://" + parts[3] + "/" : "";
    EXPECT_EQ(domain, wanted.empty() ? host : std::string(parser.Parse(wanted).value().host));
    ++checked;
  }
  EXPECT_GT(checked, 75);
}

TEST(PublicSuffixList, PassesTheListsOwnTests) {
  CheckPublished(DepsFile(kListFile), DepsFile("public-suffix-list/test_psl.txt"));
}

TEST(PublicSuffixList, PassesTheListsOwnTestsOfAnotherDay) {
  const auto folder = SharedFile("public-suffix-list");
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "skipped: no " << folder;
  }
  CheckPublished(folder / "public_suffix_list.dat", folder / "tests/test_psl.txt");
}

// Hosts at, above and below every rule of the list, in punycode; but for x of a rule *.x, which
// libpsl takes for a suffix, too, and the published algorithm doesn't.
std::set<std::string> HostsOfAllRules(const std::string& list_text) {
  std::set<std::string> hosts;
  std::vector<std::string> parents;
  UrlParser parser;
  for (std::string line : Split(list_text, '\n')) {
    if (line.empty() || line.starts_with("//")) {
      continue;
    }
    const bool wildcard = line.starts_with("*.");
    line = line.substr(wildcard ? 2 : line.starts_with('!') ? 1 : 0);
    const std::string url = "http://" + line + "/";
    const std::string name(parser.Parse(url).value().host);
    if (wildcard) {
      parents.push_back(name);
    }
    for (const char* before : {"", "x.", "y.x.", "www.", "z.y.x.", "city."}) {
      hosts.insert(before + name);
    }
    hosts.insert("q" + name);
  }
  for (const std::string& parent : parents) {
    hosts.erase(parent);
  }
  return hosts;
}

TEST(PublicSuffixList, AgreesWithLibpslOnEveryRule) {
  const std::string text = ReadFile(DepsFile(kListFile));
  const PublicSuffixList list(text);
  psl_ctx_t* reference = psl_load_file(DepsFile(kListFile).c_str());
  ASSERT_NE(reference, nullptr);

  const std::set<std::string> hosts = HostsOfAllRules(text);

  EXPECT_GT(hosts.size(), 50'000U);
  for (const std::string& host : hosts) {
    const char* domain = psl_registrable_domain(reference, host.c_str());
    const char* suffix = psl_unregistrable_domain(reference, host.c_str());
    ASSERT_EQ(list.RegistrableDomain(host), domain != nullptr ? domain : host) << host;
    ASSERT_EQ(list.PublicSuffix(host), suffix != nullptr ? suffix : "") << host;
  }
  psl_free(reference);
}

}  // namespace
}  // namespace weir::enrich
