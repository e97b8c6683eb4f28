#pragma once
// Work that is tried again and again until it works says so in few lines: one when it begins to fail, one a minute
// while it does, one when all of it works again. A full disk would otherwise have each piece of work write a line a
// second, and be filled by them.
//
// A piece of work is known by a key, so that one that works does not end the trouble of another. Kinds of errors are
// told apart by their codes. Bounded: of each code so many pieces are known; one that nobody has heard of for a while
// (another node has it by now) is forgotten. Thread-safe; the sink must not block.

#include "runtime/base/clock.h"
#include "runtime/base/error.h"
#include "runtime/base/log.h"

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace millrace {

struct TroubleLogOptions {
  Millis between_lines{60'000};
  /// Longer than any pause before a piece of work is tried again.
  Millis forgotten_after{60'000};
  std::size_t known_max = 1'000;  // of each code
};

class TroubleLog {
 public:
  /// `work` begins the sentences, in the plural: "triggers that wait for their admission".
  TroubleLog(std::string work, const Clock& clock, LogSink log, TroubleLogOptions options = {});

  /// The piece of work could not be done, and is tried again.
  void failed(const std::string& key, const Error& why);
  /// It is done, or is somebody else's now. Costs nothing to speak of while there is no trouble.
  void over(const std::string& key);

 private:
  struct Trouble {
    Moment since{};
    Moment told{};
    std::map<std::string, Moment> pieces{};  // when each failed last
  };
  using Troubles = std::map<ErrorCode, Trouble>;

  void tell(const Trouble& trouble, const Error& why, Moment now) const;
  void tell_end(const Trouble& trouble, Moment now) const;
  void forget(Trouble& trouble, Moment now) const;

  const std::string work_;
  const Clock& clock_;
  const LogSink log_;
  const TroubleLogOptions options_;
  std::mutex mutex_;
  Troubles troubles_;
};

}  // namespace millrace
