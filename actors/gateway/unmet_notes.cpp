#include "actors/gateway/unmet_notes.h"

#include "storage/keys.h"

namespace millrace {

void UnmetNotes::note(const EventLogEntry& entry, const std::string& credential, const Error& why) {
  if (log_ == nullptr) return;
  {
    const Instant now = clock_.now();
    std::string key =
        storage::keys::scheduled_account(entry.project, entry.user, entry.workflow, credential);
    const std::lock_guard lock(mutex_);
    const Told* const told = told_.find(key);
    if (told != nullptr && told->code == why.code && now - told->at < told_again_after) return;
    told_.put(std::move(key), {why.code, now});
  }
  log_->note(entry, why);
}

}  // namespace millrace
