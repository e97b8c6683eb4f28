#pragma once
// What an action's parameter of type `filter` takes, in the words of the provider's query language:
//
//   [[{"variable": "Email", "operator": "StringEndsWith", "argument": "@acme.example"},
//     {"variable": "IsActive", "operator": "BooleanTrue"}],
//    [{"variable": "Amount", "operator": "NumberGreaterThan", "argument": 100}]]
//
//   soql   (Email LIKE '%@acme.example' AND IsActive = TRUE) OR (Amount > 100)
//   odata  (endswith(email,'@acme.example') and isActive eq true) or (amount gt 100)
//
// An OR of ANDs, as conditions are; one list of conditions is one group. `variable` is the name of a field and
// no value. Values are quoted and escaped for their language (runtime/text/query_escape.h); a field's name that
// would need that is refused. Pure.
//
// `hubspot` is JSON (`filterGroups` of a search), all others are text. What a language cannot say is an error
// that names operator and language.

#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <cstdint>
#include <string_view>

namespace millrace {

enum class FilterLanguage : std::uint8_t { soql, jql, hubspot, drive, odata };

std::string_view wire_name(FilterLanguage language);

/// How it is built, without its arguments: groups, fields, operators. Error invalid_parameters.
Outcome check_filter(FilterLanguage language, const Json& filter);
/// The text or JSON. An empty filter is "" or []; null stays null. Errors: as `check_filter`, and of an argument
/// that does not fit its operator.
Result<Json> render_filter(FilterLanguage language, const Json& filter);

namespace limits {
inline constexpr std::size_t filter_conditions_max = 200;
}

}  // namespace millrace
