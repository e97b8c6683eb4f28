#include "runtime/execution/branch_snapshot.h"

#include "runtime/base/check.h"

namespace millrace {
namespace {

constexpr char snapshot_format = '1';

Json value_of(const SharedJson& shared) { return shared ? *shared : Json(nullptr); }

JsonObject write_pages(const PageProgress& pages) {
  JsonObject out;
  out.emplace("p", pages.pages);
  out.emplace("r", pages.results);
  out.emplace("to", pages.next_token);
  if (pages.earlier_token != pages.next_token) out.emplace("te", pages.earlier_token);
  out.emplace("y", pages.bytes);
  if (pages.items != pages.results.size()) out.emplace("it", pages.items);
  return out;
}

PageProgress read_pages(const JsonObject& in) {
  PageProgress pages;
  pages.pages = in.at("p").to_number<std::uint32_t>();
  pages.results = in.at("r").as_array();
  pages.next_token = in.at("to");
  const Json* const earlier = in.if_contains("te");
  pages.earlier_token = earlier == nullptr ? pages.next_token : *earlier;
  pages.bytes = in.at("y").to_number<std::uint64_t>();
  const Json* const items = in.if_contains("it");
  pages.items = items == nullptr ? pages.results.size() : items->to_number<std::uint64_t>();
  return pages;
}

JsonArray write_left_steps(const std::vector<LeftStep>& steps) {
  JsonArray out;
  for (const LeftStep& each : steps) {
    out.push_back(JsonArray{each.id, each.type, each.is_request,
                            each.now == no_step ? Json(nullptr) : Json(each.now)});
  }
  return out;
}

std::vector<LeftStep> read_left_steps(const JsonArray& in) {
  std::vector<LeftStep> steps;
  for (const Json& each : in) {
    const Json& now = each.at(3);
    steps.push_back({std::string(each.at(0).as_string()), std::string(each.at(1).as_string()),
                     each.at(2).as_bool(), now.is_null() ? no_step : now.to_number<StepIndex>()});
  }
  return steps;
}

JsonObject write_facts(const ExecutionStarted& started) {
  JsonObject out;
  out.emplace("p", started.project.text);
  out.emplace("u", started.user.text);
  out.emplace("w", started.workflow.text);
  out.emplace("v", started.version);
  out.emplace("in", value_of(started.trigger));
  out.emplace("st", value_of(started.settings));
  out.emplace("um", value_of(started.user_meta));
  if (started.is_test) out.emplace("tm", 1);
  if (started.only_step) {
    out.emplace("os", *started.only_step);
    out.emplace("go", value_of(started.given_outputs));
  }
  if (!started.credential.empty()) out.emplace("cr", started.credential);
  if (started.trace) out.emplace("tp", started.trace->text());
  return out;
}

ExecutionStarted read_facts(const JsonObject& in) {
  ExecutionStarted started;
  started.project = ProjectId(std::string(in.at("p").as_string()));
  started.user = UserId(std::string(in.at("u").as_string()));
  started.workflow = WorkflowId(std::string(in.at("w").as_string()));
  started.version = in.at("v").to_number<WorkflowVersion>();
  started.trigger = share(in.at("in"));
  started.settings = share(in.at("st"));
  started.user_meta = share(in.at("um"));
  started.is_test = in.contains("tm");
  if (const Json* step = in.if_contains("os")) {
    started.only_step = step->to_number<StepIndex>();
    started.given_outputs = share(in.at("go"));
  }
  if (const Json* credential = in.if_contains("cr")) started.credential = credential->as_string();
  if (const Json* trace = in.if_contains("tp")) {
    started.trace = TraceParent::parse(trace->as_string());
    CHECK(started.trace.has_value(), "a run was started with a traceparent that is none");
  }
  return started;
}

}  // namespace

/// A damaged snapshot may still be JSON: it is believed only if some journal leads to its state.
void BranchSnapshotCodec::check_restored(const BranchMachine& machine) {
  using Phase = BranchMachine::Phase;
  CHECK(machine.status_ >= ExecutionStatus::executing &&
            machine.status_ <= ExecutionStatus::cancelled,
        "an unknown status");
  CHECK(machine.phase_ >= Phase::ready && machine.phase_ <= Phase::fan_out, "an unknown phase");
  CHECK(machine.attempt_ >= 1, "attempts are counted from 1");
  for (const LeftStep& each : machine.left_steps_) {
    CHECK(each.now == no_step || each.now < machine.workflow_->by_index.size(),
          "a step that was left is none of the version");
  }
  const bool has_pages = machine.pages_.pages > 0;
  if (machine.current_ == no_step) {
    CHECK(!has_pages, "pages of no step");
    CHECK(machine.phase_ == Phase::ready, "a branch past its end cannot wait");
    CHECK(machine.is_root_ || machine.has_ended(), "a child past its last step must have ended");
    return;
  }
  CHECK(machine.scope_->owns(machine.current_), "the branch stands at another branch's step");
  const Step& step = *machine.current_step();
  CHECK(BranchMachine::fits(machine.phase_, step, has_pages),
        "a branch stands at a step at which it cannot");
}

std::string BranchSnapshotCodec::write(const BranchMachine& machine) {
  CHECK(machine.scope_.has_value(), "a run was snapshotted before it started");
  JsonObject out;
  out.emplace("q", machine.events_applied_);
  out.emplace("s", machine.current_);
  out.emplace("ph", static_cast<unsigned>(machine.phase_));
  out.emplace("a", machine.attempt_);
  out.emplace("d", machine.due_.time_since_epoch().count());
  out.emplace("b", machine.step_started_.time_since_epoch().count());
  out.emplace("n", machine.fan_out_count_);
  out.emplace("cr", machine.cancel_requested_);
  out.emplace("z", static_cast<unsigned>(machine.status_));
  out.emplace("k", machine.tasks_);
  if (machine.failure_) {
    out.emplace("f", JsonObject{{"s", machine.failure_->step},
                                {"e", static_cast<unsigned>(machine.failure_->error.code)},
                                {"m", machine.failure_->error.message}});
  }
  if (machine.is_root_) out.emplace("x", write_facts(machine.scope_->facts()->started));
  if (machine.steps_before_ > 0) {  // it is not on the version that it began with
    out.emplace("vn", machine.workflow_->version);
    out.emplace("sb", machine.steps_before_);
  }
  if (!machine.left_steps_.empty()) out.emplace("ls", write_left_steps(machine.left_steps_));
  if (machine.phase_ == BranchMachine::Phase::fan_out &&
      machine.fan_out_number_ != machine.steps_before_ + machine.current_) {
    out.emplace("fn", machine.fan_out_number_);
  }
  if (machine.pages_.pages > 0) out.emplace("pg", write_pages(machine.pages_));
  if (machine.pauses_ > 0) out.emplace("pz", machine.pauses_);
  JsonArray outputs;
  for (StepIndex i = 0; i < machine.scope_->outputs().size(); ++i) {
    const auto& output = machine.scope_->outputs()[i];
    if (output) outputs.push_back(JsonArray{machine.scope_->first_step() + i, *output});
  }
  out.emplace("o", std::move(outputs));
  return snapshot_format + to_text(out);
}

Outcome BranchSnapshotCodec::restore(BranchMachine& machine, std::string_view state) {
  CHECK(machine.events_applied_ == 0, "a snapshot was restored over a machine that has begun");
  if (state.empty() || state.front() != snapshot_format) {
    return Error(ErrorCode::corrupt_data, "a snapshot has an unknown format");
  }
  auto parsed = parse_json(state.substr(1), limits::stored_depth_max);
  if (!parsed) return Error(ErrorCode::corrupt_data, "a snapshot is " + parsed.error().message);
  try {  // Boost.JSON's checked accessors throw on a missing or mistyped member
    const auto& in = parsed->as_object();
    if (machine.is_root_) {
      const ExecutionStarted started = read_facts(in.at("x").as_object());
      const Json* const moved = in.if_contains("vn");
      const auto version = moved ? moved->to_number<WorkflowVersion>() : started.version;
      CHECK(version == machine.workflow_->version, "it is of another version of the workflow");
      machine.scope_.emplace(std::make_shared<const ExecutionFacts>(*machine.id_, started),
                             *machine.workflow_);
    }
    for (const auto& each : in.at("o").as_array()) {
      machine.scope_->set_output(each.at(0).to_number<StepIndex>(), share(each.at(1)));
    }
    if (const Json* failure = in.if_contains("f")) {
      machine.failure_ =
          BranchFailure{failure->at("s").to_number<StepIndex>(),
                        Error(error_code_from_number(failure->at("e").to_number<std::uint16_t>()),
                              std::string(failure->at("m").as_string()))};
    }
    if (const Json* pages = in.if_contains("pg")) machine.pages_ = read_pages(pages->as_object());
    if (const Json* pauses = in.if_contains("pz")) {
      machine.pauses_ = pauses->to_number<std::uint32_t>();
    }
    machine.current_ = in.at("s").to_number<StepIndex>();
    machine.phase_ = static_cast<BranchMachine::Phase>(in.at("ph").to_number<std::uint8_t>());
    machine.attempt_ = in.at("a").to_number<std::uint32_t>();
    machine.due_ = Instant(Millis(in.at("d").to_number<std::int64_t>()));
    machine.step_started_ = Instant(Millis(in.at("b").to_number<std::int64_t>()));
    machine.fan_out_count_ = in.at("n").to_number<std::uint32_t>();
    if (const Json* before = in.if_contains("sb")) {
      machine.steps_before_ = before->to_number<StepIndex>();
    }
    if (const Json* left = in.if_contains("ls")) {
      machine.left_steps_ = read_left_steps(left->as_array());
    }
    const Json* const number = in.if_contains("fn");
    machine.fan_out_number_ =
        number ? number->to_number<StepIndex>() : machine.steps_before_ + machine.current_;
    machine.cancel_requested_ = in.at("cr").as_bool();
    machine.status_ = static_cast<ExecutionStatus>(in.at("z").to_number<std::uint8_t>());
    machine.tasks_ = in.at("k").to_number<std::uint32_t>();
    machine.events_applied_ = in.at("q").to_number<std::uint64_t>();
    check_restored(machine);
  } catch (const std::exception& problem) {
    return Error(ErrorCode::corrupt_data, std::string("a snapshot is damaged: ") + problem.what());
  }
  return Done{};
}

}  // namespace millrace
