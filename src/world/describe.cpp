#include "world/describe.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "sql/quote.h"
#include "world/countries.h"

namespace weir::world {
namespace {

namespace fs = std::filesystem;

// Raw lines are read as text and searched, not parsed: most are as they should be, and a figure of
// a description may lack the few that are not. `{0}` is the raw folder, `{1}` that of the truth,
// `{2}` a separator of columns that stands in no line.
constexpr auto kViews = R"sql(
CREATE TEMP TABLE uses AS
  SELECT regexp_extract(filename, 'ingested-([a-z]+)', 1) AS party,
         regexp_extract(line, '"uid":"([^"]{{16,}})"', 1) AS uid,
         lower(regexp_extract(line, '"url":"[a-zA-Z]+://([^/:"\\]+)', 1)) AS host,
         regexp_extract(line, '"ip":"(\d+\.\d+)\.', 1) AS block
  FROM read_csv({0}, columns = {{'line': 'VARCHAR'}}, delim = '{2}', quote = '', escape = '',
                header = false, filename = true, ignore_errors = true, max_line_size = 200000,
                auto_detect = false, strict_mode = false)
  WHERE line LIKE '%"url"%';
CREATE TEMP VIEW truth_lines AS FROM read_parquet({1} || '/lines.parquet');
CREATE TEMP VIEW truth_people AS FROM read_parquet({1} || '/people.parquet');
CREATE TEMP VIEW truth_edges AS FROM read_parquet({1} || '/edges.parquet');
CREATE TEMP VIEW truth_domains AS FROM read_parquet({1} || '/domains.parquet');
CREATE TEMP VIEW truth_propensity AS FROM read_parquet({1} || '/propensity.parquet');
CREATE TEMP VIEW truth_evidence AS FROM read_parquet({1} || '/evidence_oracle.parquet');
CREATE TEMP TABLE visits AS
  SELECT domain, sum(events)::BIGINT AS events
  FROM (SELECT unnest(list_distinct([array_to_string(labels[-2:], '.'), array_to_string(labels[-3:], '.')]))
               AS domain, events
        FROM (SELECT string_split(host, '.') AS labels, count(*) AS events
              FROM uses WHERE host <> '' GROUP BY ALL))
  JOIN truth_domains USING (domain)
  GROUP BY domain;
CREATE TEMP TABLE users AS
  SELECT party, uid, count(*) AS events FROM uses WHERE uid <> '' GROUP BY ALL;
)sql";

constexpr auto kNoSeparator = "\x01";

// One section as SQL. `bar` is the column, from 1, whose numbers are drawn behind the row; 0: none.
struct Query {
  std::string title;
  std::string sql;
  std::size_t bar = 0;
};

std::vector<Query> Queries() {
  return {
      {"Lines by topic and outcome",
       "SELECT topic, outcome, reason, lines, round(100.0 * lines / sum(lines) OVER (PARTITION BY "
       "topic), 3) AS percent FROM (SELECT topic, outcome, reason, count(*) AS lines FROM "
       "truth_lines GROUP BY ALL) ORDER BY ALL",
       4},
      {"Lines by day of the file",
       "SELECT split_part(file, '/', 1) AS day, count(*) AS lines, "
       "count(*) FILTER (outcome = 'good') AS good FROM truth_lines GROUP BY ALL ORDER BY ALL",
       2},
      {"Domains by rank",
       "SELECT rank, domain, events FROM (SELECT *, row_number() OVER (ORDER BY events DESC, "
       "domain) AS rank FROM visits) WHERE rank IN (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, "
       "2000, 5000) ORDER BY rank",
       3},
      {"Zipf exponent of the domains (least squares of log events on log rank, ranks 10 to 500)",
       "SELECT round(-regr_slope(ln(events), ln(rank)), 3) AS exponent, max(domains) AS domains "
       "FROM (SELECT events, row_number() OVER (ORDER BY events DESC, domain) AS rank, "
       "count(*) OVER () AS domains FROM visits) WHERE rank BETWEEN 10 AND 500",
       0},
      {"Users by events",
       "SELECT 2 ** floor(log2(events))::INTEGER AS events_from, count(*) AS users "
       "FROM users GROUP BY ALL ORDER BY ALL",
       2},
      {"Tail index of events of a user (Hill, the greatest 2 %)",
       "SELECT party, round(1 / avg(ln(events / least_event)), 2) AS tail_index, max(events) AS "
       "greatest FROM (SELECT *, min(events) OVER (PARTITION BY party) AS least_event FROM (SELECT "
       "*, percent_rank() OVER (PARTITION BY party ORDER BY events DESC, uid) AS share FROM users) "
       "WHERE share < 0.02) GROUP BY ALL ORDER BY ALL",
       0},
      {"Ids of a person",
       "SELECT ids, count(*) AS people FROM (SELECT person, least(count(*), 20) AS ids FROM "
       "truth_people GROUP BY ALL) GROUP BY ALL ORDER BY ALL",
       2},
      {"Users of a party that a sync joins to another party's id",
       "SELECT party, count(*) AS users, count(shown.id) AS mapped, "
       "round(100.0 * count(shown.id) / count(*), 2) AS percent FROM users LEFT JOIN (SELECT "
       "party_a "
       "AS p, id_a AS id FROM truth_edges WHERE party_a <> party_b UNION SELECT party_b, id_b FROM "
       "truth_edges WHERE party_a <> party_b) AS shown ON shown.p = party AND shown.id = uid GROUP "
       "BY ALL ORDER BY ALL",
       4},
      {"Pairs that accepted syncs show",
       "SELECT party_a, party_b, noise, count(*) AS pairs FROM truth_edges GROUP BY ALL ORDER BY "
       "ALL",
       4},
      {"Countries, by IPv4 address",
       "SELECT country, events, round(100.0 * events / sum(events) OVER (), 2) AS percent FROM "
       "(SELECT country, count(*) AS events FROM uses JOIN blocks USING (block) GROUP BY ALL) "
       "ORDER "
       "BY events DESC, country LIMIT 20",
       2},
      {"Segments: how likely people convert, and how far the evidence tells them apart",
       "SELECT segment_id, round(avg(p.probability), 4) AS mean, "
       "round(quantile_cont(p.probability, "
       "0.99), 4) AS percentile_99, round(corr(p.probability, e.score), 3) AS correlation FROM "
       "truth_propensity AS p JOIN truth_evidence AS e USING (segment_id, person) GROUP BY ALL "
       "ORDER BY ALL",
       0},
  };
}

std::string TextOf(const sql::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return *text;
  }
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return fmt::format("{}", *number);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return fmt::format("{}", *real);
  }
  const auto* boolean = std::get_if<bool>(&value);
  return boolean == nullptr ? "" : *boolean ? "yes" : "no";
}

double NumberOf(const sql::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return static_cast<double>(*number);
  }
  const auto* real = std::get_if<double>(&value);
  return real == nullptr ? 0 : *real;
}

std::string Bar(double number, double greatest) {
  constexpr double kWidth = 40;
  const auto length = static_cast<std::size_t>(greatest > 0 ? kWidth * number / greatest : 0);
  std::string bar;
  for (std::size_t mark = 0; mark < std::max<std::size_t>(length, number > 0 ? 1 : 0); ++mark) {
    bar += "█";
  }
  return bar;
}

bool IsNumber(const sql::Value& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

Section SectionOf(const Query& query, sql::Connection& connection) {
  sql::Result result = connection.Query(query.sql);
  Section section = {.title = query.title, .headings = result.column_names(), .rows = {}};
  const auto rows = result.Rows();
  double greatest = 0;
  for (const auto& row : rows) {
    greatest = query.bar == 0 ? 0 : std::max(greatest, NumberOf(row[query.bar - 1]));
  }
  for (const auto& row : rows) {
    auto& cells = section.rows.emplace_back();
    std::ranges::transform(row, std::back_inserter(cells), TextOf);
    if (query.bar != 0) {
      cells.push_back(Bar(NumberOf(row[query.bar - 1]), greatest));
    }
  }
  for (std::size_t column = 0; !rows.empty() && column < section.headings.size(); ++column) {
    if (IsNumber(rows.front()[column])) {
      section.headings[column] = fmt::format(">{}", section.headings[column]);
    }
  }
  if (query.bar != 0) {
    section.headings.emplace_back("");
  }
  return section;
}

std::string BlocksTable() {
  std::string rows;
  for (const Country& country : Countries()) {
    for (const AddressBlock& block : country.blocks) {
      rows += fmt::format("{}('{}.{}', '{}')", rows.empty() ? "" : ", ", block.first, block.second,
                          country.code);
    }
  }
  return fmt::format("CREATE TEMP TABLE blocks AS FROM (VALUES {}) AS b(block, country)", rows);
}

// The raw files of events with URLs, as a list in SQL.
std::string RawFiles(const fs::path& folder) {
  std::vector<std::string> files;
  for (const char* feed : {"ingested-af", "ingested-st", "ingested-tt"}) {
    for (const auto& entry : fs::recursive_directory_iterator(folder / "raw" / feed)) {
      if (entry.is_regular_file()) {
        files.push_back(entry.path().string());
      }
    }
  }
  std::ranges::sort(files);
  return sql::QuoteTexts(files);
}

}  // namespace

std::vector<Section> DescribeWorld(const fs::path& folder, sql::Database& database,
                                   std::stop_token stop) {
  if (!fs::exists(folder / "world.json")) {
    throw UserError("'{}': there is no world.json in it; 'weir world generate --out DIR' makes one",
                    folder.string());
  }
  sql::Connection connection = database.Connect();
  connection.SetStopToken(std::move(stop));
  connection.Run(fmt::format(kViews, RawFiles(folder), sql::QuoteText((folder / "truth").string()),
                             kNoSeparator));
  connection.Run(BlocksTable());
  std::vector<Section> sections;
  for (const Query& query : Queries()) {
    sections.push_back(SectionOf(query, connection));
  }
  return sections;
}

}  // namespace weir::world
