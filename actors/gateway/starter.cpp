#include "actors/gateway/starter.h"

#include "runtime/admission/admission_rules.h"
#include "runtime/base/check.h"
#include "runtime/triggers/object_mapping.h"

#include <utility>

namespace millrace {
namespace {

ExecutionStarted started_of(RunStart& start, RunGrant grant) {
  const Workflow& workflow = *start.workflow;
  ExecutionStarted started;
  started.project = workflow.project;
  started.user = start.user;
  started.workflow = workflow.id;
  started.version = workflow.version;
  auto* const replay = std::get_if<FromReplay>(&start.origin);
  auto* const waiting = std::get_if<FromWaiting>(&start.origin);
  const bool is_mapped = waiting != nullptr ||
                         (replay != nullptr && replay->mapping == FromReplay::Mapping::as_it_was);
  if (!is_mapped) {
    start.output = with_mapped_object(workflow.trigger, std::move(start.output), grant.settings);
  }
  const bool is_test = std::holds_alternative<FromTest>(start.origin);
  // What is tried out is one trigger; the steps see a batch.
  if (is_test && workflow.admission.batch) {
    start.output = batch_output(JsonArray{std::move(start.output)});
  }
  started.trigger = share(std::move(start.output));
  started.settings = share(std::move(grant.settings));
  started.user_meta = share(std::move(grant.user_meta));
  started.credential = std::move(grant.credential);
  started.trace = start.trace;
  if (replay != nullptr) started.replay = std::move(replay->start);
  if (waiting != nullptr) started.admission = waiting->admitted;
  if (auto* const test = std::get_if<FromTest>(&start.origin)) {
    started.is_test = true;
    started.only_step = test->only_step;
    started.given_outputs = share(std::move(test->given_outputs));
  }
  return started;
}

}  // namespace

Starter::Starter(const Tenants& tenants, const storage::GroupCommit& commits, const Clock& clock,
                 Random& random, HandOver hand_over, StorageRoom* room)
    : tenants_(tenants),
      commits_(commits),
      clock_(clock),
      random_(random),
      hand_over_(std::move(hand_over)),
      room_(room) {
  CHECK(hand_over_ != nullptr, "nobody takes the runs that are started");
}

Result<std::shared_ptr<RunOrder>> Starter::prepare(RunStart start) const {
  CHECK(start.workflow != nullptr, "a run needs its workflow");
  auto tenant = tenants_.view(start.workflow->project, start.user);
  if (!tenant) return tenant.error();
  return prepare(std::move(start), std::move(*tenant));
}

Result<std::shared_ptr<RunOrder>> Starter::prepare(RunStart start, SharedTenant tenant) const {
  CHECK(start.workflow != nullptr && tenant != nullptr, "a run needs its workflow and its tenant");
  const Workflow& workflow = *start.workflow;
  if (std::holds_alternative<FromTrigger>(start.origin)) {
    const TriggerKind& kind = kind_of(workflow.trigger);
    CHECK(start.kind != nullptr, "nobody knows what came in");
    if (start.kind != &kind) {
      return Error(ErrorCode::invalid_request, "the workflow is started by " +
                                                   std::string(kind.started_by) + ", not by " +
                                                   std::string(start.kind->started_by));
    }
    auto received = kind.receive(workflow.trigger, std::move(start.output),
                                 [&](const std::string& name) { return tenant->secret(name); });
    if (!received) return received.error();
    start.output = std::move(*received);
  }
  if (commits_.is_full()) {
    return Error(ErrorCode::overloaded, "the journal's queue is full: try again in a moment");
  }
  // A test stores nothing for good, and what has waited was accepted when it came.
  const bool is_new = !std::holds_alternative<FromTest>(start.origin) &&
                      !std::holds_alternative<FromWaiting>(start.origin);
  if (room_ != nullptr && is_new) {
    if (auto free = room_->check(workflow.project, tenant->limits()); !free) return free.error();
  }
  // What changes from here on is met by the run itself.
  auto rules = std::make_shared<RunRules>(tenant, RunRules::Begin::granted);
  auto grant = tenant->grant(workflow, start.credential);
  if (!grant) return grant.error();

  auto order = std::make_shared<RunOrder>();
  order->submitted = clock_.now();
  order->execution =
      ExecutionId::make(shard_of(workflow.project, start.user), order->submitted, random_);
  order->started = started_of(start, std::move(*grant));
  order->tenant = std::move(tenant);
  order->rules = std::move(rules);
  order->files = std::move(start.files);
  // Without a Response step there is no response to wait for.
  const bool is_in_vain = start.reply_at == ReplyAt::response && !workflow.has_response;
  order->reply_at = is_in_vain ? ReplyAt::durable : start.reply_at;
  order->reply = std::make_shared<ReplySlot>();
  order->workflow = std::move(start.workflow);
  return order;
}

void Starter::hand_over(std::shared_ptr<const RunOrder> order) const {
  hand_over_(std::move(order));
}

Result<std::shared_ptr<const RunOrder>> Starter::start(RunStart start) const {
  auto order = prepare(std::move(start));
  if (!order) return order.error();
  hand_over(*order);
  return std::shared_ptr<const RunOrder>(std::move(*order));
}

}  // namespace millrace
