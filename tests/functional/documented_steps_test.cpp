// Every example of docs/steps.md, as a reader tries it: its definition saved as workflow.json, its
// commands pasted into bash, against the real server and the peer that the page describes.
//
// In the page: a heading "### Example: NAME", then fences ```json workflow, ```sh, and ```json answer or
// ```text answer. In a JSON answer "..." stands for any value, and as a key for further members.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

using namespace millrace;
using namespace millrace::tests;

namespace {

constexpr std::string_view peer_in_the_page = "127.0.0.1:9000";
constexpr std::string_view anything = "...";

struct Example {
  std::string name;
  std::string workflow;
  std::string commands;
  std::string answer;
  bool is_json = false;
};

struct Page {
  std::string setup;
  std::vector<Example> examples;
};

std::string with_peer(std::string text) {
  const std::string address = "127.0.0.1:" + std::to_string(example_peer().port());
  for (auto at = text.find(peer_in_the_page); at != std::string::npos;
       at = text.find(peer_in_the_page, at + address.size())) {
    text.replace(at, peer_in_the_page.size(), address);
  }
  return text;
}

Page read_page() {
  Page page;
  std::istringstream in(read_file(MILLRACE_STEPS_PAGE));
  std::string ignored;
  std::string* fence = nullptr;
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view heading = "### Example: ";
    if (fence != nullptr) {
      if (line == "```") {
        fence = nullptr;
      } else {
        *fence += line + "\n";
      }
    } else if (line.starts_with(heading)) {
      page.examples.push_back({line.substr(heading.size()), "", "", "", false});
    } else if (line == "```sh setup") {
      fence = &page.setup;
    } else if (line.starts_with("```")) {
      fence = &ignored;
      if (page.examples.empty()) continue;
      Example& example = page.examples.back();
      if (line == "```json workflow") fence = &example.workflow;
      if (line == "```sh") fence = &example.commands;
      if (line == "```json answer" || line == "```text answer") fence = &example.answer;
      if (line == "```json answer") example.is_json = true;
    }
  }
  return page;
}

/// JSON values that follow each other, as commands that follow each other print them.
std::vector<Json> values_of(const std::string& text) {
  std::vector<Json> values;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \r\n\t", at)) != std::string::npos) {
    boost::json::parser parser;
    boost::system::error_code error;
    at += parser.write_some(text.data() + at, text.size() - at, error);
    if (error) throw std::runtime_error(error.message() + ": " + text);
    values.push_back(parser.release());
  }
  return values;
}

bool fits(const Json& expected, const Json& got);

bool fits(const JsonObject& expected, const JsonObject& got) {
  const bool may_have_more = expected.contains(anything);
  if (got.size() + (may_have_more ? 1 : 0) < expected.size()) return false;
  if (!may_have_more && got.size() != expected.size()) return false;
  return std::all_of(expected.begin(), expected.end(), [&](const auto& member) {
    if (member.key() == anything) return true;
    const Json* const value = got.if_contains(member.key());
    return value != nullptr && fits(member.value(), *value);
  });
}

bool fits(const Json& expected, const Json& got) {
  if (expected == Json(anything)) return true;
  if (expected.is_object() && got.is_object()) return fits(expected.get_object(), got.get_object());
  if (expected.is_array() && got.is_array()) {
    const auto& left = expected.get_array();
    const auto& right = got.get_array();
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const Json& one, const Json& other) { return fits(one, other); });
  }
  return expected == got;
}

bool is_answer(const Example& example, const std::string& printed) {
  if (!example.is_json) return printed == example.answer;
  const auto expected = values_of(with_peer(example.answer));
  const auto got = values_of(printed);
  return std::equal(expected.begin(), expected.end(), got.begin(), got.end(),
                    [](const Json& one, const Json& other) { return fits(one, other); });
}

/// What a reader has in the shell before the first example.
std::string shell_variables(const TestProject& project) {
  return "MILLRACE_URL=" + open_server().url() + "\nPEER=" + example_peer().url() +
         "\nAPI_KEY=" + project.api_key() + "\nTOKEN=" + project.token("ada") +
         "\nPROJECT=$MILLRACE_URL/projects/" + project.id() + "\n";
}

/// What the example's commands print.
std::string run(const Page& page, const Example& example) {
  const TestProject project(open_server());
  const TemporaryDirectory directory;
  std::ofstream(directory.path() + "/workflow.json") << with_peer(example.workflow);
  const std::string script = "cd " + directory.path() + "\n" + shell_variables(project) +
                             page.setup + with_peer(example.commands);
  const ChildProcess::Command command{
      {"/bin/bash", "-c", script}, directory.path() + "/output", directory.path() + "/errors"};
  ChildProcess shell(command);
  if (!shell.wait_for_exit(poll_patience)) return "the commands do not end";
  std::string printed = read_file(command.output_file) + read_file(command.errors_file);
  std::erase(printed, '\r');  // of HTTP headers
  return printed;
}

}  // namespace

TEST_CASE("every example of the steps page gives the answer that the page shows") {
  const Page page = read_page();
  REQUIRE_FALSE(page.setup.empty());
  for (const Example& example : page.examples) {
    INFO("docs/steps.md, example: " << example.name);
    const std::string printed = run(page, example);
    INFO("expected:\n" << example.answer << "printed:\n" << printed);
    bool is_as_shown = false;
    CHECK_NOTHROW(is_as_shown = is_answer(example, printed));
    CHECK(is_as_shown);
  }
}

TEST_CASE("the steps page has a whole example for every kind of step") {
  const Page page = read_page();
  std::string workflows;
  for (const Example& example : page.examples) {
    INFO("docs/steps.md, example: " << example.name);
    CHECK_NOTHROW(json_of(example.workflow));
    CHECK_FALSE(example.commands.empty());
    CHECK_FALSE(example.answer.empty());
    workflows += example.workflow;
  }
  for (const char* const type :
       {"request", "action", "function", "conditional", "fanOut", "delay", "response"}) {
    INFO(type);
    CHECK_THAT(workflows, Catch::Contains("\"type\": \"" + std::string(type) + "\""));
  }
}
