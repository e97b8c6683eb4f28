#include "tests/support/described_answers.h"

#include "runtime/text/ascii_text.h"
#include "tests/support/api_client.h"

#include <algorithm>
#include <stdexcept>

namespace millrace::tests {
namespace {

constexpr std::size_t findings_max = 10;

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash);
  }
  return segments;
}

bool is_parameter(const std::string& segment) { return segment.starts_with('{'); }

/// How well a path fits: one mark for each segment that is the same, none if it does not fit.
int fit(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  // The rest of a path is a parameter at the end of the Connect API's.
  const bool takes_rest = !pattern.empty() && pattern.back() == "{path}";
  if (takes_rest ? path.size() < pattern.size() : path.size() != pattern.size()) return -1;
  int marks = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (is_parameter(pattern[i])) continue;
    if (pattern[i] != path[i]) return -1;
    ++marks;
  }
  return marks;
}

bool is_of_type(const Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_bool();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  return value.is_null();
}

const JsonObject* object_at(const JsonObject& object, std::string_view key) {
  const Json* const member = object.if_contains(key);
  return member == nullptr ? nullptr : member->if_object();
}

/// Of `#/components/…`.
std::string_view pointer_in(const Json& reference) {
  return std::string_view(reference.as_string()).substr(1);
}

std::string shortened(const Json& value) { return to_text(value).substr(0, 100); }

}  // namespace

DescribedAnswers::DescribedAnswers(Json document) : document_(std::move(document)) {
  for (const auto& [path, operations] : document_.at("paths").as_object()) {
    paths_.push_back({segments_of(path), &operations.as_object()});
  }
}

const DescribedAnswers::Path* DescribedAnswers::path_of(std::string_view target) const {
  const auto segments = segments_of(target.substr(0, target.find('?')));
  const Path* best = nullptr;
  int marks = -1;
  for (const Path& path : paths_) {
    const int fits = fit(path.segments, segments);
    if (fits > marks) {
      best = &path;
      marks = fits;
    }
  }
  return best;
}

std::vector<std::string> DescribedAnswers::findings(const Call& call, const Answer& answer) const {
  std::vector<std::string> findings;
  const Path* const path = path_of(call.path);
  // 404 and 405 of what is no route; below the routes, and no answer at all, have tests of their own.
  if (path == nullptr || answer.status == 0) return findings;
  const JsonObject* operation = object_at(*path->operations, lower_case(call.method));
  if (operation == nullptr) return findings;
  const JsonObject& responses = operation->at("responses").as_object();
  const auto is_anything = [](const auto& response) {
    const auto* const content = object_at(response.value().as_object(), "content");
    return content != nullptr && content->contains("*/*");
  };
  // A workflow's own answer may have any status.
  if (std::any_of(responses.begin(), responses.end(), is_anything)) return findings;
  const JsonObject* response = object_at(responses, std::to_string(answer.status));
  if (response == nullptr && answer.status < 400) {
    return {"the status " + std::to_string(answer.status) + " is not described"};
  }
  if (response == nullptr) response = object_at(responses, "default");
  if (const Json* const reference = response->if_contains("$ref")) {
    response = &document_.at_pointer(pointer_in(*reference)).as_object();
  }
  const auto* const content = object_at(*response, "content");
  if (content == nullptr) {
    if (!answer.text.empty()) findings.push_back("a body is not described");
    return findings;
  }
  const auto* const json = object_at(*content, "application/json");
  const bool is_json = answer.header("content-type").starts_with("application/json");
  if (call.method == "HEAD") return findings;
  if (json == nullptr || !is_json) {
    const std::string type = answer.header("content-type");
    const bool is_described = std::any_of(content->begin(), content->end(), [&](const auto& each) {
      return type.starts_with(std::string_view(each.key()));
    });
    if (!is_described) findings.push_back("the content type `" + type + "` is not described");
    return findings;
  }
  check(answer.json, json->at("schema").as_object(), "", findings);
  return findings;
}

const JsonObject* DescribedAnswers::resolved(const JsonObject& schema) const {
  const Json* const reference = schema.if_contains("$ref");
  if (reference == nullptr) return &schema;
  return &document_.at_pointer(pointer_in(*reference)).as_object();
}

void DescribedAnswers::check(const Json& value, const JsonObject& given, const std::string& at,
                             std::vector<std::string>& findings) const {
  if (findings.size() >= findings_max) return;
  const JsonObject& schema = *resolved(given);
  if (const Json* const choices = schema.if_contains("anyOf")) {
    std::vector<std::string> closest;
    for (const Json& choice : choices->as_array()) {
      std::vector<std::string> wrong;
      check(value, choice.as_object(), at, wrong);
      if (wrong.empty()) return;
      if (closest.empty() || wrong.front().size() > closest.front().size()) closest = wrong;
    }
    findings.insert(findings.end(), closest.begin(), closest.end());
    return;
  }
  if (const Json* const type = schema.if_contains("type"); type != nullptr) {
    if (!is_of_type(value, std::string_view(type->as_string()))) {
      findings.push_back(at + " is no " + std::string(type->as_string()) + ": " + shortened(value));
      return;
    }
  }
  if (const Json* const texts = schema.if_contains("enum")) {
    const auto& all = texts->as_array();
    if (std::find(all.begin(), all.end(), value) == all.end()) {
      findings.push_back(at + " is none of " + shortened(*texts) + ": " + shortened(value));
    }
  }
  if (value.is_array() && schema.contains("items")) {
    std::size_t i = 0;
    for (const Json& each : value.get_array()) {
      check(each, schema.at("items").as_object(), at + "/" + std::to_string(i++), findings);
    }
  }
  if (value.is_object()) check_object(value.get_object(), schema, at, findings);
}

void DescribedAnswers::check_object(const JsonObject& object, const JsonObject& schema,
                                    const std::string& at,
                                    std::vector<std::string>& findings) const {
  const auto* const members = object_at(schema, "properties");
  const auto* const others = object_at(schema, "additionalProperties");
  if (members == nullptr && others == nullptr) return;  // any object
  if (const Json* const required = schema.if_contains("required")) {
    for (const Json& name : required->as_array()) {
      if (!object.contains(name.as_string())) {
        findings.push_back(at + " has no `" + std::string(name.as_string()) + "`");
      }
    }
  }
  for (const auto& [key, value] : object) {
    const JsonObject* own = members == nullptr ? nullptr : object_at(*members, key);
    if (own == nullptr) own = others;
    const std::string place = at + "/" + std::string(key);
    if (own == nullptr) {
      findings.push_back(place + " is not described: " + shortened(value));
    } else {
      check(value, *own, place, findings);
    }
  }
}

}  // namespace millrace::tests
