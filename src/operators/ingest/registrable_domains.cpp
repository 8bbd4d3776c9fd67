#include "operators/ingest/registrable_domains.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "data/cells.h"
#include "data/column_builder.h"
#include "enrich/public_suffix.h"
#include "enrich/url.h"
#include "operators/fields.h"
#include "operators/ingest/reference_files.h"

namespace weir::operators {
namespace {

constexpr auto kHosts = "hosts";
constexpr auto kDomains = "domains";

// What ends a host in a URL, or is dropped by its parser.
bool IsOutsideHosts(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte <= ' ' || byte == 0x7F ||
         std::string_view("/\\?#@:").find(letter) != std::string_view::npos;
}

class HostReader {
 public:
  HostReader()
      : suffixes_(ReadReference(ReferenceFile("public-suffix-list/public_suffix_list.dat"))) {}

  // Empty if `text` is no host. Valid until the next call.
  std::string_view DomainOf(std::string_view text) {
    if (std::ranges::any_of(text, IsOutsideHosts)) {
      return {};
    }
    url_ = fmt::format("http://{}/", text);
    const auto parsed = parser_.Parse(url_);
    return parsed && !parsed->host.empty() ? suffixes_.RegistrableDomain(parsed->host)
                                           : std::string_view();
  }

 private:
  enrich::PublicSuffixList suffixes_;
  enrich::UrlParser parser_;
  std::string url_;
};

Batch DomainsOf(const ArrowArray& rows, HostReader& reader) {
  TextColumn host;
  TextColumn domain;
  for (std::int64_t row = 0; row < rows.length; ++row) {
    const std::string_view text = BytesAt(*rows.children[0], row);
    host.Append(text);
    domain.AppendOrNull(reader.DomainOf(text));
  }
  std::vector<Batch> columns;
  columns.push_back(host.Finish());
  columns.push_back(domain.Finish());
  return StructOfColumns(static_cast<std::size_t>(rows.length), std::move(columns));
}

class RegistrableDomains final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "registrable_domains",
        .doc = "The domains of hosts, as the enrichment of events has them.",
        .version = 1,
        .arguments = {{.name = kHosts,
                       .columns = {{.name = "host", .type = PlainType(TypeKind::kString)}},
                       .doc = "hosts, each best once; rows with null are left out"}},
        .outputs = {kDomains},
        .settings = {}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const nlohmann::json& /*settings*/,
                              const std::map<std::string, Schema>& /*inputs*/) const override {
    return {Schema{{TextField("host"), TextField("domain", true)}}};
  }

  Split SplitOf(const nlohmann::json& /*settings*/) const override {
    return {.how = Splitting::kRows};
  }

  void Run(OperatorContext& context) const override {
    auto reader = std::make_shared<HostReader>();
    auto hosts = std::make_shared<sql::Result>(context.Query(
        fmt::format("SELECT host FROM {} WHERE host IS NOT NULL", *context.Relation(kHosts))));
    const auto next = [hosts, reader]() -> std::optional<Batch> {
      const auto batch = hosts->NextBatch();
      return batch ? std::optional(DomainsOf(*batch->get(), *reader)) : std::nullopt;
    };
    context.Pipe(kDomains, Outputs({}, {}).front(), next);
  }
};

}  // namespace

std::unique_ptr<Operator> MakeRegistrableDomains() {
  return std::make_unique<RegistrableDomains>();
}

}  // namespace weir::operators
