#pragma once
// The secrets that a run has met: values of the project's secrets as they were when it used them, its
// user's tokens. Nothing that is stored in clear or shown holds one of them; the run itself works with what
// it was given, which is stored sealed. A secret that is changed meanwhile is still known here, also after a
// restart: what is sealed names what was taken out of it.
//
//   sealed = Sealer's, bound to the run: [["[secret KEY]", "value"], ...] newline text
//
// One for each incarnation of a run, shared by its branches. Thread-safe.

#include "runtime/base/execution_id.h"
#include "runtime/base/result.h"
#include "runtime/execution/event_codec.h"
#include "runtime/secrets/redaction.h"
#include "storage/crypto/sealer.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace millrace {

class RunSecrets {
 public:
  /// Of more values the oldest are forgotten: tokens of a run that goes on for months.
  static constexpr std::size_t known_max = 512;

  /// `sealer` outlives it.
  RunSecrets(const storage::Sealer& sealer, const ExecutionId& execution);
  RunSecrets(const RunSecrets&) = delete;
  RunSecrets& operator=(const RunSecrets&) = delete;

  void learn(const Redaction& secrets);
  /// Most runs know none; costs no lock.
  bool knows_any() const { return knows_any_.load(std::memory_order_acquire); }
  /// All of them so far, prepared; never null.
  std::shared_ptr<const Redaction> known() const;

  /// `text`, from which `found` was taken out where it is stored in clear.
  std::string seal(const Redaction& found, std::string_view text) const;
  /// The text; what was taken out of it is known from now on. Errors: secrets_locked, corrupt_data.
  Result<std::string> open(std::string_view sealed);
  /// The same, for who reads a journal; this outlives it.
  OpenSealed opener();

  /// A branch's snapshot as it is stored: sealed as soon as the run knows a secret.
  std::string cover_snapshot(std::string state) const;
  Result<std::string> uncover_snapshot(std::string stored);

 private:
  const storage::Sealer& sealer_;
  const std::string place_;
  std::atomic<bool> knows_any_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<const Redaction> known_ = std::make_shared<const Redaction>();
};

}  // namespace millrace
