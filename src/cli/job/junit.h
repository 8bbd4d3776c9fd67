#pragma once

#include <string>
#include <vector>

namespace weir::cli {

// One test as CI servers read it.
struct TestCase {
  std::string file;
  std::string name;
  std::string job;
  std::string failure;  // empty: passed
  double seconds = 0;
  std::vector<std::string> left_out{};  // checks that look at tables which the test doesn't give
};

// JUnit's XML: a suite a file, in the tests' order.
std::string JUnitXml(const std::vector<TestCase>& tests);

}  // namespace weir::cli
