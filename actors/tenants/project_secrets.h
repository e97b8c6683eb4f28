#pragma once
// The environment secrets of one project, opened: an immutable value. Sealed on the disk, in plain text
// in memory alone. A secret that cannot be opened (the server has another key) is there, without its
// value: only its use fails, until the right key is given or the secret is put again.

#include "runtime/base/clock.h"
#include "runtime/base/error.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ProjectSecrets {
 public:
  struct Listed {
    std::string name;
    Instant updated{};
    bool is_locked = false;  // cannot be opened with the server's key
  };

  /// How long a value that was replaced is still known, and how many of them at most, the latest.
  static constexpr auto former_time = std::chrono::hours(1);
  static constexpr std::size_t formers_max = 64;

  bool contains(const std::string& name) const { return by_name_.contains(name); }
  std::size_t size() const { return by_name_.size(); }
  /// In the order of their names; never the values.
  std::vector<Listed> names() const;
  /// Object from name to plain text, of all secrets that open.
  const SharedJson& values() const { return values_; }
  /// One of them. Errors as `why_absent`.
  Result<std::string> value(const std::string& name) const;
  /// Why a name is not among the values: secrets_locked or corrupt_data for one that does not open,
  /// else secret_missing with the nearest name.
  Error why_absent(const std::string& name) const;
  /// What the secret was within the last `former_time`: a run that began with such a value may still be
  /// told it by a peer.
  std::vector<std::string> former_values(const std::string& name, Instant now) const;
  std::size_t bytes() const;

  // --- what the project would have after a change -----------------------------------------------
  ProjectSecrets with(const std::string& name, std::string_view value, Instant now) const;
  ProjectSecrets without(const std::string& name, Instant now) const;

  // --- read from rows ---------------------------------------------------------------------------
  struct Opened {
    std::string name;
    Instant updated{};
    Result<std::string> value;  // or why it does not open
  };
  static ProjectSecrets of(const std::vector<Opened>& opened);

 private:
  struct Secret {
    Instant updated{};
    std::optional<Error> lock;  // set: why it does not open
  };
  struct Former {
    std::string name;
    std::string value;
    Instant until{};
  };

  /// Notes the value that the name has before it changes.
  void keep_former(const std::string& name, Instant now);

  std::map<std::string, Secret> by_name_;
  std::vector<Former> formers_;  // the oldest first
  SharedJson values_ = share(JsonObject());
};

}  // namespace millrace
