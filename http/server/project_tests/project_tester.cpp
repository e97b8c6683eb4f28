#include "http/server/project_tests/project_tester.h"

#include "actors/test_runs/test_runs.h"
#include "http/api/test_input.h"
#include "http/server/project_tests/test_report.h"
#include "http/server/project_tests/test_tenants.h"
#include "runtime/definitions/compile_workflow.h"
#include "runtime/definitions/compiled_form.h"
#include "runtime/oauth/oauth_client.h"
#include "runtime/text/nearest_name.h"
#include "runtime/triggers/trigger_catalog.h"
#include "runtime/workflows/named_steps.h"

#include <iostream>

namespace millrace {
namespace {

std::string started_by(const FoundBy& found) {
  const TriggerKind* const kind = find_trigger_kind(found.trigger_kind);
  return std::string(kind == nullptr ? request_trigger_kind.started_by : kind->started_by);
}

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

/// Mocks are for steps that there are.
Outcome check_mocks(const ProjectTest& test, const Json& definition,
                    const IntegrationCatalog& catalog) {
  const auto workflow =
      compile_workflow(definition, {ProjectId("test"), test.workflow, 0}, &catalog);
  if (!workflow) return workflow.error();
  for (const auto& [step, answers] : test.mocks) {
    if (step_named(**workflow, step) != nullptr) continue;
    return Error(ErrorCode::invalid_request, "\"mocks\" has answers for the step \"" + step +
                                                 "\", which the workflow lacks" +
                                                 did_you_mean(nearest_step(**workflow, step)));
  }
  return Done{};
}

/// A step that has sent nothing has sent an empty list.
JsonObject with_silent_steps(JsonObject sent, const ProjectTest& test) {
  const Json* const expected = test.expect.if_contains("requests");
  if (expected == nullptr || !expected->is_object()) return sent;
  for (const auto& member : expected->get_object()) sent.emplace(member.key(), JsonArray());
  return sent;
}

/// "step ID: message", of each, also of those that the run went on after.
std::vector<std::string> failed_steps_of(const TestReport& report) {
  std::vector<std::string> failed;
  for (const StepDetail& detail : report.steps) {
    if (detail.step.status != "FAILED" || detail.step.attempts.empty()) continue;
    const auto& error = detail.step.attempts.back().error;
    if (error) failed.push_back("step " + detail.step.id + ": " + error->message);
  }
  if (failed.empty() && report.error) {
    failed.push_back("step " + report.failed_step.text + ": " + report.error->message);
  }
  return failed;
}

/// What starts the workflow is what the test gives it.
Outcome check_given(const ProjectTest& test, const FoundBy& found) {
  const TestedWith with = tested_with(found.trigger_kind);
  const bool is_right =
      with == TestedWith::nothing
          ? test.request.empty() || found.trigger_kind == scheduler_trigger_kind.type
          : test.payload.has_value() == (with != TestedWith::request) ||
                (test.payload.has_value() && may_have_payload(found.trigger_kind));
  if (is_right) return Done{};
  if (with == TestedWith::payload) {
    return Error(ErrorCode::invalid_request,
                 "the workflow is started by an app event: give the test its \"payload\"");
  }
  if (with == TestedWith::record) {
    return Error(ErrorCode::invalid_request,
                 "the workflow is started by records that its poll finds: give the test one as its "
                 "\"payload\"");
  }
  const std::string by = "the workflow is started by " + started_by(found);
  return Error(ErrorCode::invalid_request,
               with == TestedWith::request
                   ? by + ": give the test a \"request\", whose body is one event"
                   : by + ": leave out the \"request\"; a \"payload\" stands for its output");
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

Json ProjectTester::own_output(const ProjectTest& test, const Json& definition,
                               const FoundBy& found) const {
  if (found.trigger_kind == scheduler_trigger_kind.type) return tick_output(node_->clock.now());
  if (tested_with(found.trigger_kind) == TestedWith::request) {
    return test_request_output(test.request, found.trigger_kind);
  }
  const Json& type = definition.get_object().at("integration");
  const auto integration = node_->catalog->find_integration(std::string(type.get_string()));
  CHECK(integration != nullptr, "a folder with findings is tested");
  Credential account;  // as TestTenants makes it up
  account.id = integration->type;
  const auto& client = integration->auth.oauth;
  return test_account_output(
      account, client == nullptr ? std::vector<std::string>() : client->scopes, found.trigger_kind);
}

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
    verdict.error =
        Error(ErrorCode::not_found, "the folder has no workflow \"" + test.workflow.text + '"' +
                                        did_you_mean(nearest_name(test.workflow.text, known)));
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
  const FoundBy found_by_trigger = found_by(request.definition, Stage::deployed);
  if (auto given = check_given(test, found_by_trigger); !given) {
    verdict.error = given.error();
    return verdict;
  }
  if (auto fit = check_mocks(test, request.definition, *node_->catalog); !fit) {
    verdict.error = fit.error();
    return verdict;
  }
  Json trigger = test.payload ? test_payload_output(*test.payload, found_by_trigger.trigger_kind)
                              : own_output(test, request.definition, found_by_trigger);
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
  verdict.failed_steps = failed_steps_of(*report);
  verdict.differences = differences(
      test.expect, outcome_of(*report, with_silent_steps(node_->peers.sent(), test)), "");
  return verdict;
}

}  // namespace millrace
