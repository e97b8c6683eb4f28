#include "actors/test_runs/test_runs.h"

#include "actors/gateway/actor_gateway.h"
#include "actors/gateway/task_history.h"
#include "actors/test_runs/borrowed_calls.h"
#include "runtime/definitions/compile_workflow.h"
#include "runtime/definitions/frozen_integrations.h"
#include "runtime/history/shorten.h"
#include "runtime/reading/findings.h"
#include "runtime/steps/step_catalog.h"
#include "runtime/text/nearest_name.h"
#include "runtime/triggers/trigger_catalog.h"
#include "runtime/workflows/named_steps.h"
#include "storage/keys.h"
#include "storage/memory/memory_store.h"

#include <atomic>
#include <map>
#include <set>

namespace millrace {
namespace {

/// Versions of test runs are far from those of live ones: a function's context is known by workflow and
/// version, and a draft must never meet the context of a deployed version.
constexpr WorkflowVersion first_version = 1'000'000'000;

/// What a draft is tested with need not be ready for live runs.
class LenientTenant final : public TenantView {
 public:
  explicit LenientTenant(SharedTenant tenant) : tenant_(std::move(tenant)) {}

  std::uint64_t version() const override { return tenant_->version(); }
  ProjectLimits limits() const override { return tenant_->limits(); }
  Result<RunGrant> grant(const Workflow& workflow, const std::string& credential) const override {
    auto granted = tenant_->grant(workflow, credential);
    if (granted) return granted;
    RunGrant lenient;
    lenient.credential = credential;
    return lenient;
  }
  std::vector<std::string> enabled_on(const Workflow& workflow) const override {
    return tenant_->enabled_on(workflow);
  }
  JsonObject user_meta() const override { return tenant_->user_meta(); }
  Result<std::string> secret(const std::string& name) const override {
    return tenant_->secret(name);
  }
  std::vector<std::string> former_secrets(const std::string& name) const override {
    return tenant_->former_secrets(name);
  }
  Result<SharedCredential> credential(std::string_view integration,
                                      const std::string& credential) const override {
    return tenant_->credential(integration, credential);
  }

 private:
  const SharedTenant tenant_;
};

class LenientTenants final : public Tenants {
 public:
  explicit LenientTenants(const Tenants& tenants) : tenants_(tenants) {}

  Result<SharedTenant> view(const ProjectId& project, const UserId& user) const override {
    auto view = tenants_.view(project, user);
    if (!view) return view;
    return SharedTenant(std::make_shared<const LenientTenant>(std::move(*view)));
  }

 private:
  const Tenants& tenants_;
};

std::vector<Epoch> claim(storage::OrderedStore& store) {
  auto epochs = store.claim(ShardSet::all().ids());
  CHECK(epochs.ok(), "a memory store gave no epochs");
  return std::move(*epochs);
}

Result<const Step*> drafted_step(const Workflow& workflow, const std::string& id) {
  if (const Step* const step = step_named(workflow, id)) return step;
  return Error(ErrorCode::not_found,
               "the draft has no step \"" + id + '"' + did_you_mean(nearest_step(workflow, id)));
}

/// The step whose output a reference of `reader` needs; null if it needs none.
const Step* step_needed(const Workflow& workflow, const Step& reader, const Reference& reference) {
  switch (reference.root) {
    case Reference::Root::step:
      return workflow.by_index[reference.step];
    case Reference::Root::instance:
    case Reference::Root::index:
      return workflow.by_index[reader.fan_outs.back()];
    default:
      return nullptr;
  }
}

/// What stands for the steps before a step that is tested alone: of steps that there are, and of each that
/// the step refers to.
Outcome check_outputs(const Workflow& workflow, const Step& step, const JsonObject& outputs) {
  std::vector<ErrorDetail> findings;
  for (const auto& member : outputs) {
    const std::string id(member.key());
    if (step_named(workflow, id) != nullptr) continue;
    findings.push_back(finding_at("", "/outputs/" + pointer_token(id), "the draft has no such step",
                                  "a step of the draft", id, nearest_step(workflow, id)));
  }
  std::set<std::string> missing;
  Step reader = step;  // visiting may write; templates are shared
  for (Template* const text : kind_of(reader).templates(reader)) {
    text->visit_references([&](const Reference& reference, const std::string&) {
      const Step* const needed = step_needed(workflow, step, reference);
      if (needed == nullptr || outputs.contains(needed->id.text)) return;
      if (!missing.insert(needed->id.text).second) return;
      findings.push_back(finding_at(
          step.id.text, "/outputs/" + pointer_token(needed->id.text),
          "the step refers to `" + needed->id.text + "`: give its output, as a test has shown it",
          "an output", "nothing"));
    });
  }
  if (findings.empty()) return Done{};
  return Error(ErrorCode::invalid_request, "the step cannot be tested with these outputs",
               std::move(findings));
}

}  // namespace

class TestRuns::Node {
 public:
  Node(Dependencies dependencies, TestRunsOptions options)
      : clock_(dependencies.clock),
        options_(options),
        integrations_(dependencies.integrations),
        tenants_(dependencies.tenants),
        functions_(dependencies.functions),
        http_(dependencies.http),
        ownership_(ShardSet::all().ids(), claim(store_)),
        commits_(store_, {}),
        workflows_(store_, commits_, ownership_, clock_, dependencies.random, functions_,
                   integrations_),
        history_(store_, workflows_, sealer_),
        gateway_(make_actor_gateway({store_, commits_, ownership_, clock_, dependencies.random,
                                     functions_, http_, tenants_, workflows_, sealer_,
                                     dependencies.log, ActorOptions{}})) {}

  Result<TestReport> run(const TestRequest& request) {
    const Place place(*this, request.project);
    if (!place.is_free()) {
      return Error(ErrorCode::overloaded, "too many test runs are going on: try again in a moment");
    }
    return run_version(request, first_version + next_++ % first_version);
  }

 private:
  /// One of the places for test runs, while it is held.
  class Place {
   public:
    Place(Node& node, ProjectId project) : node_(node), project_(std::move(project)) {
      const std::lock_guard lock(node_.mutex_);
      const auto known = node_.running_.find(project_);
      const std::size_t of_project = known == node_.running_.end() ? 0 : known->second;
      is_free_ = node_.running_in_all_ < node_.options_.runs_max &&
                 of_project < node_.options_.runs_per_project_max;
      if (!is_free_) return;
      ++node_.running_in_all_;
      ++node_.running_[project_];
    }
    ~Place() {
      if (!is_free_) return;
      const std::lock_guard lock(node_.mutex_);
      --node_.running_in_all_;
      if (--node_.running_[project_] == 0) node_.running_.erase(project_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    bool is_free() const { return is_free_; }

   private:
    Node& node_;
    const ProjectId project_;
    bool is_free_ = false;
  };

  Result<TestReport> run_version(const TestRequest& request, WorkflowVersion version) {
    auto workflow = compile(request, version);
    if (!workflow) return workflow.error();
    auto trigger = received(request, (*workflow)->trigger);
    if (!trigger) {
      erase(request, version, trigger.error());
      return trigger.error();
    }
    TestOrder order{{request.project, request.user, request.workflow, std::move(*trigger),
                     request.files, request.credential},
                    version,
                    std::nullopt,
                    request.outputs};
    if (!request.step.empty()) {
      auto step = drafted_step(**workflow, request.step);
      if (!step) {
        erase(request, version, step.error());
        return step.error();
      }
      auto given = check_outputs(**workflow, **step, request.outputs);
      if (!given) {
        erase(request, version, given.error());
        return given.error();
      }
      order.only_step = (*step)->index;
    }
    auto started = gateway_->run_test(std::move(order), options_.time_max);
    Result<TestReport> report =
        started ? report_of(request, *started) : Result<TestReport>(started.error());
    erase(request, version, started);
    return report;
  }

  /// What the trigger makes of what was given for it.
  Result<Json> received(const TestRequest& request, const Trigger& trigger) const {
    if (!request.is_trigger_given) return request.trigger;
    const auto tenant = tenants_.view(request.project, request.user);
    if (!tenant) return tenant.error();
    return kind_of(trigger).receive(
        trigger, request.trigger, [&](const std::string& name) { return (*tenant)->secret(name); });
  }

  Result<std::shared_ptr<const Workflow>> compile(const TestRequest& request,
                                                  WorkflowVersion version) {
    const auto catalog = integrations_(request.project);
    if (!catalog) return catalog.error();
    auto compiled =
        compile_workflow(request.definition, {request.project, request.workflow, version},
                         catalog->get(), &functions_);
    if (!compiled) return compiled.error();
    storage::WorkflowVersionRow row{version, to_text(request.definition), clock_.now()};
    row.integrations = to_text(freeze_integrations(**compiled, **catalog));
    storage::WriteBatch batch;
    storage::ProjectTable::put_version(batch, request.project, request.workflow, row);
    if (auto stored = commit(request, std::move(batch)); !stored) return stored.error();
    return workflows_.version(request.project, request.workflow, version);
  }

  Outcome commit(const TestRequest& request, storage::WriteBatch batch) {
    batch.require(ownership_.fence_or_refusal(shard_of(request.project)));
    return commits_.commit_and_wait(std::move(batch));
  }

  Result<TestReport> report_of(const TestRequest& request, const TestEnd& end) const {
    if (!end.has_ended) {
      return Error(ErrorCode::step_timeout, "the test run was stopped after " +
                                                std::to_string(options_.time_max.count() / 1'000) +
                                                " seconds");
    }
    TestReport report;
    report.execution = end.execution;
    report.error = end.error;
    report.failed_step = end.failed_step;
    report.status = end.error ? ExecutionStatus::failed : ExecutionStatus::succeeded;
    auto details = history_.details(request.project, end.execution, request.items_shown_max);
    if (!details) return details.error();
    report.steps = std::move(*details);
    for (StepDetail& step : report.steps) {
      const bool input = shorten_arrays(step.input, request.items_shown_max);
      const bool output = shorten_arrays(step.output, request.items_shown_max);
      step.is_shortened = input || output;
    }
    return report;
  }

  void erase(const TestRequest& request, WorkflowVersion version, const Result<TestEnd>& end) {
    storage::WriteBatch batch;
    batch.remove(storage::keys::workflow_version(request.project, request.workflow, version));
    ignore_result(commit(request, std::move(batch)), "it is lost with the process anyway");
    if (!end) return;
    auto summary = storage::ExecutionTable(store_).summary(end->execution);
    if (!summary || !*summary) return;
    storage::WriteBatch rows;
    rows.require(ownership_.fence_or_refusal(end->execution.shard()));
    storage::ExecutionTable::erase(rows, **summary);
    ignore_result(commits_.commit_and_wait(std::move(rows)), "it is lost with the process anyway");
  }

  Clock& clock_;
  const TestRunsOptions options_;
  const WorkflowLibrary::Integrations integrations_;
  const LenientTenants tenants_;
  BorrowedFunctions functions_;
  BorrowedHttpCaller http_;
  storage::MemoryStore store_;
  const storage::Sealer sealer_{storage::SealingKey::make()};
  ShardOwnership ownership_;
  storage::GroupCommit commits_;
  WorkflowLibrary workflows_;
  TaskHistory history_;
  std::unique_ptr<ActorGateway> gateway_;
  std::atomic<WorkflowVersion> next_{0};
  std::mutex mutex_;  // guards what follows
  std::size_t running_in_all_ = 0;
  std::map<ProjectId, std::size_t> running_;
};

TestRuns::TestRuns(Dependencies dependencies, TestRunsOptions options)
    : dependencies_(std::move(dependencies)), options_(options) {}

TestRuns::~TestRuns() = default;

TestRuns::Node& TestRuns::node() {
  std::call_once(is_made_, [this] { node_ = std::make_unique<Node>(dependencies_, options_); });
  return *node_;
}

Result<TestReport> TestRuns::run(const TestRequest& request) {
  auto report = node().run(request);
  if (report) outputs_.note(request.project, request.workflow, report->steps);
  return report;
}

}  // namespace millrace
