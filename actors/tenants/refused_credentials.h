#pragma once
// Notices accounts whose token the other side does not take any more: after two answers 401 in a row to the
// same fields, or one to fields that had just taken the place of refused ones, the account is INVALID, with the
// reason. Whoever connects it again brings fields of a new revision, which old answers say nothing about.
//
// Counts in memory only: a restart begins again. Thread-safe.

#include "actors/tenants/user_view.h"
#include "runtime/base/log.h"

#include <atomic>
#include <map>
#include <mutex>
#include <string>

namespace millrace {

class CredentialRegistry;

/// Which secret fields a request went with.
struct FieldsUsed {
  UserKey owner;
  std::string credential;
  std::uint64_t revision = 0;
};

class RefusedCredentials {
 public:
  /// How many accounts are counted at once; beyond it, all begin again.
  static constexpr std::size_t counted_max = 10'000;
  static constexpr unsigned refusals_max = 2;
  static constexpr const char* answered_twice = "the other side answered 401 twice in a row";

  RefusedCredentials(CredentialRegistry& credentials, LogSink log)
      : credentials_(credentials), log_(std::move(log)) {}

  enum class Fields : std::uint8_t {
    same,      // as before
    replaced,  // older ones were refused by the same peer a moment ago
  };
  /// A peer has answered with this status: `refused`, `accepted`, or, when it has failed itself, nothing at all. True:
  /// it is time to `invalidate` the account. Never blocks.
  [[nodiscard]] bool answered(const FieldsUsed& used, int status, Fields fields);
  /// The same, and `invalidate` when it is time: blocks on the disk then.
  void note_answer(const FieldsUsed& used, int status, Fields fields);
  /// Answered 401. True: it is time to `invalidate` it. Never blocks.
  [[nodiscard]] bool refused(const FieldsUsed& used, Fields fields);
  /// Answered otherwise. Never blocks.
  void accepted(const FieldsUsed& used);
  /// Blocks on the disk. Nothing happens when the fields have been replaced meanwhile. `why`: what the other side
  /// has said.
  void invalidate(const FieldsUsed& used, const std::string& why = answered_twice);

 private:
  struct Count {
    std::uint64_t revision = 0;
    unsigned refusals = 0;
  };

  CredentialRegistry& credentials_;
  const LogSink log_;
  std::atomic<bool> is_any_{false};
  std::mutex mutex_;
  std::map<std::string, Count> counts_;  // by the account's id, which is unique
};

}  // namespace millrace
