#include "actors/accounts/token_refresher.h"

#include "runtime/integrations/authorize_request.h"
#include "runtime/outbound/request_secrets.h"

#include <exception>
#include <utility>

namespace millrace {
namespace {

std::string account_of(const UserKey& owner, const Credential& account) {
  return "account " + account.id + " of user " + owner.user.text + " of project " +
         owner.project.text;
}

JsonObject inputs_of(const JsonObject& fields) {
  const Json* const inputs = fields.if_contains("inputs");
  return inputs != nullptr && inputs->is_object() ? inputs->get_object() : JsonObject();
}

}  // namespace

TokenRefresher::TokenRefresher(Dependencies dependencies) : uses_(std::move(dependencies)) {
  for (std::size_t i = 0; i < uses_.threads; ++i) threads_.emplace_back([this] { run(); });
}

TokenRefresher::~TokenRefresher() {
  stop_answers();
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void TokenRefresher::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return !jobs_.empty() || (is_ending_ && refreshes_.empty()); });
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

void TokenRefresher::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void TokenRefresher::refresh(const UserKey& owner, const SharedCredential& held, Old old,
                             CredentialSource::Done done) {
  enum class Way : std::uint8_t { waits, begins, refused, is_left_alone } way = Way::waits;
  {
    const std::lock_guard lock(mutex_);
    if (is_silent_) return;  // who asked is about to go
    const Instant* const failed = failed_.find(held->id);
    const auto found = refreshes_.find(held->id);
    if (found != refreshes_.end()) {
      found->second.waiters.push_back({held, old, std::move(done)});
    } else if (old == Old::good && failed != nullptr &&
               uses_.clock.now() - *failed < pause_after_failure) {
      way = Way::is_left_alone;
    } else if (refreshes_.size() >= refreshes_max) {
      way = Way::refused;
    } else {
      Refresh& begun = refreshes_[held->id];
      begun.owner = owner;
      begun.from = held;
      begun.waiters.push_back({held, old, std::move(done)});
      way = Way::begins;
    }
  }
  if (way == Way::begins) submit([this, owner, held] { begin(owner, held); });
  if (way == Way::is_left_alone || (way == Way::refused && old == Old::good)) {
    done(held);
  } else if (way == Way::refused) {
    done(Error(ErrorCode::overloaded, "too many accounts are refreshed at this moment"));
  }
}

void TokenRefresher::begin(const UserKey& owner, const SharedCredential& from) {
  try {
    // Somebody may have refreshed it between the moment when it was looked at and this one.
    const auto now = uses_.credentials.find(owner.project, owner.user, from->integration, from->id);
    if (!now) return tell(*from, now.error());
    if (*now == nullptr || (*now)->revision != from->revision || !(*now)->is_valid) {
      return tell(*from, as_it_is(owner, *from));
    }
    const auto project = uses_.projects.now(owner.project);
    if (!project) return tell(*from, project.error());
    const auto integration = (*project)->integrations->find_integration(from->integration);
    if (integration == nullptr || integration->auth.oauth == nullptr) {
      return tell(*from, Error(ErrorCode::integration_inactive,
                               "the integration \"" + from->integration +
                                   "\" does not say how its accounts are refreshed"));
    }
    const auto client = integration->auth.oauth;
    const auto values = oauth_values(*client, inputs_of(from->fields), [&](const auto& name) {
      return (*project)->secrets->value(name);
    });
    if (!values) return tell(*from, values.error());
    HttpRequest request =
        token_request(*client, *values, refresh_grant(refresh_token_of(from->fields)));
    request.project = owner.project;
    request.user = owner.user;
    // A provider may repeat what it was sent, and what it gave before.
    auto asked = std::make_shared<Asked>(Asked{owner, from, client, secrets_of(request)});
    redact(*from, asked->sent);
    uses_.http.call(std::move(request), [this, asked](HttpOutcome outcome) {
      submit([this, asked, answer = std::make_shared<const HttpOutcome>(std::move(outcome))] {
        take_answer(*asked, *answer);
      });
    });
  } catch (const std::exception& problem) {
    tell(*from, Error(ErrorCode::internal_error, problem.what()));
  }
}

void TokenRefresher::take_answer(const Asked& asked, const HttpOutcome& outcome) {
  try {
    const Answer answer = outcome_of(asked, outcome);
    count(answer);
    tell(*asked.from, answer);
  } catch (const std::exception& problem) {
    tell(*asked.from, Error(ErrorCode::internal_error, problem.what()));
  }
}

void TokenRefresher::count(const Answer& answer) const {
  if (uses_.counts == nullptr) return;
  using Ended = ProviderCounts::Refresh;
  const bool is_refused = !answer && answer.error().code == ErrorCode::credential_invalid;
  uses_.counts->count(answer ? Ended::renewed : is_refused ? Ended::refused : Ended::failed);
}

TokenRefresher::Answer TokenRefresher::outcome_of(const Asked& asked, const HttpOutcome& outcome) {
  const auto failed = [](const Error& why) {
    return Error(why.code, "the account could not be refreshed: " + why.message);
  };
  if (!outcome) return failed(token_server_failure(outcome.error(), asked.sent));
  const auto answer = read_token_answer(*asked.client, *outcome, asked.sent);
  if (!answer) {
    if (uses_.log) {
      uses_.log(LogLevel::warning,
                account_of(asked.owner, *asked.from) + ": " + answer.error().message);
    }
    return failed(answer.error());
  }
  if (const auto* const refused = std::get_if<GrantRefused>(&*answer)) {
    return invalidate(asked.owner, asked.from, refused->why);
  }
  return keep(asked.owner, asked.from, *asked.client, std::get<TokenAnswer>(*answer));
}

TokenRefresher::Answer TokenRefresher::keep(const UserKey& owner, const SharedCredential& from,
                                            const OAuthClient& client, const TokenAnswer& answer) {
  CredentialRegistry::Renewal renewal;
  renewal.revision = from->revision;
  renewal.fields =
      token_fields(from->fields, answer.given, uses_.clock.now(), client.refresh_early);
  renewal.kept = answer.kept;
  auto renewed = uses_.credentials.renew(owner, from->id, renewal);
  if (renewed) return renewed;
  const ErrorCode code = renewed.error().code;
  if (code == ErrorCode::conflict || code == ErrorCode::not_found) return as_it_is(owner, *from);
  if (uses_.log) {
    uses_.log(LogLevel::error, account_of(owner, *from) + ": its new tokens could not be stored (" +
                                   renewed.error().message + ")");
  }
  return renewed;
}

TokenRefresher::Answer TokenRefresher::invalidate(const UserKey& owner,
                                                  const SharedCredential& from,
                                                  const std::string& why) {
  const std::string reason = "the provider does not refresh its token any more: " + why;
  const auto done = uses_.credentials.refuse(owner, from->id, from->revision, reason);
  if (!done) {
    const ErrorCode code = done.error().code;
    if (code == ErrorCode::conflict || code == ErrorCode::not_found) return as_it_is(owner, *from);
    return done.error();
  }
  if (uses_.log) uses_.log(LogLevel::warning, account_of(owner, *from) + ": " + reason);
  return Error(ErrorCode::credential_invalid, "the user's account for \"" + from->integration +
                                                  "\" has to be connected again: " + reason);
}

TokenRefresher::Answer TokenRefresher::as_it_is(const UserKey& owner,
                                                const Credential& from) const {
  auto now = uses_.credentials.find(owner.project, owner.user, from.integration, from.id);
  if (!now) return now.error();
  if (*now == nullptr) {
    return Error(ErrorCode::credential_missing,
                 "the account for \"" + from.integration + "\" is no longer connected");
  }
  if (!(*now)->is_valid) {
    return Error(ErrorCode::credential_invalid, "the user's account for \"" + from.integration +
                                                    "\" is not accepted: connect it again");
  }
  return *now;
}

void TokenRefresher::tell(const Credential& from, const Answer& answer) {
  const std::lock_guard telling(telling_);
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    const auto found = refreshes_.find(from.id);
    if (found != refreshes_.end()) {
      waiters = std::move(found->second.waiters);
      refreshes_.erase(found);
    }
    if (answer) {
      failed_.erase(from.id);
    } else {
      failed_.put(from.id, uses_.clock.now());
    }
  }
  wake_.notify_all();  // whoever waits for the end of all
  const bool is_lasting = !answer && (answer.error().code == ErrorCode::credential_invalid ||
                                      answer.error().code == ErrorCode::credential_missing);
  for (const Waiter& waiter : waiters) {
    // What is good for now serves, as long as it is only the provider that cannot be reached.
    if (!answer && !is_lasting && waiter.old == Old::good) {
      waiter.done(waiter.held);
    } else {
      waiter.done(answer);
    }
  }
}

void TokenRefresher::stop_answers() {
  const std::lock_guard telling(telling_);
  std::vector<Waiter> waiters;  // destroyed here, and told nothing
  const std::lock_guard lock(mutex_);
  is_silent_ = true;
  for (auto& [id, refresh] : refreshes_) {
    for (Waiter& waiter : refresh.waiters) waiters.push_back(std::move(waiter));
    refresh.waiters.clear();
  }
}

}  // namespace millrace
