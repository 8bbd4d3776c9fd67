#include "jobs/steps/code_hash.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/error.h"
#include "base/hashing.h"
#include "base/tree_files.h"
#include "jobs/steps/command_step.h"
#include "jobs/steps/relation_use.h"
#include "lake/sql_tokens.h"

namespace weir::jobs {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using project::StepKind;

constexpr int kFormat = 1;

// Words without comments and layout, for SQL that DuckDB doesn't take apart.
std::string Words(const std::string& sql) {
  std::string words;
  for (const lake::SqlToken& token : lake::SqlTokens(sql)) {
    words +=
        token.kind == lake::SqlToken::Kind::kName ? LowerCase(token.text) : std::string(token.text);
    words += ' ';
  }
  return words;
}

// The constants, with locations below the project's folder told by the way from there.
project::Substitutions Relocated(project::Substitutions constants, const fs::path& root) {
  const std::string folder = (root / "").string();
  for (auto& [name, value] : constants) {
    if (!root.empty() && name.starts_with("location.") && value.text.starts_with(folder)) {
      value.text.replace(0, folder.size(), "./");
    }
  }
  return constants;
}

class Hasher {
 public:
  Hasher(const project::Job& job, const CodeSources& sources)
      : job_(job),
        sources_(sources),
        constants_(Relocated(sources.constants, sources.root)),
        placeholders_(constants_) {
    // What differs from interval to interval is hashed as its own name.
    for (const char* name : {"ds", "hour", "start", "end", "batch"}) {
      placeholders_[name] = {.kind = {}, .text = std::string("{") + name + "}"};
    }
    for (const project::Input& input : job.reads) {
      placeholders_["table." + input.name] = {.kind = project::SubstitutionValue::Kind::kName,
                                              .text = input.name};
    }
  }

  std::string Hash() {
    Json code{{"format", kFormat}, {"per", job_.per}, {"seed", job_.seed}};
    for (const project::Input& input : job_.reads) {
      code["reads"].push_back(OfInput(input));
    }
    for (const project::Step& step : job_.steps) {
      code["steps"].push_back(OfStep(step));
    }
    for (const project::Output& output : job_.writes) {
      code["writes"].push_back(OfOutput(output));
    }
    const bool has_command = std::ranges::any_of(
        job_.steps, [](const project::Step& step) { return step.kind == StepKind::kCommand; });
    if (has_command) {
      code["files"] = OfFiles();
    }
    return ToHex(HashOf(code.dump(-1, ' ', false, Json::error_handler_t::replace)));
  }

 private:
  std::string Text(const std::string& text) const { return project::FillText(text, constants_); }

  Json Filled(const Json& value) const {
    if (value.is_string()) {
      return Text(value.get<std::string>());
    }
    Json filled = value;
    if (value.is_structured()) {
      for (Json& part : filled) {
        part = Filled(Json(part));
      }
    }
    return filled;
  }

  std::string Sql(const std::string& text) {
    const std::string filled = project::FillSql(text, placeholders_);
    std::string tree = SyntaxTree(sources_.connection, filled);
    return tree.empty() ? Words(filled) : tree;
  }

  std::string Condition(const std::string& text) {
    return text.empty() ? "" : Sql("SELECT 1 WHERE (" + text + "\n)");
  }

  Json OfInput(const project::Input& input) {
    return {{"name", input.name},
            {"table", Text(input.table)},
            {"where", Condition(input.where)},
            {"window", input.window ? Json(input.window->count()) : Json()},
            {"previous", input.previous},
            {"optional", input.optional}};
  }

  Json OfStep(const project::Step& step) {
    Json code{{"kind", static_cast<int>(step.kind)}, {"in", step.in}, {"out", step.out}};
    switch (step.kind) {
      case StepKind::kSql:
        code["sql"] = Sql(step.text);
        break;
      case StepKind::kOperator: {
        const auto& declaration = sources_.operators.Find(step.what).declaration();
        code["operator"] = {step.what, declaration.version};
        code["with"] = Complete(declaration.settings, step.with);
        break;
      }
      case StepKind::kConnector: {
        const auto& declaration = sources_.connectors.Find(step.what).declaration();
        const auto direction =
            step.in.empty() ? connectors::Direction::kIn : connectors::Direction::kOut;
        const auto settings = declaration.settings.find(direction);
        code["connector"] = {step.what, declaration.version};
        code["with"] = settings == declaration.settings.end()
                           ? step.with
                           : Complete(settings->second, step.with);
        break;
      }
      case StepKind::kCommand:
        code["command"] = Filled(step.command);
        code["with"] = Complete(CommandSettings(), step.with);
        break;
    }
    for (const auto& [relation, columns] : step.columns) {
      code["columns"][relation] = Words(columns);
    }
    return code;
  }

  // A default that is written out is no other code. Wrong settings are hashed as they are.
  Json Complete(const std::vector<Setting>& declared, const Json& with) const {
    Json filled = Filled(with);
    try {
      return CompleteSettings(declared, filled);
    } catch (const UserError&) {
      return filled;
    }
  }

  Json OfOutput(const project::Output& output) {
    return {{"table", Text(output.table)},
            {"from", output.from},
            {"mode", static_cast<int>(output.mode)},
            {"partition_by", output.partition_by},
            {"keys", output.keys},
            {"delete_absent", output.delete_absent},
            {"delete_absent_where", Condition(output.delete_absent_where)}};
  }

  // Which files a program uses isn't known: all that may be.
  Json OfFiles() const {
    Json files = Json::object();
    const auto skips = [](const std::string& name) {
      return name.starts_with(".") || name == "__pycache__";
    };
    for (const fs::path& path : TreeFiles(job_.folder, skips)) {
      const std::string suffix = path.extension().string();
      if (!fs::is_regular_file(path) || path.filename() == "job.yaml" || suffix == ".sql" ||
          suffix == ".md") {
        continue;
      }
      std::ifstream file(path, std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(file)),
                             std::istreambuf_iterator<char>());
      files[path.lexically_relative(job_.folder).generic_string()] = ToHex(HashOf(text));
    }
    return files;
  }

  const project::Job& job_;
  const CodeSources& sources_;
  project::Substitutions constants_;
  project::Substitutions placeholders_;  // with those that SQL has besides
};

}  // namespace

std::string CodeHash(const project::Job& job, const CodeSources& sources) {
  return Hasher(job, sources).Hash();
}

}  // namespace weir::jobs
