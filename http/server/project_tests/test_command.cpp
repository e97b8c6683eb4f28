#include "http/server/project_tests/test_command.h"

#include "http/cli/exit_codes.h"
#include "http/cli/output.h"
#include "http/cli/terminal.h"
#include "http/server/project_tests/project_tester.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <iterator>

namespace millrace {
namespace {

struct TestOptions {
  std::string folder;
  bool json = false;

  OutputFormat format() const { return json ? OutputFormat::json : OutputFormat::text; }
};

std::string shown(const Json& value) {
  constexpr std::size_t shown_max = 500;
  std::string text = to_text(value);
  if (text.size() > shown_max) text.resize(shown_max), text += "…";
  return text;
}

JsonObject verdict_json(const ProjectTest& test, const TestVerdict& verdict) {
  JsonArray list;
  for (const Difference& each : verdict.differences) {
    JsonObject difference{{"path", each.path}, {"expected", each.expected}};
    if (!each.is_missing) difference["got"] = each.got;
    list.push_back(std::move(difference));
  }
  JsonObject line{{"file", test.file.path},
                  {"workflow", test.workflow.text},
                  {"passed", verdict.has_passed()},
                  {"differences", std::move(list)}};
  line["failedSteps"] = JsonArray(verdict.failed_steps.begin(), verdict.failed_steps.end());
  if (verdict.error) {
    line["error"] =
        JsonObject{{"code", wire_name(verdict.error->code)}, {"message", verdict.error->message}};
  }
  return line;
}

void print(const ProjectTest& test, const TestVerdict& verdict) {
  std::cout << test.file.path << ": "
            << (verdict.has_passed() ? painted("passed", Colour::green, Stream::output)
                                     : painted("failed", Colour::red, Stream::output))
            << '\n';
  if (verdict.error) {
    std::cout << "  " << verdict.error->message << '\n';
    for (const auto& detail : verdict.error->details) std::cout << finding_line(detail) << '\n';
  }
  for (const Difference& each : verdict.differences) {
    std::cout << "  " << each.path << ": expected " << shown(each.expected)
              << (each.is_missing ? ", there is none" : ", got " + shown(each.got)) << '\n';
  }
  if (!verdict.has_passed()) {
    for (const std::string& step : verdict.failed_steps) std::cout << "  failed " << step << '\n';
  }
  std::cout << std::flush;
}

JsonArray findings_json(FileFindings findings) {
  sort_findings(findings);
  JsonArray list;
  for (const auto& finding : findings) list.push_back(finding_json(finding));
  return list;
}

int refuse(const TestOptions& options, FileFindings findings) {
  if (!options.json) {
    print_findings(std::move(findings));
    return exit_codes::refused;
  }
  const JsonArray list = findings_json(std::move(findings));
  std::cout << to_text(JsonObject{{"passed", false}, {"findings", list}}) << std::endl;
  return exit_codes::refused;
}

/// `faulty`: what is wrong with other files of tests, which do not keep these from running.
int run_all(const TestOptions& options, const std::vector<ProjectTest>& tests,
            ProjectTester& tester, FileFindings faulty) {
  std::size_t failed = 0;
  JsonArray lines;
  for (const ProjectTest& test : tests) {
    const TestVerdict verdict = tester.run(test);
    if (!verdict.has_passed()) ++failed;
    if (options.json) {
      lines.push_back(verdict_json(test, verdict));
    } else {
      print(test, verdict);
    }
  }
  const bool has_passed = failed == 0 && faulty.empty();
  if (options.json) {
    JsonObject line{{"passed", has_passed}, {"tests", std::move(lines)}};
    if (!faulty.empty()) line.emplace("findings", findings_json(std::move(faulty)));
    std::cout << to_text(line) << std::endl;
  } else {
    std::cout << tests.size() - failed << " of " << tests.size() << " passed"
              << (faulty.empty() ? "" : "; others cannot be read") << std::endl;
    print_findings(std::move(faulty));
  }
  return has_passed ? exit_codes::done : exit_codes::refused;
}

int test(const TestOptions& options, const MakeFunctionEngine& make_engine) {
  const auto folder = read_project_folder(options.folder);
  if (!folder) return complain(folder.error(), options.format());
  FolderCheck check = check_folder(*folder, make_engine);
  FileFindings faulty;
  const auto tests = read_project_tests(options.folder, faulty);
  // A definition may be what a test is about; a test is about nothing but itself.
  if (!check.findings.empty() || tests.empty()) {
    std::move(faulty.begin(), faulty.end(), std::back_inserter(check.findings));
  }
  if (!check.findings.empty()) return refuse(options, std::move(check.findings));
  if (tests.empty()) {
    return complain(Error(ErrorCode::invalid_request,
                          "there is no test in " + options.folder +
                              ": put tests/NAME.json there, such as {\"workflow\": \"NAME\", "
                              "\"request\": {\"body\": {}}, \"expect\": {\"status\": "
                              "\"SUCCEEDED\"}}"),
                    options.format());
  }
  const auto functions = make_engine();
  if (!functions) return complain(functions.error(), options.format());
  ProjectTester tester(*folder, **functions);
  return run_all(options, tests, tester, std::move(faulty));
}

}  // namespace

void add_test_command(CLI::App& app, int& exit_code, MakeFunctionEngine make_engine) {
  auto options = std::make_shared<TestOptions>();
  auto* command = app.add_subcommand(
      "test", "Run the tests of a project folder, without a server and without a network.");
  command->add_option("folder", options->folder, "project folder with tests/*.json")->required();
  command->add_flag("--json", options->json, "print one JSON object");
  command->callback([options, make_engine = std::move(make_engine), &exit_code] {
    exit_code = test(*options, make_engine);
  });
}

}  // namespace millrace
