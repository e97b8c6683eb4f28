#include "actors/gateway/replay_starter.h"

#include "actors/gateway/replay_limits.h"
#include "actors/runs/stored_files.h"
#include "runtime/reading/findings.h"
#include "runtime/text/nearest_name.h"
#include "runtime/triggers/object_mapping.h"
#include "runtime/triggers/trigger_catalog.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

ReplayedRun told(const RunOrder& order) {
  return {order.execution, order.started.user, order.started.workflow, order.started.version,
          order.submitted};
}

/// As it was before a mapping added to it.
Json unmapped(Json output) {
  if (auto* const object = output.if_object()) {
    object->erase(original_payload_key);
    object->erase(mapped_object_key);
  }
  return output;
}

/// Is it what the trigger gives? Its conditions (of a request, say) are not asked again.
Outcome check_input(const Trigger& trigger, const Json& input) {
  std::vector<ErrorDetail> findings;
  std::vector<std::string> keys;
  for (const TriggerOutput& each : kind_of(trigger).outputs(trigger)) keys.push_back(each.key);
  const auto* const object = input.if_object();
  if (object == nullptr) {
    findings.push_back(finding_at({}, "/input", "the trigger's output is an object", "an object"));
  } else {
    for (const auto& member : *object) {
      const std::string key(member.key());
      const bool is_known = keys.empty() || std::find(keys.begin(), keys.end(), key) != keys.end();
      if (is_known) continue;
      findings.push_back(
          finding_at({}, "/input/" + pointer_token(key), "the trigger's output has no such member",
                     "what `{{trigger}}` is in the run's history", key, nearest_name(key, keys)));
    }
    if (std::holds_alternative<RequestTrigger>(trigger) && !object->contains("request")) {
      findings.push_back(finding_at({}, "/input", "the trigger gives the request that came in",
                                    "{\"request\": {\"body\": …}}"));
    }
  }
  if (findings.empty()) return Done{};
  return Error(ErrorCode::invalid_request, "this is no output of the workflow's trigger",
               std::move(findings));
}

/// Findings of both, when both are refused for what they say.
Error both(Error one, const Outcome& other) {
  if (other || other.error().code != ErrorCode::invalid_request) return one;
  one.details.insert(one.details.end(), other.error().details.begin(), other.error().details.end());
  return one;
}

/// Copies the original's files that values of the new run name.
class FileCopy {
 public:
  FileCopy(const StoredFiles& stored, RunFiles& files) : stored_(stored), files_(files) {}

  /// A value that the original had: what leads nowhere is text that looks like a handle.
  Outcome of_original(const Json& value) {
    for (const FileHandle& file : file_handles_of(value)) {
      if (const auto found = copy(file); !found) return found.error();
    }
    return Done{};
  }
  /// A value that was given, at this JSON pointer: whoever gives it cannot mean another run's file, or none.
  Outcome of_given(const Json& value, const std::string& at) {
    if (unknown_.size() >= limits::replay_unknown_files_told_max) return Done{};
    if (const auto* const text = value.if_string()) return of_given_text(*text, at);
    if (const auto* const array = value.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        auto copied = of_given((*array)[i], at + '/' + std::to_string(i));
        if (!copied) return copied;
      }
    } else if (const auto* const object = value.if_object()) {
      for (const auto& member : *object) {
        auto copied = of_given(member.value(), at + '/' + pointer_token(member.key()));
        if (!copied) return copied;
      }
    }
    return Done{};
  }
  /// The first ones.
  std::vector<ErrorDetail> take_unknown() { return std::move(unknown_); }

 private:
  Outcome of_given_text(std::string_view text, const std::string& at) {
    for (const FileHandle& file : find_file_handles(text)) {
      const auto found = copy(file);
      if (!found) return found.error();
      if (*found) continue;
      unknown_.push_back(finding_at({}, at, "the run that is replayed has no such file",
                                    "a file object with its bytes in hex as `data`, or a handle "
                                    "from that run's history",
                                    to_text(file)));
      break;  // one for each text
    }
    return Done{};
  }

  /// False: the original has no such file.
  Result<bool> copy(const FileHandle& file) {
    if (files_.find(file) != nullptr) return true;
    auto content = stored_.get(file);
    if (!content) return content.error();
    if (*content == nullptr) return false;
    bytes_ += file.size;
    if (bytes_ > limits::replay_files_bytes_max) {
      return Error(ErrorCode::limit_exceeded,
                   "the run's files are more than " +
                       std::to_string(limits::replay_files_bytes_max >> 20) +
                       " MiB together, and would be copied");
    }
    files_.add(file, std::move(*content));
    return true;
  }

  const StoredFiles& stored_;
  RunFiles& files_;
  std::uint64_t bytes_ = 0;
  std::vector<ErrorDetail> unknown_;
};

std::uint64_t bytes_of(const std::vector<KeptOutput>& kept) {
  std::uint64_t bytes = 0;
  for (const KeptOutput& each : kept) bytes += to_text(*each.output).size();
  return bytes;
}

}  // namespace

Result<ReplayedRun> ReplayStarter::replay(ReplayRequest request,
                                          const std::optional<Idempotency>& idempotency) {
  // Whose shard it is, is asked before anything is read for the commit.
  auto batch = uses_.commits.begin(request.original.shard());
  if (!batch) return batch.error();
  if (!idempotency) {
    auto order = prepare(std::move(request));
    if (!order) return order.error();
    if (auto stored = uses_.joint.start({*order}, std::move(*batch)); !stored) {
      return stored.error();
    }
    return told(**order);
  }
  const auto original = executions_.summary(request.original);
  if (!original) return original.error();
  if (!*original || (*original)->project != request.project) {
    return Error(ErrorCode::not_found, "no execution " + request.original.text());
  }
  const auto key = Received::key_of(request.project, (*original)->user, replay_log_type,
                                    request.original.text(), idempotency->key);
  const Received::Hold held(uses_.received, {key});
  const auto known = uses_.received.find(key);
  if (!known) return known.error();
  if (*known && (*known)->content != idempotency->content) return another_content();
  if (*known) {
    const auto earlier = executions_.summary((*known)->executions.front());
    if (!earlier) return earlier.error();
    if (!*earlier) return Error(ErrorCode::not_found, "the run that the key has started is gone");
    return ReplayedRun{(*earlier)->id,      (*earlier)->user,    (*earlier)->workflow,
                       (*earlier)->version, (*earlier)->started, true};
  }
  auto order = prepare(std::move(request));
  if (!order) return order.error();
  // Its first rows and the key are one commit: a crash leaves both or neither.
  uses_.received.put(*batch, key, {(*order)->execution}, idempotency->content);
  if (auto stored = uses_.joint.start({*order}, std::move(*batch)); !stored) return stored.error();
  return told(**order);
}

Result<std::shared_ptr<RunOrder>> ReplayStarter::prepare(ReplayRequest request) const {
  const auto depth =
      request.how.from_step.empty() ? OriginalRuns::Depth::beginning : OriginalRuns::Depth::outputs;
  const auto original = originals_.read(request.project, request.original, depth);
  if (!original) return original.error();
  const auto trace = request.trace;
  auto order = order_of(std::move(request), *original);
  if (!order && is_unmet_condition(order.error().code)) {
    note(original->summary, trace, order.error());
  }
  return order;
}

Result<std::shared_ptr<RunOrder>> ReplayStarter::order_of(ReplayRequest request,
                                                          const OriginalRun& original) const {
  if (original.started.is_test) {
    return Error(ErrorCode::invalid_request, "a test run is not replayed: test it again");
  }
  if (request.how.from_step.empty() && !request.outputs.empty()) {
    return Error(ErrorCode::invalid_request,
                 "`outputs` stand for steps that are not run again: say from which step, with "
                 "`fromStep`");
  }
  auto workflow = workflow_of(request.how, original);
  if (!workflow) return workflow.error();
  const Outcome input = request.input ? check_input((*workflow)->trigger, *request.input) : Done{};

  FromReplay origin;
  origin.start.of = original.summary.id;
  if (!request.how.from_step.empty()) {
    auto kept = keep_before(
        {workflow->get(), request.how.from_step, original.outputs, std::move(request.outputs)});
    if (!kept) return both(kept.error(), input);
    kept->of = original.summary.id;
    origin.start = std::move(*kept);
    if (bytes_of(origin.start.kept) > limits::replay_kept_bytes_max) {
      return Error(ErrorCode::limit_exceeded,
                   "the outputs before step \"" + request.how.from_step.text + "\" are more than " +
                       std::to_string(limits::replay_kept_bytes_max >> 20) +
                       " MiB: replay the run from its beginning");
    }
  }
  if (!input) return input.error();
  const auto is_input_given = request.input ? IsInputGiven::yes : IsInputGiven::no;
  const bool is_new_to_workflow =
      request.input.has_value() || (*workflow)->version != original.workflow->version;
  Json output = request.input ? std::move(*request.input) : *original.started.trigger;
  if (is_new_to_workflow) {
    origin.mapping = FromReplay::Mapping::anew;
    output = unmapped(std::move(output));
  }
  const bool is_same_account = (*workflow)->integration == original.workflow->integration;
  RunStart start{.workflow = std::move(*workflow),
                 .user = original.summary.user,
                 .output = std::move(output),
                 .origin = std::move(origin),
                 .files = std::move(request.files),
                 .credential = is_same_account ? original.started.credential : std::string(),
                 .trace = request.trace};
  if (auto added = add_files(start, original, is_input_given); !added) return added.error();
  auto order = uses_.starter.prepare(std::move(start));
  if (order && original.secrets->knows_any()) {
    (*order)->secrets = std::make_shared<RunSecrets>(uses_.sealer, (*order)->execution);
    (*order)->secrets->learn(*original.secrets->known());
  }
  return order;
}

Result<std::shared_ptr<const Workflow>> ReplayStarter::workflow_of(
    const ReplayChoice& how, const OriginalRun& original) const {
  const ExecutionSummary& run = original.summary;
  auto live = uses_.workflows.deployed(run.project, run.workflow);
  if (!live && live.error().code == ErrorCode::not_found) {
    return Error(ErrorCode::workflow_not_deployed,
                 "the workflow \"" + run.workflow.text + "\" has been removed");
  }
  if (!live) return live.error();
  if (how.which == ReplayChoice::Version::own) return original.workflow;
  auto chosen = how.which == ReplayChoice::Version::deployed
                    ? std::move(live)
                    : uses_.workflows.version(run.project, run.workflow, how.version);
  if (!chosen && chosen.error().code == ErrorCode::not_found) {
    return Error(ErrorCode::invalid_request, "the workflow has no version " +
                                                 std::to_string(how.version) +
                                                 ": `GET …/versions` lists those that it has");
  }
  if (!chosen) return chosen.error();
  const TriggerKind& then = kind_of(original.workflow->trigger);
  const TriggerKind& now = kind_of((*chosen)->trigger);
  if (&then != &now) {
    return Error(ErrorCode::invalid_request,
                 "version " + std::to_string((*chosen)->version) + " is started by " +
                     std::string(now.started_by) + ", and the run was by " +
                     std::string(then.started_by) + ": what came in then does not fit");
  }
  return chosen;
}

Outcome ReplayStarter::add_files(RunStart& start, const OriginalRun& original,
                                 IsInputGiven is_input_given) const {
  const StoredFiles stored(uses_.store, original.summary.id, original.secrets);
  FileCopy copy(stored, start.files);
  auto copied = is_input_given == IsInputGiven::yes ? copy.of_given(start.output, "/input")
                                                    : copy.of_original(start.output);
  if (!copied) return copied;
  for (const KeptOutput& kept : std::get<FromReplay>(start.origin).start.kept) {
    const std::string& step = start.workflow->by_index[kept.step]->id.text;
    copied = kept.is_given ? copy.of_given(*kept.output, "/outputs/" + pointer_token(step))
                           : copy.of_original(*kept.output);
    if (!copied) return copied;
  }
  auto unknown = copy.take_unknown();
  if (unknown.empty()) return Done{};
  return Error(ErrorCode::invalid_file,
               "what is given names files that run " + original.summary.id.text() +
                   " does not have: give them with their bytes",
               std::move(unknown));
}

void ReplayStarter::note(const ExecutionSummary& original, const std::optional<TraceParent>& trace,
                         const Error& why) const {
  if (uses_.log == nullptr) return;
  Error told_of = why;
  told_of.message = "a replay of execution " + original.id.text() + ": " + why.message;
  uses_.log->note({original.project, original.user, original.workflow, std::string(replay_log_type),
                   original.integration, trace_id_text(trace)},
                  told_of);
}

}  // namespace millrace
