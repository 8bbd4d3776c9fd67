#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

#include "enrich/bots.h"
#include "enrich/user_agent.h"

namespace {

std::string ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Kernels {
  weir::enrich::UserAgentParser parser{ReadFile(WEIR_DEPS "/uap-core/regexes.yaml")};
  weir::enrich::BotPatterns bots{
      ReadFile(WEIR_DEPS "/crawler-user-agents/crawler-user-agents.json")};
};

const Kernels& TheKernels() {
  static const Kernels kernels;
  return kernels;
}

}  // namespace

// Reads the rules, which takes seconds with sanitizers, outside of the time of the first input.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  TheKernels();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const weir::enrich::UserAgent agent = TheKernels().parser.Parse(text);
  TheKernels().bots.Matches(text);
  const bool is_bot = agent.device_type == "bot";
  if (agent.browser.empty() || agent.os.empty() || agent.device_type.empty() ||
      is_bot != agent.is_spider) {
    __builtin_trap();
  }
  return 0;
}
