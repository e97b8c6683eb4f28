#include "storage/rocks/format_version.h"

#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/rocks/rocks_status.h"

#include <rocksdb/write_batch.h>

#include <array>
#include <memory>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr auto fields = [](auto& record, auto& version) { record.number(1, version); };

/// Brings a database from one version to the next. It must be possible to run it again after a
/// crash in its middle: the version row is raised only after it.
struct Migration {
  std::uint32_t from;
  Outcome (*run)(rocksdb::DB& database);
};

// In order, one per version that ever was. Version 1 is the first.
constexpr std::array<Migration, 0> migrations{};
static_assert(migrations.size() == format_version_current - 1);

Result<std::uint32_t> decode(std::string_view row) {
  return read_record<std::uint32_t>(row, "format version", record_version, fields);
}

Outcome write(rocksdb::DB& database, std::uint32_t version) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const auto status = database.Put(options, keys::format_version(), encode_format_version(version));
  if (!status.ok()) return error_of(status, "Writing the format version");
  return Done{};
}

Result<bool> is_empty(rocksdb::DB& database) {
  const std::unique_ptr<rocksdb::Iterator> rows(database.NewIterator(rocksdb::ReadOptions()));
  rows->SeekToFirst();
  if (!rows->status().ok()) return error_of(rows->status(), "Reading the first row");
  return !rows->Valid();
}

Outcome migrate(rocksdb::DB& database, std::uint32_t version) {
  for (const Migration& migration : migrations) {
    if (migration.from < version) continue;
    if (const auto migrated = migration.run(database); !migrated.ok()) return migrated;
    if (const auto raised = write(database, migration.from + 1); !raised.ok()) return raised;
  }
  return Done{};
}

/// All rows but the version.
Outcome empty(rocksdb::DB& database) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const std::string version = keys::format_version();
  const std::string behind = version + '\0';
  rocksdb::WriteBatch rows;
  auto added = rows.DeleteRange(rocksdb::Slice(), version);
  if (added.ok()) added = rows.DeleteRange(behind, keys::end_of_prefix(""));
  if (!added.ok()) return error_of(added, "Emptying the directory");
  const auto status = database.Write(options, &rows);
  if (!status.ok()) return error_of(status, "Emptying the directory");
  return Done{};
}

Outcome check_to_fill(rocksdb::DB& database, const std::string& directory, std::uint32_t version) {
  if (version == format_version_filling) return empty(database);
  return Error(ErrorCode::conflict,
               "The directory " + directory + " is a data directory already. Name a new one.");
}

}  // namespace

std::string encode_format_version(std::uint32_t version) {
  return write_record(record_version, version, fields);
}

Outcome check_format_version(rocksdb::DB& database, const std::string& directory,
                             OpenedTo purpose) {
  const bool is_filled = purpose == OpenedTo::be_filled;
  std::string row;
  const auto status = database.Get(rocksdb::ReadOptions(), keys::format_version(), &row);
  if (status.IsNotFound()) {
    const auto has_none = is_empty(database);
    if (!has_none.ok()) return has_none.error();
    if (*has_none)
      return write(database, is_filled ? format_version_filling : format_version_current);
    return Error(ErrorCode::corrupt_data,
                 "The directory " + directory +
                     " holds a database without a format version: it is not a data directory of "
                     "Millrace, or rows of it are lost.");
  }
  if (!status.ok()) return error_of(status, "Reading the format version of " + directory);

  const auto version = decode(row);
  if (!version.ok()) return version.error();
  if (is_filled) return check_to_fill(database, directory, *version);
  if (*version == format_version_filling) {
    return Error(
        ErrorCode::format_not_supported,
        "The directory " + directory +
            " is being filled by \"millrace move\", or that was interrupted: run it again.");
  }
  if (*version > format_version_current) {
    return Error(ErrorCode::format_not_supported,
                 "The data directory " + directory + " has format version " +
                     std::to_string(*version) + "; this program supports versions up to " +
                     std::to_string(format_version_current) + ". Start a newer program on it.");
  }
  return migrate(database, *version);
}

}  // namespace millrace::storage
