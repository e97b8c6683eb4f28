#pragma once
// What threads beside the actors do about an exception. It is a bug, or memory is short; either way it
// must cost one piece of work, and neither the process nor the thread.

#include "runtime/base/log.h"
#include "runtime/base/result.h"

#include <exception>
#include <new>
#include <string>
#include <utility>

namespace millrace {

/// Does one piece of a thread's work; an exception is logged. `who` begins the sentence.
template <class Work>
void survive(const LogSink& log, const char* who, Work&& work) {
  try {
    std::forward<Work>(work)();
  } catch (const std::exception& problem) {
    log(LogLevel::error, std::string(who) + " met a bug and goes on: " + problem.what());
  }
}

/// What `read` returns, for somebody who waits for an answer: an exception becomes an error.
template <class Read>
auto answer_of(Read&& read) -> decltype(read()) {
  try {
    return std::forward<Read>(read)();
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::limit_exceeded, "there is not enough memory to read what is stored");
  } catch (const std::exception& problem) {
    return Error(ErrorCode::corrupt_data,
                 std::string("what is stored cannot be used: ") + problem.what());
  }
}

}  // namespace millrace
