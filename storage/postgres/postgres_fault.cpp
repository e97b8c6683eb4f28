#include "storage/postgres/postgres_fault.h"

#include <array>
#include <utility>

namespace millrace::storage {
namespace {

/// The beginning of a SQLSTATE and what it means here; the first that fits counts.
struct Meaning {
  std::string_view state;
  ErrorCode code;
  std::string_view remark;
};

constexpr std::array<Meaning, 13> meanings{{
    {"25006", ErrorCode::overloaded,
     "the database is read-only: a standby, or a primary that has been replaced. Commits go on "
     "when it can be written."},
    {"25P03", ErrorCode::overloaded, "nobody has asked for more rows for too long"},
    {"53100", ErrorCode::overloaded,
     "the disk of PostgreSQL is full. Work goes on when there is space."},
    {"53", ErrorCode::overloaded, "PostgreSQL lacks something that it needs"},
    {"57", ErrorCode::overloaded, "PostgreSQL was told to stop this"},
    {"55P03", ErrorCode::overloaded, "somebody else holds a lock for too long"},
    {"40", ErrorCode::overloaded, "PostgreSQL gave up in favour of another transaction"},
    {"08", ErrorCode::overloaded, "there is no connection to PostgreSQL"},
    {"54000", ErrorCode::limit_exceeded, "PostgreSQL cannot store this"},
    {"XX001", ErrorCode::corrupt_data, "stored data is damaged"},
    {"XX002", ErrorCode::corrupt_data, "an index is damaged"},
    {"28", ErrorCode::storage_failed, "PostgreSQL does not let us in"},
    {"42501", ErrorCode::storage_failed, "the role may not do this"},
}};

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) line += c == '\n' || c == '\t' ? ' ' : c;
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

Error error_of(const PostgresFault& fault, std::string_view doing) {
  const std::string what = std::string(doing) + " failed: ";
  const std::string said = one_line(fault.message);
  for (const Meaning& meaning : meanings) {
    if (!fault.state.starts_with(meaning.state)) continue;
    return Error(meaning.code, what + std::string(meaning.remark) + " (" + said + ')');
  }
  if (fault.state.empty()) {
    // libpq looks for a server that can be written, and says so in words alone.
    const bool is_read_only = said.find("session is read-only") != std::string::npos;
    return Error(
        ErrorCode::overloaded,
        what + (is_read_only ? std::string(meanings[0].remark) + " (" + said + ')' : said));
  }
  return Error(ErrorCode::storage_failed, what + said + " (SQLSTATE " + fault.state + ')');
}

}  // namespace millrace::storage
