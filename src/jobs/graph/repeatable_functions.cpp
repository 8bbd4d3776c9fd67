#include "jobs/graph/repeatable_functions.h"

#include <set>

#include <fmt/format.h>

namespace weir::jobs {
namespace {

using FunctionList = std::set<std::string_view>;

const FunctionList& Clocks() {
  static const FunctionList kNames = {"ago",
                                      "current_date",
                                      "current_localtime",
                                      "current_localtimestamp",
                                      "current_time",
                                      "current_timestamp",
                                      "get_current_time",
                                      "get_current_timestamp",
                                      "localtime",
                                      "localtimestamp",
                                      "now",
                                      "pg_conf_load_time",
                                      "pg_postmaster_start_time",
                                      "today",
                                      "transaction_timestamp"};
  return kNames;
}

const FunctionList& Random() {
  static const FunctionList kNames = {"currval", "gen_random_uuid", "nextval",
                                      "rand",    "random",          "setseed",
                                      "uuid",    "uuidv4",          "uuidv7"};
  return kNames;
}

// They tell of the process, its settings and what it has made, not of any row.
const FunctionList& OfProcess() {
  static const FunctionList kNames = {"current_catalog",
                                      "current_connection_id",
                                      "current_database",
                                      "current_query",
                                      "current_query_id",
                                      "current_schema",
                                      "current_schemas",
                                      "current_setting",
                                      "current_transaction_id",
                                      "format_type",
                                      "get_block_size",
                                      "getenv",
                                      "getvariable",
                                      "in_search_path",
                                      "pg_get_constraintdef",
                                      "pg_get_viewdef",
                                      "stats",
                                      "txid_current",
                                      "version"};
  return kNames;
}

const FunctionList& FileReaders() {
  static const FunctionList kNames = {
      "read_csv",       "read_csv_auto", "read_parquet", "parquet_scan",     "read_json",
      "read_json_auto", "read_ndjson",   "read_text",    "read_ndjson_auto", "read_json_objects",
      "read_blob",      "glob",          "sniff_csv",    "delta_scan",       "sqlite_scan",
      "postgres_scan",  "mysql_scan",    "iceberg_scan", "read_avro"};
  return kNames;
}

// Their rows follow from their arguments.
const FunctionList& Generators() {
  static const FunctionList kNames = {"generate_series", "json_each",  "json_tree", "range",
                                      "repeat",          "repeat_row", "unnest"};
  return kNames;
}

}  // namespace

std::string WhyNotRepeatable(std::string_view function, std::size_t num_arguments) {
  if (Clocks().contains(function)) {
    return fmt::format("{} is the clock; {{start}}, {{end}} and {{ds}} are the interval", function);
  }
  if (function == "age" && num_arguments == 1) {
    return "age() of one time is its distance to the clock; age({end}, time) counts from the "
           "interval's end";
  }
  if (Random().contains(function)) {
    return fmt::format("{}() gives another value each time; a hash of the row's key doesn't",
                       function);
  }
  if (OfProcess().contains(function)) {
    return fmt::format("{}() tells of the process that runs; {{var.x}} is a variable of weir.yaml",
                       function);
  }
  return "";
}

std::string WhyNotRecorded(std::string_view table_function) {
  if (Generators().contains(table_function)) {
    return "";
  }
  if (FileReaders().contains(table_function)) {
    return fmt::format("{}() reads what no run records; a connector step brings files in",
                       table_function);
  }
  return fmt::format("{}() reads what no run records; 'reads' names what a job reads",
                     table_function);
}

}  // namespace weir::jobs
