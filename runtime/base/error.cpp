#include "runtime/base/error.h"

#include <array>

namespace millrace {
namespace {

struct Row {
  ErrorCode code;
  std::string_view wire;
  int status;
  RetryClass retry;
};

constexpr std::array rows{
#define X(name, number, wire, status, retry) Row{ErrorCode::name, wire, status, RetryClass::retry},
    MILLRACE_ERROR_CODES(X)
#undef X
};

// The table is dense (codes 1, 2, 3, ...), so that a code is its row's position.
constexpr bool is_dense() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].code) != i + 1) return false;
  }
  return true;
}
static_assert(is_dense());

const Row& row(ErrorCode code) { return rows[static_cast<std::size_t>(code) - 1]; }

}  // namespace

std::string_view wire_name(ErrorCode code) { return row(code).wire; }

ErrorCode error_code_from_number(std::uint16_t number) {
  if (number == 0 || number > rows.size()) return ErrorCode::internal_error;
  return static_cast<ErrorCode>(number);
}

int http_status(ErrorCode code) { return row(code).status; }

RetryClass retry_class(ErrorCode code) { return row(code).retry; }

bool means_shard_moved(ErrorCode code) { return public_code(code) == ErrorCode::shard_moved; }

ErrorCode public_code(ErrorCode code) {
  return code == ErrorCode::stale_epoch ? ErrorCode::shard_moved : code;
}

}  // namespace millrace
