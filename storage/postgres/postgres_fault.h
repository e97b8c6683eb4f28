#pragma once
// Why a statement has no answer, and what that is to us. PostgreSQL names its errors by SQLSTATE; a connection that
// is lost has none.

#include "runtime/base/error.h"

#include <string>
#include <string_view>

namespace millrace::storage {

struct PostgresFault {
  std::string
      state;  // SQLSTATE, five characters; empty: the connection failed, or nobody answered in time
  std::string message;  // what PostgreSQL or libpq says
  /// The connection is of no use any more, and whether the statement took effect is not known. Otherwise it was
  /// rolled back, and the connection is as good as before.
  bool is_lost = false;
};

/// `doing` completes the sentence "... failed", e.g. "A commit". What gets better by itself (no connection, a full
/// disk, a lock, a database that is read-only after a failover) is `overloaded`, damage `corrupt_data`, what PostgreSQL
/// can never store `limit_exceeded`, everything else `storage_failed`.
Error error_of(const PostgresFault& fault, std::string_view doing);

}  // namespace millrace::storage
