#pragma once
// How an actor that threw tells its supervisor: the exception's text as the reason of its end.

#include <caf/error.hpp>
#include <caf/sec.hpp>

#include <exception>

namespace millrace {

inline caf::error crash_reason(std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& problem) {
    return caf::make_error(caf::sec::runtime_error, std::string(problem.what()));
  } catch (...) {
    return caf::make_error(caf::sec::runtime_error, std::string("an unknown exception"));
  }
}

}  // namespace millrace
