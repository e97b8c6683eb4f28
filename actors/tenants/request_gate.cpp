#include "actors/tenants/request_gate.h"

#include "runtime/requests/response_value.h"
#include "storage/keys.h"

namespace millrace {
namespace {

std::string key_of(const AskingAccount& account) {
  return storage::keys::pause(account.owner.project, account.owner.user, account.account);
}

}  // namespace

storage::PauseRow pause_row(const AskingAccount& account, Instant until, int status) {
  return {account.owner.project, account.owner.user, account.account, until,
          static_cast<std::uint32_t>(status)};
}

Outcome RequestGate::load(const ShardSet& shards) {
  return table_.visit(shards, [&](const storage::PauseRow& row) -> Outcome {
    hold_until({{row.project, row.user}, row.account}, row.until);
    return Done{};
  });
}

SendSlots& RequestGate::slots_of(const AskingAccount& account) {
  const std::string key = key_of(account);
  const auto known = accounts_.find(key);
  if (known != accounts_.end()) return known->second;
  if (accounts_.size() >= accounts_max) {
    const Instant now = clock_.now();
    std::erase_if(accounts_, [&](const auto& each) { return each.second.is_idle(now); });
    // All of them matter: somebody's window begins anew, which its provider answers if it is too much.
    if (accounts_.size() >= accounts_max) accounts_.erase(accounts_.begin());
  }
  return accounts_[key];
}

std::optional<Instant> RequestGate::admit(const AskingAccount& account, const RateLimit& limit,
                                          std::uint64_t ticket) {
  const Instant now = clock_.now();
  const std::lock_guard lock(mutex_);
  const Instant leaves = slots_of(account).admit(limit, ticket, now);
  if (leaves <= now) return std::nullopt;
  if (counts_ != nullptr) ++counts_->requests_held;
  return leaves;
}

Instant RequestGate::hold(const AskingAccount& account, Instant until) {
  if (counts_ != nullptr) ++counts_->pauses;
  return hold_until(account, until);
}

Instant RequestGate::hold_until(const AskingAccount& account, Instant until) {
  const std::lock_guard lock(mutex_);
  SendSlots& slots = slots_of(account);
  slots.hold(until, clock_.now());
  return slots.held_until();
}

void RequestGate::pause(const AskingAccount& account, Instant until, int status) {
  const Instant held = hold(account, until);
  auto batch = commits_.begin(shard_of(account.owner));
  if (!batch) return;
  storage::PauseTable::put(*batch, pause_row(account, held, status));
  // Refused when the disk cannot follow: then it holds in memory alone.
  if (!commits_.submit(std::move(*batch)) && log_) {
    log_(LogLevel::warning, "a pause of an account was not stored: too much waits for the disk");
  }
}

void RequestGate::note_answer(const AskingAccount& account, const RateLimit& limit,
                              const HttpResponse& response) {
  note_answer(account, limit, JsonObject{{"response", response_value(response, nullptr)}}, {});
}

void RequestGate::note_answer(const AskingAccount& account, const RateLimit& limit,
                              const Json& output, const std::string& code) {
  const auto until = pause_of(limit, output, code, clock_.now());
  if (!until) return;
  const Json& status = output.get_object().at("response").get_object().at("statusCode");
  pause(account, *until, status.to_number<int>());
}

void RequestGate::ended(const storage::WakeRow& wake) {
  auto batch = commits_.begin(wake.shard);
  if (!batch) return;
  const auto row = table_.find(wake);
  if (!row) {
    if (log_) log_(LogLevel::error, "a pause could not be read: " + row.error().message);
    return;
  }
  storage::PauseTable::end(*batch, wake, *row, clock_.now());
  ignore_result(commits_.commit(std::move(*batch)), "its wake comes again");
}

}  // namespace millrace
