#include "http/api/log_query.h"

#include "runtime/text/time_text.h"

#include <charconv>

namespace millrace {
namespace {

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

std::optional<LogPlace> parse_place(std::string_view text) {
  const auto dash = text.find('-', 1);
  std::int64_t at = 0;
  LogPlace place;
  if (dash == std::string_view::npos || !read_number(text.substr(0, dash), at) ||
      !read_number(text.substr(dash + 1), place.number)) {
    return std::nullopt;
  }
  place.at = Instant(Millis(at));
  return place;
}

}  // namespace

Result<Instant> read_since(const ApiCall& call) {
  const auto since = call.query_value("since");
  if (!since) return Instant{};
  const auto at = parse_time(*since);
  if (at) return *at;
  return Error(ErrorCode::invalid_request,
               "the query parameter since must be a date such as 2026-01-31 or "
               "2026-01-31T09:00:00Z, not '" +
                   *since + "'");
}

Result<std::optional<LogPlace>> read_after(const ApiCall& call) {
  const auto after = call.query_value("after");
  if (!after) return std::optional<LogPlace>();
  const auto place = parse_place(*after);
  if (place) return std::optional(*place);
  return Error(ErrorCode::invalid_request,
               "the query parameter after must be the \"next\" of an earlier page");
}

Json next_of(const std::optional<LogPlace>& next) {
  if (!next) return nullptr;
  return Json(std::to_string(next->at.time_since_epoch().count()) + '-' +
              std::to_string(next->number));
}

}  // namespace millrace
