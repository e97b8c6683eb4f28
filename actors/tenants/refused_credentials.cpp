#include "actors/tenants/refused_credentials.h"

#include "actors/tenants/credential_registry.h"

namespace millrace {

bool RefusedCredentials::answered(const FieldsUsed& used, int status, Fields fields) {
  constexpr int unauthorized = 401;
  constexpr int first_of_peers_own = 500;  // its failures say nothing of whom it failed for
  if (status >= first_of_peers_own) return false;
  if (status == unauthorized) return refused(used, fields);
  accepted(used);
  return false;
}

void RefusedCredentials::note_answer(const FieldsUsed& used, int status, Fields fields) {
  if (answered(used, status, fields)) invalidate(used);
}

bool RefusedCredentials::refused(const FieldsUsed& used, Fields fields) {
  const std::lock_guard lock(mutex_);
  if (counts_.size() >= counted_max && !counts_.contains(used.credential)) counts_.clear();
  Count& count = counts_[used.credential];
  is_any_ = true;
  if (count.revision > used.revision) return false;  // an answer from before
  if (count.revision < used.revision) count = {used.revision, 0};
  count.refusals += fields == Fields::replaced ? refusals_max : 1;
  if (count.refusals < refusals_max) return false;
  counts_.erase(used.credential);
  return true;
}

void RefusedCredentials::accepted(const FieldsUsed& used) {
  if (!is_any_) return;
  const std::lock_guard lock(mutex_);
  const auto count = counts_.find(used.credential);
  if (count == counts_.end() || count->second.revision > used.revision) return;
  counts_.erase(count);
  is_any_ = !counts_.empty();
}

void RefusedCredentials::invalidate(const FieldsUsed& used, const std::string& why) {
  const auto done = credentials_.refuse(used.owner, used.credential, used.revision, why);
  if (!log_) return;
  const std::string account = "account " + used.credential + " of user " + used.owner.user.text +
                              " of project " + used.owner.project.text;
  if (done) {
    log_(LogLevel::warning, account + " is not accepted any more: " + why);
  } else if (done.error().code != ErrorCode::conflict &&
             done.error().code != ErrorCode::not_found) {
    log_(LogLevel::error, account + " could not be marked as refused: " + done.error().message);
  }
}

}  // namespace millrace
