#include "cli/job/junit.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::cli {
namespace {

// Text within an attribute or an element. Control characters that XML 1.0 forbids become '?'.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    switch (letter) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      default:
        escaped += code < ' ' && letter != '\t' ? '?' : letter;
    }
  }
  return escaped;
}

std::string CaseXml(const TestCase& test) {
  const std::string head = fmt::format(R"(    <testcase classname="{}" name="{}" time="{:.3f}")",
                                       Escaped(test.job), Escaped(test.name), test.seconds);
  if (test.failure.empty()) {
    return head + "/>\n";
  }
  const std::string first = test.failure.substr(0, test.failure.find('\n'));
  return fmt::format("{}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n", head,
                     Escaped(first), Escaped(test.failure));
}

std::string SuiteXml(const std::string& file, const std::vector<TestCase>& tests) {
  std::string cases;
  int failures = 0;
  double seconds = 0;
  for (const TestCase& test : tests) {
    cases += CaseXml(test);
    failures += test.failure.empty() ? 0 : 1;
    seconds += test.seconds;
  }
  return fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{:.3f}\">\n"
      "{}  </testsuite>\n",
      Escaped(file), tests.size(), failures, seconds, cases);
}

}  // namespace

std::string JUnitXml(const std::vector<TestCase>& tests) {
  std::string suites;
  for (auto first = tests.begin(); first != tests.end();) {
    const auto last = std::find_if(first, tests.end(),
                                   [&](const TestCase& test) { return test.file != first->file; });
    suites += SuiteXml(first->file, {first, last});
    first = last;
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + suites + "</testsuites>\n";
}

}  // namespace weir::cli
