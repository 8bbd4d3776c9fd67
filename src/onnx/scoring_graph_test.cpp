// Here is that files are read back exactly; what other programs make of them: tests/onnx.
#include "onnx/scoring_graph.h"

#include <cmath>
#include <limits>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"

namespace weir::onnx {
namespace {

ScoringModel RandomModel(std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  ScoringModel model;
  model.transform = random() % 2 == 0 ? Transform::kBinary : Transform::kLogIdf;
  std::set<std::string> tokens;
  for (std::size_t left = random() % 50; left > 0; --left) {
    tokens.insert(fmt::format("{}:{}", random() % 2 == 0 ? "d" : "wörter", random() % 1000));
  }
  model.tokens.assign(tokens.begin(), tokens.end());
  for (std::size_t i = 0; i < model.tokens.size(); ++i) {
    model.weights.push_back(random() % 4 == 0 ? 0 : std::exp(30 * normal(random)) * normal(random));
    if (model.transform == Transform::kLogIdf) {
      model.idf.push_back(1 + std::abs(normal(random)));
    }
  }
  model.intercept = normal(random);
  return model;
}

std::string ErrorOfReading(std::string_view bytes) {
  try {
    ReadOnnx(bytes);
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

std::string ErrorOfWriting(const ScoringModel& model) {
  try {
    WriteOnnx(model);
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

TEST(ScoringGraph, ReadsWhatItWrote) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 200; ++round) {
    const ScoringModel model = RandomModel(random);

    const std::string bytes = WriteOnnx(model);

    EXPECT_EQ(ReadOnnx(bytes), model);
    EXPECT_EQ(WriteOnnx(model), bytes);
  }
}

TEST(ScoringGraph, EveryChangedByteIsAnotherModelOrRefused) {
  std::mt19937_64 random(TestSeed());
  const ScoringModel model = RandomModel(random);
  const std::string bytes = WriteOnnx(model);

  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1U << (random() % 8)));
    try {
      EXPECT_NE(WriteOnnx(ReadOnnx(changed)), bytes) << "byte " << at;
    } catch (const UserError&) {
      continue;
    }
  }
}

TEST(ScoringGraph, RefusesWhatItDidNotWrite) {
  const std::string bytes = WriteOnnx({.tokens = {"d:a"}, .idf = {}, .weights = {1}});

  EXPECT_EQ(ErrorOfReading("\xFF\xFF"),
            "the model's 2 bytes are no ONNX; a file that weir wrote is allowed");
  EXPECT_EQ(ErrorOfReading(""),
            "the model is another ONNX graph (producer '', 0 nodes); one that weir wrote is "
            "allowed");
  EXPECT_EQ(ErrorOfReading(bytes + bytes).substr(0, 35), "the model is another ONNX graph (pr");
  EXPECT_NE(ErrorOfReading(bytes.substr(0, bytes.size() - 1)), "none");
}

TEST(ScoringGraph, NamesWhatIsWrongWithAModel) {
  const std::string begin = "the model can't be written as ONNX: it has ";

  EXPECT_EQ(ErrorOfWriting({.tokens = {"b", "a"}, .idf = {}, .weights = {1, 2}}),
            begin + "token 'b' before 'a'; ascending ones are allowed");
  EXPECT_EQ(ErrorOfWriting({.tokens = {"", "a"}, .idf = {}, .weights = {1, 2}}),
            begin + "an empty token; tokens of one byte or more are allowed");
  EXPECT_EQ(ErrorOfWriting({.tokens = {"a"}, .idf = {1}, .weights = {1}}),
            begin + "1 tokens, 1 weights and 1 idf; 1 weights and 0 idf are allowed");
  EXPECT_EQ(
      ErrorOfWriting(
          {.tokens = {"a"}, .idf = {}, .weights = {std::numeric_limits<double>::quiet_NaN()}}),
      begin + "a weight, idf or intercept that isn't finite; finite numbers are allowed");
}

}  // namespace
}  // namespace weir::onnx
