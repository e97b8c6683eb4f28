#pragma once
// CHECK states what must be true if our own code is right. It is on in every build. A failed check
// throws `BugFound`, which ends the actor or request that met it before anything wrong is stored;
// the supervisor then rebuilds from the journal. Never use it for a user's mistake: that is a
// `Result`.

#include <stdexcept>
#include <string>

namespace millrace {

class BugFound : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] inline void fail_check(const char* condition, const char* file, int line,
                                    const std::string& why) {
  throw BugFound(std::string(file) + ":" + std::to_string(line) + ": " + why + " [" + condition +
                 "]");
}

}  // namespace millrace

#define CHECK(condition, why)                                      \
  do {                                                             \
    if (!(condition)) [[unlikely]]                                 \
      ::millrace::fail_check(#condition, __FILE__, __LINE__, why); \
  } while (false)
