#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/schema.h"

// SQL that reads files as rows of a schema. Values of text files are cast strictly (file_error.h).
namespace weir::connectors {

// How CSV and TSV files are written.
struct DelimitedForm {
  char delimiter = ',';
  bool has_header = true;
  std::vector<std::string> nulls;  // texts that are null where they don't stand in quotes
};

std::string SelectNothing(const Schema& schema);
std::string SelectParquet(const Schema& schema, std::span<const std::string> files);
std::string SelectJson(const Schema& schema, std::span<const std::string> files);
// `records` is SQL of fields as texts.
std::string SelectFields(const Schema& schema, const std::string& records);

// The fields of delimited files as texts, named by `header`, which they all have. As for an import
// (`weir table import`), an empty field is null (if `form` says so), and "" the empty text in
// columns of texts, in others of `schema` null, too.
std::string Records(const DelimitedForm& form, const Schema& schema,
                    const std::vector<std::string>& header, std::span<const std::string> files);

// The options of `form` for read_csv().
std::string FormOptions(const DelimitedForm& form);

}  // namespace weir::connectors
