#include "http/api/history_query.h"

#include "runtime/reading/findings.h"
#include "runtime/text/duration_text.h"
#include "runtime/text/percent_text.h"
#include "runtime/text/time_text.h"

#include <algorithm>
#include <charconv>

namespace millrace {
namespace {

Error bad_parameter(const std::string& name, const std::string& expected, const std::string& got) {
  return {ErrorCode::invalid_request,
          "the query parameter " + name + " must be " + expected + ", not '" + got + "'"};
}

/// The texts of a filter.
class FilterTexts {
 public:
  FilterTexts(const FormFields& given, FilterIn where) : given_(given), where_(where) {}

  /// The last one counts.
  std::optional<std::string> find(std::string_view name) const {
    std::optional<std::string> last;
    for (const auto& [key, value] : given_) {
      if (key == name) last = value;
    }
    return last;
  }
  Error refuse(const std::string& name, const std::string& expected, const std::string& got) const {
    if (where_ == FilterIn::query) return bad_parameter(name, expected, got);
    return wrong_filter(name, "must be " + expected + ", not '" + got + "'", expected);
  }

 private:
  const FormFields& given_;
  const FilterIn where_;
};

Outcome read_date(const FilterTexts& texts, const std::string& name, std::optional<Instant>& to) {
  const auto text = texts.find(name);
  if (!text) return Done{};
  to = parse_time(*text);
  if (to) return Done{};
  return texts.refuse(name, "a date such as 2026-01-31 or 2026-01-31T09:00:00Z", *text);
}

Outcome read_date(const ApiCall& call, const std::string& name, std::optional<Instant>& to) {
  return read_date(FilterTexts(call.query, FilterIn::query), name, to);
}

Outcome read_status(const FilterTexts& texts, std::optional<ExecutionStatus>& to) {
  const auto text = texts.find("status");
  if (!text) return Done{};
  to = parse_execution_status(*text);
  if (to) return Done{};
  return texts.refuse("status", "EXECUTING, DELAYED, SUCCEEDED, FAILED or CANCELLED", *text);
}

Outcome read_order(const ApiCall& call, TaskHistory::Order& to) {
  const auto text = call.query_value("sortBy").value_or("DESC");
  if (text != "ASC" && text != "DESC") return bad_parameter("sortBy", "ASC or DESC", text);
  to = text == "ASC" ? TaskHistory::Order::oldest_first : TaskHistory::Order::newest_first;
  return Done{};
}

/// How far a page may be from the first one; the index finds any.
constexpr std::size_t offset_max = 1'000'000'000;

/// `1767225600000.<execution id>`: milliseconds since 1970 of the start, and the run.
std::optional<TaskHistory::Place> parse_place(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::int64_t milliseconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + dot, milliseconds);
  const auto id = ExecutionId::parse(text.substr(dot + 1));
  if (read.ec != std::errc() || read.ptr != text.data() + dot || !id) return std::nullopt;
  return TaskHistory::Place{Instant(Millis(milliseconds)), *id};
}

Outcome read_place(const ApiCall& call, std::optional<TaskHistory::Place>& to) {
  const auto text = call.query_value("after");
  if (!text || text->empty()) return Done{};
  to = parse_place(*text);
  if (to) return Done{};
  return bad_parameter("after", "as it stands in a nextLink", *text);
}

/// The host that the client used, if it looks like one: it is copied into a link.
std::string host_of(const httplib::Request& request) {
  const std::string host = request.get_header_value("Host");
  const bool is_plain = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:[]").find(c) != std::string_view::npos;
  });
  return is_plain ? host : std::string();
}

}  // namespace

Result<std::size_t> read_offset(const ApiCall& call, std::optional<std::size_t> most) {
  const auto text = call.query_value("offset");
  if (!text) return std::size_t{0};
  std::size_t offset = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), offset);
  const bool is_number = read.ec == std::errc() && read.ptr == text->data() + text->size();
  if (is_number && (!most || offset <= *most)) return offset;
  return bad_parameter(
      "offset", "a whole number from 0 " + (most ? "to " + std::to_string(*most) : "on"), *text);
}

Error wrong_filter(const std::string& key, const std::string& message, std::string expected,
                   std::string nearest) {
  const std::string pointer = "/filter/" + pointer_token(key);
  return Error(ErrorCode::invalid_request, "`" + key + "` of `filter` " + message,
               {finding_at({}, pointer, message, std::move(expected), {}, std::move(nearest))});
}

Result<TaskHistory::Query> read_history_filter(const ProjectId& project, const FormFields& given,
                                               FilterIn where) {
  const FilterTexts texts(given, where);
  TaskHistory::Query query;
  query.project = project;
  if (auto user = texts.find("userId")) query.user = UserId(std::move(*user));
  if (auto workflow = texts.find("workflowId")) query.workflow = WorkflowId(std::move(*workflow));
  query.integration = texts.find("integration");
  for (const auto& outcome :
       {read_status(texts, query.status), read_date(texts, "beforeDate", query.before),
        read_date(texts, "afterDate", query.after)}) {
    if (!outcome) return outcome.error();
  }
  return query;
}

Result<TaskHistory::Query> read_history_query(const ApiCall& call) {
  auto read = read_history_filter(call.project, call.query, FilterIn::query);
  if (!read) return read;
  TaskHistory::Query query = std::move(*read);
  for (const auto& outcome : {read_order(call, query.order), read_place(call, query.behind)}) {
    if (!outcome) return outcome.error();
  }
  const auto offset = read_offset(call, offset_max);
  if (!offset) return offset.error();
  query.offset = *offset;
  query.limit = limits::history_page_max;
  return query;
}

Result<TaskHistory::Query> read_export_query(const ApiCall& call, Instant now) {
  auto query = read_history_query(call);
  if (!query) return query;
  query->order = TaskHistory::Order::oldest_first;
  query->offset = 0;
  query->after.reset();
  query->before.reset();
  for (const auto& outcome :
       {read_date(call, "from", query->after), read_date(call, "to", query->before)}) {
    if (!outcome) return outcome.error();
  }
  if (!query->before) query->before = now + Millis(1);
  if (query->after && *query->after >= *query->before) {
    return bad_parameter("from", "before to", *call.query_value("from"));
  }
  return query;
}

std::string place_text(const TaskHistory::Place& place) {
  return std::to_string(place.started.time_since_epoch().count()) + '.' + place.id.text();
}

Result<TaskHistory::StatisticsQuery> read_statistics_query(const ApiCall& call, Instant now) {
  TaskHistory::StatisticsQuery query;
  query.project = call.project;
  if (auto workflow = call.query_value("workflowId")) {
    query.workflow = WorkflowId(std::move(*workflow));
  }
  std::optional<Instant> from;
  std::optional<Instant> to;
  for (const auto& outcome : {read_date(call, "from", from), read_date(call, "to", to)}) {
    if (!outcome) return outcome.error();
  }
  query.to = to.value_or(now + Millis(1));
  query.from = from.value_or(query.to - std::chrono::hours(24));
  if (query.from >= query.to) {
    return bad_parameter("from", "before to",
                         call.query_value("from").value_or(to_text(query.from)));
  }
  const auto text = call.query_value("bucket").value_or("1h");
  const auto bucket = parse_duration(text);
  if (!bucket || *bucket < std::chrono::seconds(1)) {
    return bad_parameter("bucket", "a duration of a second or more, such as 5m, 1h or 1d", text);
  }
  query.bucket = *bucket;
  const auto stretch = static_cast<std::uint64_t>((query.to - query.from).count());
  const auto each = static_cast<std::uint64_t>(bucket->count());
  if ((stretch - 1) / each + 1 > TaskHistory::statistics_buckets_max) {
    return bad_parameter("bucket",
                         "so long that there are at most " +
                             std::to_string(TaskHistory::statistics_buckets_max) +
                             " buckets between from and to",
                         text);
  }
  return query;
}

std::string own_address(const ApiCall& call, const ApiOptions& options) {
  if (!options.public_url.empty()) return options.public_url;
  const std::string host = host_of(call.http);
  return host.empty() ? host : "http://" + host;
}

std::string page_link(const ApiCall& call, const ApiOptions& options, std::size_t offset,
                      const std::string& after) {
  std::string link = own_address(call, options) + call.http.path + "?";
  for (const auto& [key, value] : call.query) {
    if (key == "offset" || key == "after") continue;
    link += percent_encode_text(key) + "=" + percent_encode_text(value) + "&";
  }
  if (!after.empty()) link += "after=" + percent_encode_text(after) + "&";
  return link + "offset=" + std::to_string(offset);
}

}  // namespace millrace
