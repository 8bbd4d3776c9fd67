#include "cli/forget/json_texts.h"

#include <algorithm>

namespace weir::cli {
namespace {

using OrderedJson = nlohmann::ordered_json;

bool HoldsOne(const OrderedJson& value, const std::vector<std::string>& texts) {
  return value.is_string() && std::ranges::any_of(texts, [&](const std::string& text) {
           return value.get_ref<const std::string&>().find(text) != std::string::npos;
         });
}

}  // namespace

std::int64_t TakeTextsOut(OrderedJson& value, const std::vector<std::string>& texts) {
  std::int64_t found = 0;
  if (value.is_array()) {
    auto& elements = value.get_ref<OrderedJson::array_t&>();
    found += static_cast<std::int64_t>(
        std::erase_if(elements, [&](const OrderedJson& each) { return HoldsOne(each, texts); }));
  } else if (HoldsOne(value, texts)) {
    value = "";
    return 1;
  }
  if (value.is_structured()) {
    for (OrderedJson& part : value) {
      found += TakeTextsOut(part, texts);
    }
  }
  return found;
}

}  // namespace weir::cli
