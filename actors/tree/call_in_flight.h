#pragma once
// The one piece of work that a branch has done outside: a function call or a request.
//
//   begin ──► durable? ──► files from the disk? ──► credential? ──► engine or caller ──► outcome ──► End
//             (requests, and whatever needs files)     ▲                         │
//                                                      └── 401, once: a newer? ──┘
//
// A request to an integration gets the user's credential last, when nothing is left to wait for. If the
// peer answers 401 and the account has newer fields by then, it is sent once more with them, under the
// same idempotency key: one attempt, in the time of one.
//
// A request whose account is at its limit (actors/tenants/request_gate.h) does not leave: before anything else is done
// for it the call ends with RequestPaused, and the branch comes again at that time.
//
// It returns the event that answers the effect and never records: its branch does. What comes back from
// other threads arrives as BranchNews and is handed to `take`; each call has a number, so that news of
// one that was abandoned are counted and dropped.
//
// Owned and used by one branch, free of CAF.

#include "actors/runs/branch_news.h"
#include "actors/runs/run_secrets.h"
#include "actors/tenants/credential_source.h"
#include "actors/tenants/refused_credentials.h"
#include "actors/tenants/request_gate.h"
#include "actors/workers/storage_reader.h"
#include "runtime/base/random.h"
#include "runtime/execution/branch_machine.h"

#include <atomic>
#include <memory>
#include <optional>

namespace millrace {

/// What calls use of the world. All of it is thread-safe and outlives every call.
struct CallPorts {
  FunctionEngine& functions;
  HttpCaller& http;
  StorageReader& reader;
  const storage::OrderedStore& store;
  const Clock& clock;
  Random& random;
  std::atomic<std::uint64_t>& late_results;
  RefusedCredentials* refused = nullptr;  // null: nobody asks what peers say of accounts
  RequestGate* gate = nullptr;            // null: requests leave as they come
};

class CallInFlight {
 public:
  /// How an attempt ended. The files that it brought are to be stored with the event.
  struct End {
    EventBody event;
    RunFiles files;
    /// The account that its provider holds from now on: to be stored with the event.
    std::optional<storage::PauseRow> pause{};
  };
  /// Nothing: the call goes on, or the news were late.
  using MaybeEnd = std::optional<End>;

  /// `machine` decides what an outcome means; it is only read. `credentials` outlives this. `secrets`
  /// learns what was sent, before its answer is an event.
  CallInFlight(const CallPorts& ports, const ExecutionId& execution, const BranchMachine& machine,
               const CredentialSource& credentials, std::shared_ptr<RunSecrets> secrets,
               std::shared_ptr<BranchMail> mail);
  CallInFlight(const CallInFlight&) = delete;
  CallInFlight& operator=(const CallInFlight&) = delete;

  bool is_open() const { return call_.has_value(); }

  /// The function runs at once. With files among its parameters it waits until everything recorded is
  /// durable, because they may be among that: the number to be told by (CallIsDurable).
  std::optional<std::uint64_t> begin(RunFunction effect, Instant planned);
  /// Nobody outside hears of a run before what led to it is durable: the number to be told by.
  std::uint64_t begin(SendRequest effect, Instant planned);

  [[nodiscard]] MaybeEnd take(const CallIsDurable& news);
  [[nodiscard]] MaybeEnd take(FilesRead& news);
  [[nodiscard]] MaybeEnd take(CredentialAnswered& news);
  [[nodiscard]] MaybeEnd take(FunctionFinished& news);
  [[nodiscard]] MaybeEnd take(RequestAnswered& news);

  /// What is in flight is of no use any more.
  void abandon();

 private:
  /// A request that goes with an account.
  struct Authorized {
    CredentialUse use;
    HttpRequest request;  // without it
    /// Of the fields that it was sent with last; nothing: it has not been sent.
    std::optional<std::uint64_t> revision{};
    Instant left{};                          // when it was first sent
    std::shared_ptr<HttpOutcome> refusal{};  // its first 401
    bool is_sent_again = false;              // with newer fields
  };
  struct Call {
    std::uint64_t number = 0;
    Attempt attempt;
    Instant started{};
    std::variant<FunctionCall, OutgoingRequest> work;  // until it is on its way
    std::string url;                                   // of a request
    std::optional<Authorized> authorized;              // of one that goes with an account
    std::vector<FileHandle> files;                     // whose bytes it needs, until they are read
    std::optional<HttpCaller::CallId> http_call;
    std::optional<FunctionEngine::CallId> function_call;
  };

  Call& open(Attempt attempt, Instant planned);
  /// False: the news are of a call that nobody waits for any more.
  bool is_expected(std::uint64_t number);
  /// The account's limit does not let it leave yet.
  MaybeEnd held_back();
  /// Whom the request is counted for; nothing: its integration has no limit.
  std::optional<AskingAccount> asking() const;
  void read_files();
  void run_function();
  MaybeEnd make_request(const FileBytes& bytes_of);
  void ask_credential();
  MaybeEnd send_authorized(const Credential& credential);
  /// Whether a request that was refused is worth another try, in the time that its attempt has left.
  bool can_send_again(const Result<SharedCredential>& credential);
  void send(HttpRequest request);

  End answered(const HttpOutcome& outcome);
  FieldsUsed fields_of(const Authorized& sent) const;
  /// What an answer says of the account that it went with.
  void note_verdict(const Authorized& sent, int status) const;
  /// The provider says that its token is worth nothing any more.
  void note_reconnect(const Authorized& sent, const std::string& why) const;
  /// The provider says that it is not to be asked for a while.
  std::optional<storage::PauseRow> note_pause(const EventBody& event) const;
  /// The same whenever this request is made, and no other's.
  std::uint64_t ticket() const;
  End failed(BranchMachine::Failure failure);
  /// The body as the workflow sees it.
  Result<Json> body_of(const HttpResponse& response, RunFiles& files);
  Outcome keep_files_of(Json& value, RunFiles& files);
  Call close();

  const CallPorts ports_;
  const ExecutionId execution_;
  const BranchMachine& machine_;
  const CredentialSource& credentials_;
  const std::shared_ptr<RunSecrets> secrets_;
  const std::shared_ptr<BranchMail> mail_;
  std::uint64_t calls_begun_ = 0;
  std::optional<Call> call_;
};

}  // namespace millrace
