#include "connectors/registry/model_registry.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "connectors/connector_fixture.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Lines = std::vector<std::string>;

class ModelRegistryTest : public ConnectorTest {
 protected:
  void Register(const std::string& version, const std::string& run, bool champion = true,
                int keep = 10) {
    connection_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE rows AS SELECT 'model_7' AS model_name, '{}' AS run_id, '{}' "
        "AS model_version, {} AS champion, MAP {{'c': '0.1', 'penalty': 'l1'}} AS parameters, "
        "[{{name: 'grid', step: 1::BIGINT, value: 0.1::DOUBLE}}, {{name: 'auc', step: 0, value: "
        "0.7}}] AS metrics, [{{name: 'model.onnx', content: '\\x00\\xFF'::BLOB}}, {{name: "
        "'MLmodel', content: 'run: {}'::BLOB}}] AS files",
        run, version, champion, run));
    Send("model_registry", {{"path", "out"}, {"keep", keep}});
  }

  Json Registry() const { return Json::parse(Contents("out/model_7/registry.json")); }

  Lines Names() const {
    Lines names;
    for (const auto& entry : fs::directory_iterator(folder_.path() / "out/model_7")) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }
};

TEST_F(ModelRegistryTest, ARunIsAFolderWithItsFilesParametersAndMetrics) {
  Register("20260131", "r1");

  EXPECT_EQ(Contents("out/model_7/r1/model.onnx"), std::string("\0\xFF", 2));
  EXPECT_EQ(Contents("out/model_7/r1/MLmodel"), "run: r1");
  EXPECT_EQ(Json::parse(Contents("out/model_7/r1/run.json")),
            Json::parse(R"({"run_id": "r1", "parameters": {"c": "0.1", "penalty": "l1"},
              "metrics": [{"name": "auc", "step": 0, "value": 0.7},
                          {"name": "grid", "step": 1, "value": 0.1}]})"));
  EXPECT_EQ(Registry().at("aliases"), Json({{"champion", "20260131"}}));
}

TEST_F(ModelRegistryTest, TheNewestChampionHasTheAliasWhateverIsWrittenLater) {
  Register("9", "r9");
  Register("10", "r10");
  Register("8", "r8");
  EXPECT_EQ(Registry().at("aliases").at("champion"), "10");

  Register("11", "r11", false);
  EXPECT_EQ(Registry().at("aliases").at("champion"), "10");
  EXPECT_EQ(Registry().at("versions").size(), 4);

  Register("10", "again");
  EXPECT_EQ(Names(), (Lines{"again", "r11", "r8", "r9", "registry.json"}));
}

TEST_F(ModelRegistryTest, KeepsTheNewestVersionsAndTheChampion) {
  Register("1", "r1", true, 2);
  for (int version = 2; version <= 5; ++version) {
    Register(std::to_string(version), fmt::format("r{}", version), false, 2);
  }

  EXPECT_EQ(Names(), (Lines{"r1", "r5", "registry.json"}));
  EXPECT_EQ(Registry().at("aliases").at("champion"), "1");
}

TEST_F(ModelRegistryTest, WrongRowsAndFilesAreNamed) {
  EXPECT_EQ(ErrorOf([&] { Register("1", "../r1"); }),
            "run_id '../r1' can't name a file; letters, digits, '_', '-' and '.' are allowed, no "
            "'.' in front");
  Register("1", "r1");
  Write("out/model_7/registry.json", "[]");
  EXPECT_EQ(ErrorOf([&] { Register("1", "r1"); }),
            "F/out/model_7/registry.json: it isn't a registry of models; one that weir wrote is "
            "allowed");
  connection_.Run("CREATE OR REPLACE TEMP TABLE rows AS SELECT 1 AS a");
  EXPECT_EQ(ErrorOf([&] { Send("model_registry", {{"path", "out"}}); }),
            "a model registry needs the column 'model_name'; there are a, and needed are "
            "model_name, run_id, model_version, champion, parameters, metrics, files");
}

}  // namespace
}  // namespace weir::connectors
