// Models as JSON, one a line in ({"log_idf": bool, "tokens", "idf", "weights", "intercept"}), each
// as ONNX out: a file NUMBER.onnx in the folder that the argument names.
#include <filesystem>
#include <fstream>
#include <iostream>

#include <nlohmann/json.hpp>

#include "onnx/scoring_graph.h"

int main(int /*count*/, char** arguments) {
  const std::filesystem::path folder(arguments[1]);
  std::string line;
  for (int number = 0; std::getline(std::cin, line); ++number) {
    const auto json = nlohmann::json::parse(line);
    const weir::onnx::ScoringModel model{.transform = json.at("log_idf").get<bool>()
                                                          ? weir::onnx::Transform::kLogIdf
                                                          : weir::onnx::Transform::kBinary,
                                         .tokens = json.at("tokens"),
                                         .idf = json.at("idf"),
                                         .weights = json.at("weights"),
                                         .intercept = json.at("intercept")};
    std::ofstream(folder / (std::to_string(number) + ".onnx"), std::ios::binary)
        << weir::onnx::WriteOnnx(model);
  }
}
