#pragma once

#include <random>
#include <string>
#include <vector>

// For tests alone.
namespace weir::enrich {

// Texts like URLs, valid UTF-8, with all that parsers differ on: odd schemes, hosts, escapes,
// dots, backslashes, spaces, other scripts.
class RandomUrl {
 public:
  explicit RandomUrl(std::uint64_t seed) : random_(seed) {}

  std::string Make() {
    std::string url = Pick(kSchemes) + Host();
    if (Chance(8)) {
      url += Pick(kPorts);
    }
    for (std::size_t i = Below(5); i > 0; --i) {
      url += Pick(kSlashes) + Segment();
    }
    if (Chance(3)) {
      url += "?" + Segment() + "=" + Segment() + Pick(kSeparators) + Segment();
    }
    if (Chance(6)) {
      url += "#" + Segment();
    }
    return url;
  }

 private:
  using Texts = std::vector<std::string>;

  std::size_t Below(std::size_t end) { return random_() % end; }
  bool Chance(std::size_t one_in) { return Below(one_in) == 0; }
  const std::string& Pick(const Texts& texts) { return texts[Below(texts.size())]; }

  std::string Host() {
    if (Chance(10)) {
      return Pick(kAddresses);
    }
    std::string host = Chance(20) ? Pick(kUsers) : "";
    for (std::size_t i = Below(4); i > 0; --i) {
      host += Chance(4) ? Pick(kLabels) : Letters(1 + Below(8));
      host += Chance(40) ? "" : ".";
    }
    return host + Pick(kSuffixes);
  }

  std::string Segment() {
    std::string segment;
    for (std::size_t i = Below(4); i > 0; --i) {
      segment += Chance(2) ? Letters(1 + Below(9)) : Pick(kPieces);
    }
    return segment;
  }

  std::string Letters(std::size_t count) {
    std::string letters;
    while (letters.size() < count) {
      letters += static_cast<char>((Chance(9) ? 'A' : 'a') + Below(26));
    }
    return letters;
  }

  const Texts kSchemes = {"http://",    "https://", "https://", "https://",  "http://",
                          "HTTP://",    "http:",    "https:/",  "http:\\\\", " https://",
                          "htt\tps://", "ftp://",   "//",       "",          "https:///"};
  const Texts kPorts = {":80", ":443", ":8080", ":", ":0", ":99999", ":8a"};
  const Texts kSlashes = {"/", "/", "/", "//", "\\"};
  const Texts kSeparators = {"&", "&", ";", "&&", "=", "&a=%20&b+c="};
  const Texts kUsers = {"user@", "user:pass@", "@", "a%40b@"};
  const Texts kAddresses = {"127.0.0.1", "0x7f.1",    "[2001:db8::1]", "[::ffff:1.2.3.4]",
                            "1.2.3",     "256.1.1.1", "[::1",          "4294967295",
                            "017.0.0.1", "1.2.3.4.",  "0.0.0.0x",      "[1::2%25eth0]"};
  const Texts kLabels = {
      "www",      "xn--bcher-kva", "bücher",   "日本語",       "ﬁ",          "faß",
      "a_b",      "xn--a",         "xn--",     "-a-",          "a%41",       "é",
      "İstanbul", "пример",        "",         "a--b",         "news",       "ＡＢＣ",
      "☃",        "مثال",          "xn--abc-", "xn--99999999", "xn--8i7caa", "xn--0"};
  const Texts kSuffixes = {"com",     "co.uk",        "de", "github.io", "com.", "xn--p1ai",
                           "рф",      "city.kobe.jp", "ck", "x.ck",      "org",  "",
                           "公司.cn", "localhost",    "jp", "COM"};
  const Texts kPieces = {"%20",    "%C3%A9", "%c3%89",    "%FF",     "%C3",
                         "%E2%82", "%",      "%4",        "%2F",     "%2e",
                         "..",     ".",      "-",         "_",       "+",
                         " ",      "é",      "Ünïcode",   "日本",    "Привет",
                         "ΣΑΣ",    "straße", "\t",        "|",       "\"",
                         "<b>",    "{x}",    "`",         "'",       "~",
                         "@",      ".html",  ".PHP",      ".tar.gz", ".mp3",
                         ".xhtml", ".html",  "index.jsp", "the",     "and",
                         "www",    "a",      "I",         "2024",    "12ab34",
                         "%00",    "İ",      "ǅ",         "ʰ",       "क्षि",
                         "١٢",     "Ⅷ",      "ª",         "😀",      "%F0%9F%98%80",
                         ":",      ";v=1",   ",",         "$",       "!",
                         "*",      "(x)",    "[y]"};

  std::mt19937_64 random_;
};

}  // namespace weir::enrich
