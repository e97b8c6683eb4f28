#pragma once
// Where the choices of a setting come from: an action of the integration that lists them, executed with the user's
// account when a form asks (`POST …/sdk/actions`).
//
//   {"id": "channel", "type": "enum",
//    "source": {"action": "listChannels", "records": "response.body.channels", "value": "id", "label": "name",
//               "cursor": "response.body.next", "pageParameter": "cursor", "searchParameter": "query"}}
//
// The records are at `records` below the action's answer; without it the action's result is the list. `value` and
// `label` are paths in one record; without `label` the value is shown, and without both the record itself is the value.
// What a form says of pages and of a search goes to the action's parameters of those names. Pure.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/templates/reference.h"

#include <cstddef>
#include <string>
#include <vector>

namespace millrace {

class ObjectReader;

namespace limits {
/// Of one page of choices; what is beyond is left out.
inline constexpr std::size_t choices_per_page_max = 1'000;
}  // namespace limits

struct DataSource {
  std::string action;
  std::vector<PathSegment> records;  // below {"response"}; empty: where the action's result is
  std::vector<PathSegment> value;
  std::vector<PathSegment> label;
  std::vector<PathSegment> cursor;  // empty: there is one page
  std::string page_parameter;       // empty: the action takes none
  std::string search_parameter;     // likewise
};

/// Reads the object under `source` of a setting. What is wrong goes to the findings.
DataSource read_data_source(ObjectReader& json);

/// `{"records": [{"value", "label"}], "nextPageCursor"}` of what the action has answered, {"response": …}. `result`:
/// where the action's result is in it.
Json choices_of(const DataSource& source, const std::vector<PathSegment>& result,
                const Json& answer);

}  // namespace millrace
