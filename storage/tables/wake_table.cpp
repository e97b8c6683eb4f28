#include "storage/tables/wake_table.h"

#include "storage/keys.h"
#include "storage/record_codec.h"

#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

/// The key holds everything; later fields find their place here.
constexpr auto fields = [](auto&, auto&) {};

std::string key_of(const WakeRow& wake) {
  return keys::wake(wake.shard, wake.due, static_cast<std::uint8_t>(wake.target), wake.target_key);
}

}  // namespace

void WakeTable::put(WriteBatch& batch, const WakeRow& wake) {
  batch.put(key_of(wake), write_record(record_version, wake, fields));
}

void WakeTable::remove(WriteBatch& batch, const WakeRow& wake) { batch.remove(key_of(wake)); }

Result<WakeRow> decode_wake(std::string_view key, std::string_view value) {
  auto parts = keys::parse_wake(key);
  if (!parts) {
    return Error(ErrorCode::corrupt_data, "The table \"wake\" holds a row with a damaged key.");
  }
  WakeRow row{parts->due, WakeTarget{parts->target}, std::move(parts->target_key), parts->shard};
  return read_record(value, "wake", record_version, fields, std::move(row));
}

}  // namespace millrace::storage
