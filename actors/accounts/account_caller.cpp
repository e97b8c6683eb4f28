#include "actors/accounts/account_caller.h"

#include "actors/tenants/fresh_credentials.h"
#include "runtime/integrations/authorize_request.h"

#include <future>
#include <memory>
#include <optional>
#include <utility>

namespace millrace {
namespace {

using Fields = RefusedCredentials::Fields;

constexpr int status_unauthorized = 401;

/// Waits for the one answer of something that is answered by another thread.
template <class Answer>
class Awaited {
 public:
  std::function<void(Answer)> taker() const {
    return [promise = promise_](Answer answer) { promise->set_value(std::move(answer)); };
  }
  std::optional<Answer> wait(Millis time) {
    if (future_.wait_for(time) != std::future_status::ready) return std::nullopt;
    return future_.get();
  }

 private:
  std::shared_ptr<std::promise<Answer>> promise_ = std::make_shared<std::promise<Answer>>();
  std::future<Answer> future_ = promise_->get_future();
};

int status_of(const HttpResponse& answer) { return answer.status; }
int status_of(const std::shared_ptr<OpenAnswer>& answer) { return answer->head().status; }

Error out_of_time() {
  return {ErrorCode::overloaded, "the request had no answer in time: try again later"};
}

}  // namespace

Result<SharedCredential> AccountCaller::fresh(const Account& account, Millis time_max,
                                              std::optional<std::uint64_t> refused) {
  const FreshCredentials source(account.tenant, account.owner, uses_.clock, &uses_.tokens);
  Awaited<Result<SharedCredential>> credential;
  source.fresh(account.name, refused, credential.taker());
  auto answer = credential.wait(time_max);
  return answer ? std::move(*answer) : Result<SharedCredential>(out_of_time());
}

template <class Send>
auto AccountCaller::ask(const Account& account, const IntegrationAuth& auth, const Make& make,
                        Millis time_max, Redaction& sent, Send send)
    -> decltype(send(HttpRequest())) {
  auto credential = fresh(account, time_max);
  if (!credential) return credential.error();
  Account chosen = account;
  chosen.name.id = (*credential)->id;
  const auto unauthorized = make(**credential);
  if (!unauthorized) return unauthorized.error();
  decltype(send(HttpRequest())) refusal = out_of_time();  // its first 401
  while (true) {
    HttpRequest authorized = *unauthorized;
    if (auto done = authorize(authorized, auth, **credential, sent); !done) return done.error();
    auto answer = send(std::move(authorized));
    if (!answer) return answer;
    const bool is_with_newer = refusal.ok();
    if (auth.kind == IntegrationAuth::Kind::none) return answer;
    const FieldsUsed used{account.owner, chosen.name.id, (*credential)->revision};
    const int status = status_of(*answer);
    if (status != status_unauthorized || is_with_newer) {
      uses_.refused.note_answer(used, status, is_with_newer ? Fields::replaced : Fields::same);
      return answer;
    }
    refusal = std::move(answer);
    credential = fresh(chosen, time_max, used.revision);
    if (credential && (*credential)->revision > used.revision) continue;
    // Only what there is nothing newer for says something of the account.
    uses_.refused.note_answer(used, status_unauthorized, Fields::same);
    return refusal;
  }
}

HttpOutcome AccountCaller::call(const Account& account, const IntegrationAuth& auth,
                                const Make& make, Millis time_max) {
  Redaction sent;  // whoever asks shows nothing of it
  return ask(account, auth, make, time_max, sent,
             [&](HttpRequest request) { return send(std::move(request), time_max); });
}

Result<std::shared_ptr<OpenAnswer>> AccountCaller::open(const Account& account,
                                                        const IntegrationAuth& auth,
                                                        const Make& make, Millis time_max,
                                                        const PassingOn& passing_on,
                                                        Redaction& sent) {
  return ask(account, auth, make, time_max, sent, [&](HttpRequest request) {
    return OpenAnswer::open(passing_on.streams, passing_on.memory, std::move(request), time_max,
                            passing_on.is_wanted);
  });
}

HttpOutcome AccountCaller::send(HttpRequest request, Millis time_max) {
  Awaited<HttpOutcome> answer;
  const auto call = uses_.http.call(std::move(request), answer.taker());
  auto outcome = answer.wait(time_max);
  if (outcome) return std::move(*outcome);
  uses_.http.cancel(call);
  return out_of_time();
}

}  // namespace millrace
