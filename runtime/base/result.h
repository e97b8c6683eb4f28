#pragma once
// Result<T>: a value, or the reason why the user's input or the outside world did not allow one.
// Bugs of our own are not results (see check.h); exceptions of libraries are caught in the adapter
// that calls the library and turned into one of the two.

#include "runtime/base/check.h"
#include "runtime/base/error.h"

#include <string>
#include <utility>
#include <variant>

namespace millrace {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return checked(); }
  const T& value() const& { return const_cast<Result*>(this)->checked(); }
  T&& value() && { return std::move(checked()); }
  T& operator*() & { return checked(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    CHECK(!ok(), "asked a success for its error");
    return std::get<1>(content_);
  }

 private:
  T& checked() {
    CHECK(ok(), "asked a failure for its value: " + std::get<1>(content_).message);
    return std::get<0>(content_);
  }

  std::variant<T, Error> content_;
};

/// Success without a value.
struct Done {};
using Outcome = Result<Done>;

/// Drops a result on purpose; `why` is for the reader.
template <class T>
void ignore_result(const Result<T>&, const char* /*why*/) {}

}  // namespace millrace
