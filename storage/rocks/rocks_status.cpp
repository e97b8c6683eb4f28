#include "storage/rocks/rocks_status.h"

#include "runtime/base/check.h"

#include <string>

namespace millrace::storage {

Error error_of(const rocksdb::Status& status, std::string_view doing) {
  CHECK(!status.ok(), "a success is not an error");
  const std::string what = std::string(doing) + " failed: ";
  if (status.IsNoSpace()) {
    return Error(ErrorCode::overloaded,
                 what + "the disk is full. Work goes on when there is space.");
  }
  if (status.IsCorruption()) {
    return Error(ErrorCode::corrupt_data, what + "stored data is damaged: " + status.ToString());
  }
  return Error(ErrorCode::storage_failed, what + status.ToString());
}

}  // namespace millrace::storage
