#include "actors/tree/call_in_flight.h"

#include "actors/runs/read_files.h"
#include "actors/workers/survive.h"
#include "runtime/base/check.h"
#include "runtime/integrations/resource.h"
#include "runtime/requests/response_value.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace millrace {
namespace {

constexpr int status_unauthorized = 401;

double random_jitter(Random& random) {
  std::uint16_t bits = 0;
  random.fill({reinterpret_cast<std::uint8_t*>(&bits), sizeof bits});
  return static_cast<double>(bits) / 32767.5 - 1.0;
}

/// Which account is to be looked at.
std::string refused_account(const CredentialName& account) {
  const std::string whose = account.id.empty() ? "credential" : "account " + account.id;
  return ": it does not accept the " + whose + " of \"" +
         std::string(own_name(account.integration)) + '"';
}

/// Quicker than walking the value, and most values hold no file.
bool may_hold_files(std::string_view json_text) {
  return json_text.find("\"FILE\"") != std::string_view::npos;
}

}  // namespace

CallInFlight::CallInFlight(const CallPorts& ports, const ExecutionId& execution,
                           const BranchMachine& machine, const CredentialSource& credentials,
                           std::shared_ptr<RunSecrets> secrets, std::shared_ptr<BranchMail> mail)
    : ports_(ports),
      execution_(execution),
      machine_(machine),
      credentials_(credentials),
      secrets_(std::move(secrets)),
      mail_(std::move(mail)) {}

// --- leaving --------------------------------------------------------------------------------------

std::optional<std::uint64_t> CallInFlight::begin(RunFunction effect, Instant planned) {
  Call& call = open(std::move(effect.attempt), planned);
  call.files = find_file_handles(effect.parameters);
  call.work =
      FunctionCall{std::move(effect.source), std::move(effect.parameters), std::move(effect.user)};
  if (!call.files.empty()) return call.number;
  run_function();
  return std::nullopt;
}

std::uint64_t CallInFlight::begin(SendRequest effect, Instant planned) {
  Call& call = open(std::move(effect.attempt), planned);
  call.files = files_of(effect.request);
  call.url = effect.request.http.url;
  call.work = std::move(effect.request);
  if (effect.credential) call.authorized.emplace(Authorized{std::move(*effect.credential), {}});
  return call.number;
}

CallInFlight::Call& CallInFlight::open(Attempt attempt, Instant planned) {
  CHECK(!call_, "a call was begun while another one is in flight");
  CHECK(!machine_.has_ended(), "a call was begun for a branch that has ended");
  call_.emplace();
  call_->number = ++calls_begun_;
  call_->attempt = std::move(attempt);
  call_->started = planned;
  for (const CredentialName& account : call_->attempt.accounts) {
    const auto held = credentials_.held(account);
    if (held != nullptr) redact(*held, call_->attempt.redaction);
  }
  return *call_;
}

CallInFlight::MaybeEnd CallInFlight::take(const CallIsDurable& news) {
  if (!is_expected(news.number)) return std::nullopt;
  if (auto paused = held_back()) return paused;
  if (!call_->files.empty()) {
    read_files();
    return std::nullopt;
  }
  CHECK(std::holds_alternative<OutgoingRequest>(call_->work), "a function waited for nothing");
  return make_request([](const FileHandle&) { return nullptr; });
}

std::optional<AskingAccount> CallInFlight::asking() const {
  const Step* const step = machine_.current_step();
  const Integration* const integration = step == nullptr ? nullptr : integration_of(*step);
  if (integration == nullptr || !integration->rate_limit) return std::nullopt;
  const ExecutionStarted& started = machine_.scope().facts()->started;
  return AskingAccount{
      {started.project, started.user},
      call_->authorized ? call_->authorized->use.credential.id : integration->type};
}

std::uint64_t CallInFlight::ticket() const {
  std::string name = execution_.text() + '/' + std::to_string(call_->attempt.step);
  for (const std::uint32_t index : machine_.scope().indexes()) name += '.' + std::to_string(index);
  return std::hash<std::string>()(name);
}

CallInFlight::MaybeEnd CallInFlight::held_back() {
  if (ports_.gate == nullptr || !std::holds_alternative<OutgoingRequest>(call_->work)) {
    return std::nullopt;
  }
  const auto account = asking();
  if (!account) return std::nullopt;
  const RateLimit& limit = *integration_of(*machine_.current_step())->rate_limit;
  const auto until = ports_.gate->admit(*account, limit, ticket());
  if (!until) return std::nullopt;
  const Call call = close();
  return End{BranchMachine::request_paused(call.attempt, call.started, *until), {}};
}

void CallInFlight::read_files() {
  const bool is_function = std::holds_alternative<FunctionCall>(call_->work);
  const std::uint64_t bytes_max =
      is_function ? limits::file_in_function_bytes_max : limits::files_sent_bytes_max;
  ports_.reader.submit([stored = StoredFiles(ports_.store, execution_, secrets_), mail = mail_,
                        files = std::move(call_->files), bytes_max, number = call_->number] {
    auto read = answer_of([&] { return millrace::read_files(stored, files, bytes_max); });
    mail->deliver(FilesRead{number, std::make_shared<Result<RunFiles>>(std::move(read))});
  });
}

CallInFlight::MaybeEnd CallInFlight::take(FilesRead& news) {
  if (!is_expected(news.number)) return std::nullopt;
  if (!news.files->ok()) return failed({news.files->error()});
  const RunFiles& files = **news.files;
  const auto bytes_of = [&](const FileHandle& file) { return files.find(file); };
  auto* const call = std::get_if<FunctionCall>(&call_->work);
  if (call == nullptr) return make_request(bytes_of);
  FileBudget budget(bytes_of, limits::file_in_function_bytes_max);
  call->parameters = expand_file_handles(std::move(call->parameters), std::ref(budget));
  if (budget.is_exceeded()) {
    return failed({too_many_file_bytes(limits::file_in_function_bytes_max)});
  }
  run_function();
  return std::nullopt;
}

void CallInFlight::run_function() {
  call_->function_call =
      ports_.functions.run(std::move(std::get<FunctionCall>(call_->work)),
                           [mail = mail_, number = call_->number](FunctionOutcome outcome) {
                             mail->deliver(FunctionFinished{
                                 number, std::make_shared<FunctionOutcome>(std::move(outcome))});
                           });
}

CallInFlight::MaybeEnd CallInFlight::make_request(const FileBytes& bytes_of) {
  FileBudget budget(bytes_of, limits::files_sent_bytes_max);
  auto request = send_with(std::move(std::get<OutgoingRequest>(call_->work)), std::ref(budget));
  if (budget.is_exceeded()) request = too_many_file_bytes(limits::files_sent_bytes_max);
  if (!request) return failed({request.error()});
  if (call_->authorized) {
    call_->authorized->request = std::move(*request);
    ask_credential();
  } else {
    send(std::move(*request));
  }
  return std::nullopt;
}

void CallInFlight::ask_credential() {
  const Authorized& asking = *call_->authorized;
  credentials_.fresh(
      asking.use.credential, asking.revision,
      [mail = mail_, number = call_->number](Result<SharedCredential> credential) {
        mail->deliver(CredentialAnswered{
            number, std::make_shared<Result<SharedCredential>>(std::move(credential))});
      });
}

CallInFlight::MaybeEnd CallInFlight::take(CredentialAnswered& news) {
  if (!is_expected(news.number)) return std::nullopt;
  CHECK(call_->authorized, "a credential came for a call that goes without");
  const Result<SharedCredential>& credential = *news.credential;
  if (call_->authorized->refusal != nullptr) {
    if (!can_send_again(credential)) return answered(*call_->authorized->refusal);
  } else if (!credential) {
    return failed({credential.error()});
  }
  return send_authorized(**credential);
}

bool CallInFlight::can_send_again(const Result<SharedCredential>& credential) {
  Authorized& refused = *call_->authorized;
  CHECK(refused.revision, "a request was refused that was never sent");
  if (!credential || (*credential)->revision <= *refused.revision) return false;
  refused.request.timeout -= std::max(ports_.clock.now() - refused.left, Millis(0));
  return refused.request.timeout > Millis(0);
}

CallInFlight::MaybeEnd CallInFlight::send_authorized(const Credential& credential) {
  Authorized& sending = *call_->authorized;
  HttpRequest request = sending.request;
  const auto authorized =
      authorize(request, sending.use.auth, credential, call_->attempt.redaction);
  if (!authorized) return failed({authorized.error()});
  sending.revision = credential.revision;
  sending.is_sent_again = sending.refusal != nullptr;
  if (sending.refusal == nullptr) sending.left = ports_.clock.now();
  send(std::move(request));
  return std::nullopt;
}

void CallInFlight::send(HttpRequest request) {
  CHECK(!call_->http_call, "a request was sent while it is in the air");
  call_->http_call = ports_.http.call(
      std::move(request), [mail = mail_, number = call_->number](HttpOutcome outcome) {
        mail->deliver(RequestAnswered{number, std::make_shared<HttpOutcome>(std::move(outcome))});
      });
}

// --- coming back ----------------------------------------------------------------------------------

bool CallInFlight::is_expected(std::uint64_t number) {
  CHECK(number > 0 && number <= calls_begun_, "news of a call that was never begun");
  if (call_ && call_->number == number && !machine_.has_ended()) return true;
  ++ports_.late_results;
  return false;
}

CallInFlight::MaybeEnd CallInFlight::take(FunctionFinished& news) {
  if (!is_expected(news.number)) return std::nullopt;
  FunctionOutcome& outcome = *news.outcome;
  if (!outcome.result.ok()) return failed({outcome.result.error(), std::move(outcome.console)});
  Result<Json> value = parse_json(*outcome.result);
  if (!value) {
    // The result was not JSON within our bounds (too deep): the function's fault, not the input's.
    return failed({Error(ErrorCode::function_output, "the result is " + value.error().message),
                   std::move(outcome.console)});
  }
  RunFiles files;
  if (may_hold_files(*outcome.result)) {
    if (auto kept = keep_files_of(*value, files); !kept) {
      return failed({kept.error(), std::move(outcome.console)});
    }
  }
  const Call call = close();
  return End{BranchMachine::function_completed(call.attempt, call.started, std::move(*value),
                                               std::move(outcome.console)),
             std::move(files)};
}

CallInFlight::MaybeEnd CallInFlight::take(RequestAnswered& news) {
  if (!is_expected(news.number)) return std::nullopt;
  call_->http_call.reset();
  const bool is_refused = news.outcome->ok() && (*news.outcome)->status == status_unauthorized;
  if (is_refused && call_->authorized && call_->authorized->refusal == nullptr) {
    call_->authorized->refusal = std::move(news.outcome);  // stands, if nothing is newer
    ask_credential();
    return std::nullopt;
  }
  return answered(*news.outcome);
}

CallInFlight::End CallInFlight::answered(const HttpOutcome& outcome) {
  if (!outcome) return failed({outcome.error()});
  const HttpResponse& response = *outcome;
  for (const std::string& token : response.tokens) {
    call_->attempt.redaction.add(token, "[authorization]");
  }
  RunFiles files;
  auto body = body_of(response, files);
  if (!body) return failed({body.error()});
  auto [event, must_reconnect] =
      machine_.request_answered(call_->attempt, call_->started, response, std::move(*body),
                                ports_.clock.now(), random_jitter(ports_.random));
  auto pause = note_pause(event);
  const Call call = close();
  auto* const failure = std::get_if<StepFailed>(&event);
  if (call.authorized && must_reconnect) {
    note_reconnect(*call.authorized,
                   failure == nullptr ? "it must be connected again" : failure->message);
  } else if (call.authorized) {
    note_verdict(*call.authorized, response.status);
    if (failure != nullptr && response.status == status_unauthorized) {
      failure->message += refused_account(call.authorized->use.credential);
    }
  }
  return End{std::move(event), std::move(files), std::move(pause)};
}

std::optional<storage::PauseRow> CallInFlight::note_pause(const EventBody& event) const {
  const auto* const paused = std::get_if<RequestPaused>(&event);
  const auto account = paused == nullptr ? std::nullopt : asking();
  if (!account || ports_.gate == nullptr) return std::nullopt;
  // In memory before it is durable: a crash in between forgets what no request has been held by.
  const Instant until = ports_.gate->hold(*account, paused->until);
  return pause_row(*account, until, paused->status);
}

FieldsUsed CallInFlight::fields_of(const Authorized& sent) const {
  CHECK(sent.revision, "a request was answered that was never sent");
  const ExecutionStarted& started = machine_.scope().facts()->started;
  return {{started.project, started.user}, sent.use.credential.id, *sent.revision};
}

void CallInFlight::note_reconnect(const Authorized& sent, const std::string& why) const {
  if (ports_.refused == nullptr) return;
  ports_.reader.submit(
      [refused = ports_.refused, used = fields_of(sent), why] { refused->invalidate(used, why); });
}

void CallInFlight::note_verdict(const Authorized& sent, int status) const {
  if (ports_.refused == nullptr) return;
  // The project's own is no account that could be invalid.
  if (sent.use.credential.id.empty()) return;
  const FieldsUsed used = fields_of(sent);
  using Fields = RefusedCredentials::Fields;
  const auto fields = sent.is_sent_again ? Fields::replaced : Fields::same;
  if (!ports_.refused->answered(used, status, fields)) return;
  ports_.reader.submit([refused = ports_.refused, used] { refused->invalidate(used); });
}

Result<Json> CallInFlight::body_of(const HttpResponse& response, RunFiles& files) {
  auto body = read_body(response, call_->url);
  if (!body) return body.error();
  if (auto* const value = std::get_if<Json>(&*body)) {
    if (may_hold_files(*response.body)) {
      ignore_result(keep_files_of(*value, files), "what only looks like a file stays as it is");
    }
    return std::move(*value);
  }
  auto& file = std::get<FileContent>(*body);
  return file_object({std::move(file.name), std::move(file.mime_type), files.keep(*response.body)});
}

Outcome CallInFlight::keep_files_of(Json& value, RunFiles& files) {
  return intern_files(value, [&](std::string bytes) { return files.keep(std::move(bytes)); });
}

CallInFlight::End CallInFlight::failed(BranchMachine::Failure failure) {
  const Call call = close();
  return End{machine_.attempt_failed(call.attempt, call.started, std::move(failure),
                                     ports_.clock.now(), random_jitter(ports_.random)),
             {}};
}

CallInFlight::Call CallInFlight::close() {
  CHECK(call_, "a call ended that was not begun");
  secrets_->learn(call_->attempt.redaction);
  return std::move(*std::exchange(call_, std::nullopt));
}

void CallInFlight::abandon() {
  if (call_ && call_->http_call) ports_.http.cancel(*call_->http_call);
  if (call_ && call_->function_call) ports_.functions.cancel(*call_->function_call);
  call_.reset();
}

}  // namespace millrace
