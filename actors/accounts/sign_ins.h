#pragma once
// How users sign in at providers, stage by stage (sign_in.h). Each stage is known by a random text of its own,
// of which only the hash is stored: the ticket, the state, the choice. From the start on it is bound to the
// browser as well, by a cookie.
//
// Used once: a stage's row is gone, on the disk, before anything is asked of the provider. It lasts ten
// minutes, and is removed then if nobody has come (`end`).
//
// Thread-safe. Blocks on the disk, and `callback` on the provider, for as many at a time as `callbacks_max`
// allows: for request threads only.

#include "actors/accounts/sign_in.h"
#include "actors/tenants/credential_registry.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/keyed_locks.h"
#include "actors/tenants/project_views.h"
#include "runtime/base/log.h"
#include "runtime/base/random.h"
#include "runtime/outbound/http_caller.h"
#include "storage/crypto/sealer.h"
#include "storage/tables/sign_in_table.h"
#include "storage/tables/wake_table.h"

#include <atomic>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace millrace {

class SignIns {
 public:
  static constexpr Millis lasts{600'000};
  /// Sign-ins that wait for their providers at one time. Each holds a thread.
  static constexpr int callbacks_max = 64;

  struct Dependencies {
    const storage::OrderedStore& store;
    FencedCommits commits;
    ProjectViews& projects;
    CredentialRegistry& credentials;
    EventLog& events;  // has those that failed at their provider, or were cut off
    HttpCaller& http;
    const Clock& clock;
    Random& random;
    const storage::Sealer& sealer;
    LogSink log;
  };

  explicit SignIns(Dependencies dependencies) : uses_(std::move(dependencies)) {}

  /// What a user asks for.
  struct Wish {
    ProjectId project;
    UserId user;
    std::string integration;
    std::optional<JsonObject> settings;
    JsonObject inputs;
    std::string return_to;
    std::string again{};        // see SignIn
    std::string external_id{};  // likewise
    std::string key{};          // likewise
    std::optional<Instant> user_since{};
  };
  /// The text of a ticket. Errors: not_found (no such integration), integration_inactive, invalid_request
  /// (it has no sign-in; the settings or inputs do not fit; `return_to` is of another origin).
  Result<std::string> ticket(const Wish& wish);

  /// Where the browser goes, and the cookie that it keeps until it comes back.
  struct Start {
    std::string location;
    std::string cookie_name;
    std::string cookie_value;
  };
  /// `redirect_uri`: where the provider sends the browser back to. Errors: as `ticket`; not_found (the ticket
  /// has been used, has ended or never was), secret_missing, invalid_url.
  Result<Start> start(const ProjectId& project, const std::string& integration,
                      const std::string& ticket, const std::string& redirect_uri);
  Result<Start> start(const Wish& wish, const std::string& redirect_uri);

  /// What the provider's redirect brought.
  struct Arrival {
    std::string state;
    std::string code;
    std::string error;  // in place of a code
    std::string cookie;
  };
  /// What the browser shows next.
  struct Connected {
    std::string credential;
  };
  struct Choice {
    std::string token;  // of the next stage
    std::vector<ProfileChoice> choices;
  };
  struct Failed {
    std::string code;  // on the wire
    std::string message;
  };
  struct End {
    ProjectId project;
    std::string integration;
    std::string return_to;
    std::vector<std::string> origins;  // of pages that may be told
    std::variant<Connected, Choice, Failed> result;
  };
  /// A failure behind the state's check is an End, so that whoever waits hears of it. Errors, of somebody of
  /// whom nothing is known: not_found (the state has been used, has ended or never was), unauthorized (it is
  /// another browser's).
  Result<End> callback(const Arrival& arrival);
  /// A code that the application has got from the provider itself, with its own `redirect_uri`; so there is neither
  /// state nor browser, and no PKCE: whoever asks answers for it with the user's token. Errors: as `ticket` and
  /// `callback`; authorization_failed; conflict (there are several accounts to choose from).
  Result<Connected> redeem(const Wish& wish, const std::string& code,
                           const std::string& redirect_uri);
  /// `choice`: which of the choices. Errors: as `callback`; invalid_request.
  Result<End> choose(const std::string& token, std::size_t choice, const std::string& cookie);

  /// Tells the provider, where the integration says how, that the tokens of an account are of no use any more:
  /// once, and without waiting for the answer. The account is gone by then, on the disk.
  void revoke(const ProjectId& project, const Credential& account);

  /// The name of the cookie of a state or a choice.
  static std::string cookie_name(const std::string& token);

  /// The time of one is over. Blocks on the disk.
  void end(const storage::WakeRow& wake);

 private:
  using Stage = SignIn::Stage;
  struct Provider;

  Result<Provider> provider_of(const ProjectId& project, const std::string& integration) const;
  Outcome check(const Wish& wish, const Provider& provider) const;
  /// What was wished, checked.
  Result<SignIn> sign_in_for(const Wish& wish, const Provider& provider) const;
  /// Stores it under a new text, which it returns.
  Result<std::string> put(const SignIn& sign_in, const std::string& token);
  /// Takes it away; of a state, what says that the provider is being asked stays, until `forget`.
  Result<SignIn> take(const std::string& token, Stage stage);
  Result<SignIn> open(const storage::SignInRow& row) const;
  void seal(const SignIn& sign_in, storage::SignInRow& row) const;
  void forget(const std::string& token);
  /// What the user is told of it, and the log and the event log as well.
  Failed failed(const SignIn& sign_in, const Error& why);
  Result<Start> begin(SignIn sign_in, const Provider& provider, const std::string& redirect_uri);
  Result<End> arrived(SignIn& sign_in, const Arrival& arrival);
  /// Asks the provider. A failure that the user is told of.
  Result<std::variant<Connected, Choice>> complete(SignIn& sign_in, const Provider& provider,
                                                   const std::string& code);
  Result<Connected> connect(const SignIn& sign_in, const ProfileChoice& choice);
  /// Waits for the answer, which the caller gives in its time.
  HttpOutcome ask(HttpRequest request, const Redaction& sent, const SignIn& sign_in);
  std::string random_text();

  Dependencies uses_;
  KeyedLocks locks_;
  std::atomic<int> callbacks_{0};
};

}  // namespace millrace
