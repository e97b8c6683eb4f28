#include "runtime/integrations/data_source.h"

#include "runtime/reading/object_reader.h"
#include "runtime/requests/read_request.h"

#include <utility>

namespace millrace {
namespace {

/// "id", "name.first": below one record.
std::vector<PathSegment> path_in_record(ObjectReader& json, std::string_view key) {
  const auto text = json.constant_text(key);
  if (!text || text->empty()) return {};
  auto reference = parse_reference("self." + *text);
  if (reference) return std::move(reference->path);
  json.report(key, "is no path in a record", "a path such as `id`", *text);
  return {};
}

std::vector<PathSegment> path_in_answer(ObjectReader& json, std::string_view key) {
  return json.find(key) == nullptr ? std::vector<PathSegment>() : read_response_path(json, key);
}

/// A value as a form shows it.
std::string shown(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? std::string(value.get_string()) : to_text(value);
}

}  // namespace

DataSource read_data_source(ObjectReader& json) {
  DataSource source;
  source.action = json.required_constant_text("action").value_or("");
  source.records = path_in_answer(json, "records");
  source.value = path_in_record(json, "value");
  source.label = path_in_record(json, "label");
  source.cursor = path_in_answer(json, "cursor");
  source.page_parameter = json.text("pageParameter").value_or("");
  source.search_parameter = json.text("searchParameter").value_or("");
  return source;
}

Json choices_of(const DataSource& source, const std::vector<PathSegment>& result,
                const Json& answer) {
  JsonArray choices;
  const Json& records = follow(answer, source.records.empty() ? result : source.records);
  if (const auto* const list = records.if_array()) {
    for (const Json& record : *list) {
      if (choices.size() == limits::choices_per_page_max) break;
      const Json& value = follow(record, source.value);
      const Json& label = source.label.empty() ? value : follow(record, source.label);
      if (value.is_null()) continue;
      const std::string text = shown(label);
      choices.push_back(
          JsonObject{{"value", value}, {"label", text.empty() ? shown(value) : text}});
    }
  }
  const Json cursor = source.cursor.empty() ? Json(nullptr) : follow(answer, source.cursor);
  const bool is_last = cursor.is_null() || (cursor.is_string() && cursor.get_string().empty());
  return JsonObject{{"records", std::move(choices)},
                    {"nextPageCursor", is_last ? Json(nullptr) : cursor}};
}

}  // namespace millrace
