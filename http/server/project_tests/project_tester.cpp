#include "http/server/project_tests/project_tester.h"

#include "actors/test_runs/test_runs.h"
#include "http/server/project_tests/test_report.h"
#include "http/server/project_tests/test_tenants.h"
#include "runtime/definitions/compiled_form.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/nearest_name.h"
#include "runtime/triggers/request_trigger.h"

#include <iostream>

namespace millrace {
namespace {

/// A test is about the whole of an output, however long.
constexpr std::size_t all_items = limits::fan_out_items_max;

IntegrationSet catalog_of(const ProjectFolder& folder) {
  IntegrationSet catalog;
  for (const auto& file : folder.integrations) {
    const auto put = catalog.put(file.type, file.definition);
    CHECK(put.ok(), "a folder with findings is tested");
  }
  return catalog;
}

Json trigger_of(const JsonObject& given) {
  JsonObject request{{"headers", JsonObject()}, {"params", JsonObject()}, {"body", JsonObject()}};
  for (const auto& member : given) request[member.key()] = member.value();
  JsonObject headers;
  if (const auto* const written = request["headers"].if_object()) {
    for (const auto& header : *written) {
      headers[lower_case(std::string_view(header.key()))] = header.value();
    }
  }
  request["headers"] = std::move(headers);
  return request_output(std::move(request));
}

}  // namespace

class ProjectTester::Node {
 public:
  Node(const ProjectFolder& folder, FunctionEngine& functions)
      : catalog(std::make_shared<const IntegrationSet>(catalog_of(folder))),
        tenants(*catalog),
        runs({clock, random, functions, peers, tenants,
              [this](const ProjectId&) {
                return std::shared_ptr<const IntegrationCatalog>(catalog);
              },
              [](LogLevel level, const std::string& line) {
                if (level == LogLevel::error) std::cerr << "millrace: " << line << std::endl;
              }},
             {}) {}

  SystemClock clock;
  SystemRandom random;
  const std::shared_ptr<const IntegrationSet> catalog;
  MockedPeers peers;
  TestTenants tenants;
  TestRuns runs;
};

ProjectTester::ProjectTester(const ProjectFolder& folder, FunctionEngine& functions)
    : folder_(folder), node_(std::make_unique<Node>(folder, functions)) {}

ProjectTester::~ProjectTester() = default;

TestVerdict ProjectTester::run(const ProjectTest& test) {
  TestVerdict verdict;
  TestRequest request;
  std::vector<std::string> known;
  const WorkflowFile* found = nullptr;
  for (const WorkflowFile& file : folder_.workflows) {
    known.push_back(file.id.text);
    if (file.id == test.workflow) found = &file;
  }
  if (found == nullptr) {
    const std::string nearest = nearest_name(test.workflow.text, known);
    verdict.error = Error(ErrorCode::not_found,
                          "the folder has no workflow \"" + test.workflow.text + '"' +
                              (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
    return verdict;
  }
  request.definition = found->definition;
  if (is_compiled_form(request.definition)) {
    auto translated = translate_compiled_form(request.definition);
    CHECK(translated.ok(), "a folder with findings is tested");
    request.definition = std::move(*translated);
  }
  request.project = ProjectId(folder_.project_id.empty() ? "test" : folder_.project_id);
  request.user = test.user;
  request.workflow = test.workflow;
  request.items_shown_max = all_items;
  Json trigger = trigger_of(test.request);
  const auto kept = intern_files(
      trigger, [&](std::string bytes) { return request.files.keep(std::move(bytes)); },
      HandlesInData::refused);
  if (!kept) {
    verdict.error = kept.error();
    return verdict;
  }
  request.trigger = std::move(trigger);
  node_->peers.begin(test.mocks);
  node_->tenants.begin(test);
  const auto report = node_->runs.run(request);
  if (!report) {
    verdict.error = report.error();
    return verdict;
  }
  if (report->error) {
    verdict.why_run_failed = "step " + report->failed_step.text + ": " + report->error->message;
  }
  verdict.differences = differences(test.expect, outcome_of(*report, node_->peers.sent()), "");
  return verdict;
}

}  // namespace millrace
