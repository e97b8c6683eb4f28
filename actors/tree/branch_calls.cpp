// The part of a branch that has work done outside: functions and requests.
//
//   effect ──► everything durable? ──► files from the disk? ──► engine or caller ──► outcome ──► event
//              (requests and files)
//
// One call is in flight at a time. Each has a number, so that an outcome that comes late is recognised
// and dropped.

#include "actors/tree/branch_actor.h"
#include "actors/workers/survive.h"
#include "runtime/base/check.h"
#include "runtime/requests/response_value.h"
#include "storage/tables/file_table.h"

namespace millrace {
namespace {

double random_jitter(Random& random) {
  std::uint16_t bits = 0;
  random.fill({reinterpret_cast<std::uint8_t*>(&bits), sizeof bits});
  return static_cast<double>(bits) / 32767.5 - 1.0;
}

Error too_many_file_bytes(std::uint64_t bytes_max) {
  return Error(ErrorCode::limit_exceeded, "the files that go into one step may have at most " +
                                              std::to_string(bytes_max) + " bytes together");
}

}  // namespace

bool BranchActor::carry_out(RunFunction& effect, Instant planned) {
  begin_call(effect.attempt, planned);
  auto files = find_file_handles(effect.parameters);
  in_flight_->work = FunctionCall{std::move(effect.source), std::move(effect.parameters)};
  if (files.empty()) {
    run_function();
    if (in_flight_) flush();
    return false;
  }
  in_flight_->files = std::move(files);
  // What is to be read may be among what has yet to be submitted.
  tell_when_durable_ = in_flight_->number;
  flush(storage::Urgency::urgent);
  return false;
}

bool BranchActor::carry_out(SendRequest& effect, Instant planned) {
  begin_call(effect.attempt, planned);
  in_flight_->files = files_of(effect.request);
  in_flight_->url = effect.request.http.url;
  in_flight_->work = std::move(effect.request);
  // The output gate: nobody outside hears of a run before what led to it is durable. An empty batch
  // will do: it is refused as well when an earlier one of this incarnation was lost.
  tell_when_durable_ = in_flight_->number;
  flush(storage::Urgency::urgent);
  return false;
}

void BranchActor::begin_call(const Attempt& attempt, Instant planned) {
  CHECK(!in_flight_, "a call was begun while another one is in flight");
  in_flight_.emplace();
  in_flight_->number = ++calls_begun_;
  in_flight_->attempt = attempt;
  in_flight_->started = planned;
}

/// The bytes of the call's files come back as FilesRead.
void BranchActor::read_files() {
  const bool is_function = std::holds_alternative<FunctionCall>(in_flight_->work);
  const std::uint64_t bytes_max =
      is_function ? limits::file_in_function_bytes_max : limits::files_sent_bytes_max;
  services_.reader.submit([self = caf::actor(this), &services = services_,
                           files = std::move(in_flight_->files), bytes_max,
                           execution = identity_.execution, number = in_flight_->number] {
    auto read = answer_of([&]() -> Result<RunFiles> {
      RunFiles found;
      const storage::FileTable table(services.store);
      std::uint64_t left = bytes_max + 1;
      for (const FileHandle& file : files) {
        auto bytes = table.get(execution, file);
        if (!bytes) return bytes.error();
        if (*bytes == nullptr) continue;  // text that looks like a handle
        left -= std::min<std::uint64_t>(left, (*bytes)->size());
        if (left == 0) return too_many_file_bytes(bytes_max);
        found.add(file, std::move(*bytes));
      }
      return found;
    });
    caf::anon_send(self, FilesRead{number, std::make_shared<Result<RunFiles>>(std::move(read))});
  });
}

void BranchActor::handle(FilesRead& message) {
  if (!is_in_flight(message.number)) return;
  if (!message.files->ok()) {
    fail_call({message.files->error()});
    advance();
    return;
  }
  const RunFiles& files = **message.files;
  const auto bytes_of = [&](const FileHandle& file) { return files.find(file); };
  if (auto* const call = std::get_if<FunctionCall>(&in_flight_->work)) {
    FileBudget budget(bytes_of, limits::file_in_function_bytes_max);
    call->parameters = expand_file_handles(std::move(call->parameters), std::ref(budget));
    if (budget.is_exceeded()) {
      fail_call({too_many_file_bytes(limits::file_in_function_bytes_max)});
      advance();
      return;
    }
    run_function();
  } else {
    send_request(bytes_of);
  }
}

void BranchActor::handle(const CallIsDurable& message) {
  if (!is_in_flight(message.number)) return;
  if (in_flight_->files.empty()) {
    send_request([](const FileHandle&) { return nullptr; });
  } else {
    read_files();
  }
}

void BranchActor::run_function() {
  const caf::actor self(this);
  services_.functions.run(
      std::move(std::get<FunctionCall>(in_flight_->work)),
      [self, number = in_flight_->number](FunctionOutcome outcome) {
        caf::anon_send(
            self, FunctionFinished{number, std::make_shared<FunctionOutcome>(std::move(outcome))});
      });
}

void BranchActor::send_request(const FileBytes& bytes_of) {
  FileBudget budget(bytes_of, limits::files_sent_bytes_max);
  auto request =
      send_with(std::move(std::get<OutgoingRequest>(in_flight_->work)), std::ref(budget));
  if (budget.is_exceeded()) request = too_many_file_bytes(limits::files_sent_bytes_max);
  if (!request) {
    fail_call({request.error()});
    advance();
    return;
  }
  const caf::actor self(this);
  in_flight_->http_call = services_.http.call(
      std::move(*request), [self, number = in_flight_->number](HttpOutcome outcome) {
        caf::anon_send(self,
                       RequestAnswered{number, std::make_shared<HttpOutcome>(std::move(outcome))});
      });
}

/// What is in flight is of no use any more.
void BranchActor::abandon_call() {
  if (in_flight_ && in_flight_->http_call) services_.http.cancel(*in_flight_->http_call);
  in_flight_.reset();
}

bool BranchActor::is_in_flight(std::uint64_t number) {
  if (in_flight_ && in_flight_->number == number && !machine_.has_ended()) return true;
  ++services_.stats.late_results;
  return false;
}

void BranchActor::handle(FunctionFinished& message) {
  if (!is_in_flight(message.number)) return;
  FunctionOutcome& outcome = *message.outcome;
  Result<Json> value =
      outcome.result.ok() ? parse_json(*outcome.result) : Result<Json>(outcome.result.error());
  if (outcome.result.ok() && !value) {
    // The result was not JSON within our bounds (too deep): the function's fault, not the input's.
    value = Error(ErrorCode::function_output, "the result is " + value.error().message);
  }
  if (value && outcome.result->find("\"FILE\"") != std::string::npos) {
    if (auto kept = keep_files_of(*value); !kept) value = kept.error();
  }
  if (!value) {
    fail_call({value.error(), std::move(outcome.console)});
  } else {
    const InFlight finished = take_call();
    record(BranchMachine::function_completed(finished.attempt, finished.started, std::move(*value),
                                             std::move(outcome.console)));
  }
  advance();
}

void BranchActor::handle(RequestAnswered& message) {
  if (!is_in_flight(message.number)) return;
  if (!message.outcome->ok()) {
    fail_call({message.outcome->error()});
  } else {
    const HttpResponse& response = **message.outcome;
    for (const std::string& token : response.tokens) {
      in_flight_->attempt.redaction.add(token, "[authorization]");
    }
    if (auto body = body_of(response); !body) {
      fail_call({body.error()});
    } else {
      const InFlight finished = take_call();
      record(machine_.request_answered(finished.attempt, finished.started, response,
                                       std::move(*body), now(), random_jitter(services_.random)));
    }
  }
  advance();
}

/// As the workflow sees it; a file's bytes go to the disk with the event.
Result<Json> BranchActor::body_of(const HttpResponse& response) {
  auto body = read_body(response, in_flight_->url);
  if (!body) return body.error();
  if (auto* const value = std::get_if<Json>(&*body)) {
    if (response.body->find("\"FILE\"") != std::string::npos) {
      ignore_result(keep_files_of(*value), "what only looks like a file stays as it is");
    }
    return std::move(*value);
  }
  auto& file = std::get<FileBody>(*body);
  return file_object({std::move(file.name), std::move(file.mime_type), keep_file(*response.body)});
}

Outcome BranchActor::keep_files_of(Json& value) {
  return intern_files(value, [this](std::string bytes) { return keep_file(std::move(bytes)); });
}

/// A file that the call in flight brought. Its bytes leave the value in which secrets are looked for
/// later, so they are taken out here.
FileHandle BranchActor::keep_file(std::string bytes) {
  RunFiles files;
  const FileHandle file = files.keep(in_flight_->attempt.redaction.apply(std::move(bytes)));
  storage::FileTable::put(batch_, identity_.execution, file, *files.find(file));
  return file;
}

void BranchActor::fail_call(BranchMachine::Failure failure) {
  const InFlight failed = take_call();
  record(machine_.attempt_failed(failed.attempt, failed.started, std::move(failure), now(),
                                 random_jitter(services_.random)));
}

BranchActor::InFlight BranchActor::take_call() {
  InFlight taken = std::move(*in_flight_);
  in_flight_.reset();
  return taken;
}

}  // namespace millrace
