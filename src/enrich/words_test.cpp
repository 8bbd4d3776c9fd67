#include "enrich/words.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/test_seed.h"
#include "enrich/random_url.h"
#include "enrich/reference.h"
#include "enrich/word_lists.h"

namespace weir::enrich {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

class WordSplitterTest : public testing::Test {
 protected:
  Words Of(const std::string& text) {
    Words words = {"left over", "from", "before"};
    splitter_.Split(parser_.Parse(text).value(), words);
    return words;
  }

  const PublicSuffixList list_{"com\nuk\nco.uk\nde\njp\nrss\n"};
  const WordSplitter splitter_{list_};
  UrlParser parser_;
};

TEST_F(WordSplitterTest, SplitsHostAndPath) {
  EXPECT_EQ(Of("https://bbc.com/news/world-europe-56675290"),
            (Words{"bbc", "news", "world", "europe"}));
  EXPECT_EQ(Of("https://www.news.bbc.co.uk:8080/Sport/sport/?q=query#top"),
            (Words{"news", "bbc", "sport"}));
  EXPECT_EQ(Of("https://com/"), Words{});
}

TEST_F(WordSplitterTest, DropsStopWordsShortWordsAndTheLastExtension) {
  EXPECT_EQ(Of("http://x.com/the/art-of-b/index.html"), (Words{"art", "index"}));
  EXPECT_EQ(Of("http://x.com/html.php/page.PHP"), (Words{"html", "php", "page"}));
  EXPECT_EQ(Of("http://x.com/song.mp3"), Words{"song"});
  EXPECT_EQ(Of("http://x.com/archive.tar.gz"), (Words{"archive", "tar", "gz"}));
  EXPECT_EQ(Of("http://x.com/page.html/"), (Words{"page", "html"}));
  EXPECT_EQ(Of("http://x.com/page.php%00"), (Words{"page", "php"}));
}

TEST_F(WordSplitterTest, ReadsOtherScripts) {
  EXPECT_EQ(Of("https://b\xC3\xBC"
               "cher.de/STRA%C3%9FE/%C3%89t%C3%A9"),
            (Words{"bücher", "straße", "été"}));
  EXPECT_EQ(Of("https://x.com/日本-語/ПРИВЕТ"), (Words{"日本", "привет"}));
}

TEST_F(WordSplitterTest, LeavesBytesThatAreNotUtf8Encoded) {
  EXPECT_EQ(Of("https://x.com/a%FFbc"), Words{"ffbc"});
  EXPECT_EQ(Of("https://x.com/ab%C3%9F%E2%82cd"), (Words{"abß", "cd"}));
}

TEST_F(WordSplitterTest, KeepsThousandsOfWordsOnceEach) {
  std::string url = "http://x.com/";
  Words expected;
  for (char first = 'a'; first <= 'z'; ++first) {
    for (char second = 'a'; second <= 'z'; ++second) {
      const std::string word = std::string{first, second} + "qzpqzpqzpqzpqzpqzp";
      expected.push_back(word);
      url += word + "/" + word + "/";
    }
  }
  for (std::size_t i = 0; i < 20; ++i) {
    url += expected[i] + "/";
  }

  EXPECT_EQ(Of(url), expected);
}

TEST(StopWordTable, HoldsTheListAndNothingElse) {
  constexpr StopWordTable kTable;
  std::size_t longest = 0;

  for (const std::string_view word : kStopWords) {
    EXPECT_TRUE(kTable.Contains(Pack(word))) << word;
    longest = std::max(longest, word.size());
  }

  EXPECT_EQ(longest, kLongestStopWord);
  for (const char* word : {"news", "ab", "th", "thes", "zz", "could"}) {
    EXPECT_FALSE(kTable.Contains(Pack(word))) << word;
  }
}

TEST(WordSplitter, AgreesWithASlowPythonOnRandomUrls) {
  const std::string python = FindProgram("python3");
  if (python.empty()) {
    GTEST_SKIP() << "skipped: no python3 here; scripts/setup.sh installs it";
  }
  const PublicSuffixList list(ReadFile(DepsFile("public-suffix-list/public_suffix_list.dat")));
  const WordSplitter splitter(list);
  RandomUrl random(TestSeed());
  UrlParser parser;
  std::vector<Words> ours;
  Words questions;
  for (int i = 0; i < 1000 * TestRounds(); ++i) {
    const std::string text = random.Make();
    if (const auto url = parser.Parse(text)) {
      questions.push_back(json{url->host, list.PublicSuffix(url->host), url->path}.dump());
      splitter.Split(*url, ours.emplace_back());
    }
  }

  const Words answers = AskScript(python, "words_reference.py", questions);

  ASSERT_EQ(answers.size(), ours.size());
  std::size_t compared = 0;
  for (std::size_t i = 0; i < ours.size() && !HasFailure(); ++i) {
    if (answers[i] != "null") {
      EXPECT_EQ(ours[i], json::parse(answers[i]).get<Words>()) << questions[i];
      ++compared;
    }
  }
  EXPECT_GT(compared, ours.size() / 2);
}

}  // namespace
}  // namespace weir::enrich
