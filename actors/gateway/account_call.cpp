#include "actors/gateway/account_call.h"

#include "runtime/outbound/request_secrets.h"

#include <utility>

namespace millrace {
namespace {

constexpr int status_unauthorized = 401;

}  // namespace

void AccountCall::start(HttpCaller& http, Order order, Done done) {
  const std::shared_ptr<AccountCall> call(new AccountCall(http, std::move(order), std::move(done)));
  add_secrets(call->order_.request, call->order_.redaction);
  if (call->order_.use.auth.kind == IntegrationAuth::Kind::none) {
    call->send(call->order_.request);
  } else {
    call->ask(std::nullopt);
  }
}

void AccountCall::ask(std::optional<std::uint64_t> refused) {
  order_.accounts->fresh(order_.use.credential, refused,
                         [self = shared_from_this()](Result<SharedCredential> credential) {
                           self->take(std::move(credential));
                         });
}

void AccountCall::take(Result<SharedCredential> credential) {
  if (refusal_) {
    const bool is_newer = credential && (*credential)->revision > used_->revision;
    if (!is_newer) return finish(std::move(*refusal_));
  } else if (!credential) {
    return finish(credential.error());
  }
  HttpRequest request = order_.request;
  auto authorized = authorize(request, order_.use.auth, **credential, order_.redaction);
  if (!authorized) return finish(authorized.error());
  is_sent_again_ = refusal_.has_value();
  used_ = FieldsUsed{order_.owner, (*credential)->id, (*credential)->revision};
  send(std::move(request));
}

void AccountCall::send(HttpRequest request) {
  http_.call(std::move(request), [self = shared_from_this()](HttpOutcome outcome) {
    self->answered(std::move(outcome));
  });
}

void AccountCall::answered(HttpOutcome outcome) {
  const bool is_first_refusal =
      outcome && outcome->status == status_unauthorized && used_ && !refusal_;
  if (!is_first_refusal) return finish(std::move(outcome));
  refusal_ = std::move(*outcome);
  ask(used_->revision);
}

void AccountCall::finish(HttpOutcome outcome) {
  const auto fields =
      is_sent_again_ ? RefusedCredentials::Fields::replaced : RefusedCredentials::Fields::same;
  std::exchange(done_, {})({std::move(outcome), std::move(order_.redaction), used_, fields});
}

}  // namespace millrace
