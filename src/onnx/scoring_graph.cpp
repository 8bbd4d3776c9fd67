#include "onnx/scoring_graph.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>

#include <onnx/onnx-ml.pb.h>

#include "base/error.h"

namespace weir::onnx {
namespace {

namespace proto = ::onnx;

constexpr std::int64_t kOpset = 18;
constexpr std::int64_t kMlOpset = 2;
constexpr auto kMlDomain = "ai.onnx.ml";
constexpr double kLeastLength =
    1e-12;  // of a row that is divided by it; rows with tokens are longer

// The tables of idf and weight begin with the row of unknown tokens.
std::vector<double> WithUnknown(const std::vector<double>& values) {
  std::vector<double> table{0};
  table.insert(table.end(), values.begin(), values.end());
  return table;
}

class GraphWriter {
 public:
  explicit GraphWriter(proto::GraphProto& graph) : graph_(graph) {}

  void Input(const std::string& name, proto::TensorProto::DataType type) {
    Describe(*graph_.add_input(), name, type, {"n", "m"});
  }
  void Output(const std::string& name, proto::TensorProto::DataType type) {
    Describe(*graph_.add_output(), name, type, {"n"});
  }

  void Numbers(const std::string& name, std::span<const double> values) {
    proto::TensorProto& tensor = Constant(name, proto::TensorProto::DOUBLE);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (const double value : values) {
      tensor.add_double_data(value);
    }
  }
  void Number(const std::string& name, double value) {
    Constant(name, proto::TensorProto::DOUBLE).add_double_data(value);
  }
  void Axis(const std::string& name, std::int64_t axis) {
    proto::TensorProto& tensor = Constant(name, proto::TensorProto::INT64);
    tensor.add_dims(1);
    tensor.add_int64_data(axis);
  }

  // A node is called as what it gives.
  proto::NodeProto& Node(const std::string& type, const std::vector<std::string>& inputs,
                         const std::string& output) {
    proto::NodeProto& node = *graph_.add_node();
    node.set_name(output);
    node.set_op_type(type);
    for (const std::string& input : inputs) {
      node.add_input(input);
    }
    node.add_output(output);
    return node;
  }

  static proto::AttributeProto& Attribute(proto::NodeProto& node, const std::string& name,
                                          proto::AttributeProto::AttributeType type) {
    proto::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
  }

 private:
  static void Describe(proto::ValueInfoProto& value, const std::string& name,
                       proto::TensorProto::DataType type,
                       const std::vector<std::string>& dimensions) {
    value.set_name(name);
    proto::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    for (const std::string& dimension : dimensions) {
      tensor.mutable_shape()->add_dim()->set_dim_param(dimension);
    }
  }

  proto::TensorProto& Constant(const std::string& name, proto::TensorProto::DataType type) {
    proto::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    return tensor;
  }

  proto::GraphProto& graph_;
};

// tokens → number: 1 for the first of the model's, 0 for unknown ones and what fills rows up.
void WriteNumbering(GraphWriter& graph, const ScoringModel& model) {
  proto::NodeProto& node = graph.Node("LabelEncoder", {"tokens"}, "number");
  node.set_domain(kMlDomain);
  auto& keys = GraphWriter::Attribute(node, "keys_strings", proto::AttributeProto::STRINGS);
  auto& values = GraphWriter::Attribute(node, "values_int64s", proto::AttributeProto::INTS);
  keys.add_strings("");
  values.add_ints(0);
  for (const std::string& token : model.tokens) {
    keys.add_strings(token);
    values.add_ints(values.ints_size());
  }
  GraphWriter::Attribute(node, "default_int64", proto::AttributeProto::INT).set_i(0);
}

// number, days → part: each token's value times its weight.
void WriteLogIdf(GraphWriter& graph, const ScoringModel& model) {
  graph.Numbers("idf", WithUnknown(model.idf));
  graph.Number("one", 1);
  graph.Number("least_length", kLeastLength);
  graph.Node("Add", {"days", "one"}, "days_and_one");
  graph.Node("Log", {"days_and_one"}, "log_days");
  graph.Node("Gather", {"idf", "number"}, "token_idf");
  graph.Node("Mul", {"log_days", "token_idf"}, "value");
  graph.Node("ReduceL2", {"value", "axis"}, "length");
  graph.Node("Max", {"length", "least_length"}, "divisor");
  graph.Node("Div", {"value", "divisor"}, "unit_value");
  graph.Node("Mul", {"unit_value", "token_weight"}, "part");
}

void WriteGraph(proto::GraphProto& proto, const ScoringModel& model) {
  proto.set_name("lookalike");
  GraphWriter graph(proto);
  graph.Input("tokens", proto::TensorProto::STRING);
  graph.Input("days", proto::TensorProto::DOUBLE);
  graph.Output("score", proto::TensorProto::DOUBLE);
  graph.Numbers("weight", WithUnknown(model.weights));
  graph.Number("intercept", model.intercept);
  graph.Axis("axis", 1);
  WriteNumbering(graph, model);
  graph.Node("Gather", {"weight", "number"}, "token_weight");
  const bool is_binary = model.transform == Transform::kBinary;
  if (!is_binary) {
    WriteLogIdf(graph, model);
  }
  proto::NodeProto& sum =
      graph.Node("ReduceSum", {is_binary ? "token_weight" : "part", "axis"}, "sum");
  GraphWriter::Attribute(sum, "keepdims", proto::AttributeProto::INT).set_i(0);
  graph.Node("Add", {"sum", "intercept"}, "log_odds");
  graph.Node("Sigmoid", {"log_odds"}, "score");
}

bool AreFinite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

// Nothing if the model is what its fields say.
std::string MistakeOf(const ScoringModel& model) {
  const std::size_t idf = model.transform == Transform::kLogIdf ? model.tokens.size() : 0;
  if (model.weights.size() != model.tokens.size() || model.idf.size() != idf) {
    return fmt::format("{} tokens, {} weights and {} idf; {} weights and {} idf are allowed",
                       model.tokens.size(), model.weights.size(), model.idf.size(),
                       model.tokens.size(), idf);
  }
  if (std::ranges::find(model.tokens, "") != model.tokens.end()) {
    return "an empty token; tokens of one byte or more are allowed";
  }
  const auto wrong = std::ranges::adjacent_find(model.tokens, std::greater_equal{});
  if (wrong != model.tokens.end()) {
    return fmt::format("token '{}' before '{}'; ascending ones are allowed", *wrong,
                       *std::next(wrong));
  }
  if (!AreFinite(model.weights) || !AreFinite(model.idf) || !std::isfinite(model.intercept)) {
    return "a weight, idf or intercept that isn't finite; finite numbers are allowed";
  }
  return "";
}

const proto::TensorProto* FindConstant(const proto::GraphProto& graph, std::string_view name) {
  const auto found = std::ranges::find(graph.initializer(), name, &proto::TensorProto::name);
  return found == graph.initializer().end() ? nullptr : &*found;
}

// A table without the row of unknown tokens.
std::vector<double> KnownRows(const proto::TensorProto* table) {
  if (table == nullptr || table->double_data().empty()) {
    return {};
  }
  return {std::next(table->double_data().begin()), table->double_data().end()};
}

// The model that a graph is of if WriteGraph() made it, else any.
ScoringModel ModelIn(const proto::GraphProto& graph) {
  ScoringModel model;
  const proto::TensorProto* const idf = FindConstant(graph, "idf");
  model.transform = idf == nullptr ? Transform::kBinary : Transform::kLogIdf;
  model.idf = KnownRows(idf);
  model.weights = KnownRows(FindConstant(graph, "weight"));
  const proto::TensorProto* const intercept = FindConstant(graph, "intercept");
  if (intercept != nullptr && intercept->double_data_size() == 1) {
    model.intercept = intercept->double_data(0);
  }
  const auto numbering =
      std::ranges::find(graph.node(), "LabelEncoder", &proto::NodeProto::op_type);
  if (numbering != graph.node().end() && numbering->attribute_size() > 0) {
    const auto& keys = numbering->attribute(0).strings();
    model.tokens.assign(keys.empty() ? keys.begin() : std::next(keys.begin()), keys.end());
  }
  return model;
}

}  // namespace

std::string WriteOnnx(const ScoringModel& model) {
  if (const std::string mistake = MistakeOf(model); !mistake.empty()) {
    throw UserError("the model can't be written as ONNX: it has {}", mistake);
  }
  proto::ModelProto proto;
  proto.set_ir_version(proto::IR_VERSION);
  proto.set_producer_name("weir");
  WriteGraph(*proto.mutable_graph(), model);
  proto.add_opset_import()->set_version(kOpset);
  proto::OperatorSetIdProto& ml = *proto.add_opset_import();
  ml.set_domain(kMlDomain);
  ml.set_version(kMlOpset);
  std::string bytes;
  if (!proto.SerializeToString(&bytes)) {
    throw UserError("the model can't be written as ONNX: it has over 2 GiB; less is allowed");
  }
  return bytes;
}

ScoringModel ReadOnnx(std::string_view bytes) {
  proto::ModelProto proto;
  const bool fits = bytes.size() <= std::numeric_limits<int>::max();
  if (!fits || !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw UserError("the model's {} bytes are no ONNX; a file that weir wrote is allowed",
                    bytes.size());
  }
  ScoringModel model = ModelIn(proto.graph());
  // What this program would write for it says that nothing else is in the file.
  if (!MistakeOf(model).empty() || WriteOnnx(model) != bytes) {
    throw UserError(
        "the model is another ONNX graph (producer '{}', {} nodes); one that weir "
        "wrote is allowed",
        proto.producer_name(), proto.graph().node_size());
  }
  return model;
}

}  // namespace weir::onnx
