#pragma once
// Text inside the quotes of a query: what a user's value may hold, so that it never ends the quotes.
//
//   soql   '...'   \ ' " and control characters escaped with \ (Salesforce)
//   jql    "..."   likewise, also between ' (Jira)
//   drive  '...'   \ and ' escaped with \ (Google Drive)
//   odata  '...'   ' doubled (OData 4.01, ABNF)
//
// The quotes themselves are the author's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

enum class QueryEscape : std::uint8_t { none, soql, jql, odata, drive };

/// "soql"; nothing for another word.
std::optional<QueryEscape> parse_query_escape(std::string_view name);
std::string query_escaped(QueryEscape escape, std::string_view text);

}  // namespace millrace
