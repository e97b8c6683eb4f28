#include "http/server/project_tests/project_test.h"

#include "runtime/files/file_value.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <filesystem>

namespace millrace {
namespace {

constexpr Choice<ErrorCode> failures[] = {{"connection_failed", ErrorCode::connection_failed},
                                          {"step_timeout", ErrorCode::step_timeout},
                                          {"tls_failed", ErrorCode::tls_failed}};

/// The members of an object; none when it is absent. Anything but an object is a finding.
JsonObject object_at(ObjectReader& json, std::string_view key) {
  const Json* const value = json.find(key);
  if (value == nullptr) return {};
  if (value->is_object()) return value->get_object();
  json.report_mismatch(json.pointer_to(key), "an object", *value);
  return {};
}

std::map<std::string, std::string> texts_at(ObjectReader& json, std::string_view key) {
  std::map<std::string, std::string> texts;
  for (const auto& member : object_at(json, key)) {
    const std::string name(member.key());
    if (member.value().is_string()) {
      texts[name] = std::string(member.value().get_string());
    } else {
      json.report_mismatch(json.pointer_to(key) + "/" + name, "a string", member.value());
    }
  }
  return texts;
}

MockedAnswer read_answer(const Json& value, const std::string& pointer, const std::string& step,
                         Findings& findings) {
  ObjectReader json(value, pointer, step, findings);
  MockedAnswer answer;
  if (json.find("request") != nullptr) answer.request = object_at(json, "request");
  answer.failure = json.choice<ErrorCode>("error", failures);
  answer.status = static_cast<int>(json.integer("statusCode", 100, 599).value_or(200));
  for (const auto& [name, text] : texts_at(json, "headers")) {
    answer.headers.push_back({lower_case(std::string_view(name)), text});
  }
  const Json* const body = json.find("body");
  const bool is_text = body != nullptr && body->is_string();
  const bool is_typed =
      std::any_of(answer.headers.begin(), answer.headers.end(),
                  [](const HttpHeader& header) { return header.name == "content-type"; });
  if (body != nullptr && !is_typed) {
    answer.headers.push_back({"content-type", is_text ? "text/plain" : "application/json"});
  }
  std::string text;
  if (is_text) text = std::string(body->get_string());
  if (body != nullptr && !is_text) text = to_text(*body);
  answer.body = std::make_shared<const std::string>(std::move(text));
  json.finish();
  return answer;
}

std::map<std::string, MockedAnswers> read_mocks(ObjectReader& json) {
  std::map<std::string, MockedAnswers> mocks;
  for (const auto& member : object_at(json, "mocks")) {
    const std::string step(member.key());
    const std::string pointer = json.pointer_to("mocks") + "/" + step;
    MockedAnswers& answers = mocks[step];
    if (!member.value().is_array()) {
      answers.push_back(read_answer(member.value(), pointer, step, json.findings()));
      continue;
    }
    std::size_t index = 0;
    for (const Json& each : member.value().get_array()) {
      answers.push_back(
          read_answer(each, pointer + "/" + std::to_string(index++), step, json.findings()));
    }
    if (answers.empty()) json.report("mocks", "the step \"" + step + "\" has no answer");
  }
  return mocks;
}

/// Only members that something will be compared with: a misspelt one would pass unseen.
JsonObject read_expectation(ObjectReader& json) {
  const Json* const value = json.require("expect", "what the run is expected to be");
  if (value == nullptr || !value->is_object()) return {};
  ObjectReader expect(*value, json.pointer_to("expect"), "", json.findings());
  for (const auto* const key : {"status", "error", "response", "steps", "requests"})
    expect.find(key);
  expect.finish();
  if (value->get_object().empty())
    json.report("expect", "nothing is expected, so nothing can fail");
  return value->get_object();
}

ProjectTest read_test(DefinitionFile file, Findings& findings) {
  ProjectTest test;
  ObjectReader json(file.definition, "", "", findings);
  test.workflow = WorkflowId(json.required_text("workflow").value_or(""));
  test.user = UserId("preview");
  if (const Json* const given = json.find("user")) {
    ObjectReader user(*given, json.pointer_to("user"), "", findings);
    if (const auto id = user.text("id")) test.user = UserId(*id);
    test.user_meta = object_at(user, "meta");
    user.finish();
  }
  test.settings = object_at(json, "settings");
  test.secrets = texts_at(json, "secrets");
  for (const auto& member : object_at(json, "credentials")) {
    if (member.value().is_object()) {
      test.credentials[std::string(member.key())] = member.value().get_object();
    } else {
      json.report_mismatch(json.pointer_to("credentials") + "/" + std::string(member.key()),
                           "an object", member.value());
    }
  }
  if (const Json* const given = json.find("request")) {
    ObjectReader request(*given, json.pointer_to("request"), "", findings);
    for (const auto* const key : {"headers", "params", "body", "file"}) request.find(key);
    request.finish();
    if (given->is_object()) test.request = given->get_object();
  }
  if (const Json* const given = json.find("payload")) test.payload = *given;
  if (test.payload && !test.request.empty()) {
    json.report("payload", "a workflow is started by a request or by an event, not by both");
  }
  test.mocks = read_mocks(json);
  test.expect = read_expectation(json);
  json.finish();
  test.file = std::move(file);
  return test;
}

}  // namespace

std::vector<ProjectTest> read_project_tests(const std::string& root, FileFindings& findings) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(fs::path(root) / "tests", failed)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<ProjectTest> tests;
  for (const std::string& path : paths) {
    auto file = read_definition_file(path, findings);
    if (!file) continue;
    Findings found;
    ProjectTest test = read_test(std::move(*file), found);
    if (found.empty()) {
      tests.push_back(std::move(test));
      continue;
    }
    for (FileFinding& finding : locate(test.file, invalid_definition(found.take()))) {
      findings.push_back(std::move(finding));
    }
  }
  return tests;
}

}  // namespace millrace
