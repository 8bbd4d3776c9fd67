#pragma once

#include <string_view>
#include <vector>

namespace weir::sql {

// The statements of an SQL text, cut behind each ';' that stands outside of quotes and comments;
// together they are the text. The last one may be blank.
std::vector<std::string_view> SplitStatements(std::string_view sql);

// Throws UserError, naming the line, for text that would be taken for shorter than it is: a NUL
// byte ends what DuckDB reads, a comment that isn't closed reaches to the end.
void CheckWhole(std::string_view sql);

// The query inside a statement that isn't one, such as CREATE TABLE AS or COPY (…) TO: from its
// first SELECT, WITH, FROM or VALUES to the bracket that closes around it, or the end. Empty if
// there is none.
std::string_view FindQuery(std::string_view statement);

}  // namespace weir::sql
