#include "storage/tables/pause_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.user.text);
  record.text(3, row.account);
  record.time(4, row.until);
  record.number(5, row.status);
};

Result<PauseRow> decode(std::string_view bytes) {
  return read_record<PauseRow>(bytes, "pause", record_version, fields);
}

std::string key_of(const PauseRow& row) { return keys::pause(row.project, row.user, row.account); }

WakeRow wake_of(const PauseRow& row) {
  return {row.until, WakeTarget::pause_end, key_of(row), shard_of(row.project, row.user)};
}

}  // namespace

WakeRow PauseTable::put(WriteBatch& batch, const PauseRow& row) {
  CHECK(!row.account.empty(), "a pause is of an account");
  batch.put(key_of(row), write_record(record_version, row, fields));
  const WakeRow wake = wake_of(row);
  WakeTable::put(batch, wake);
  return wake;
}

Result<std::optional<PauseRow>> PauseTable::find(const WakeRow& wake) const {
  return read_one<PauseRow>(store_, wake.target_key, decode);
}

void PauseTable::end(WriteBatch& batch, const WakeRow& wake, const std::optional<PauseRow>& row,
                     Instant now) {
  WakeTable::remove(batch, wake);
  if (row && row->until <= now) batch.remove(key_of(*row));
}

Outcome PauseTable::visit(const ShardSet& shards,
                          const std::function<Outcome(PauseRow)>& each) const {
  return visit_shards<PauseRow>(store_, shards, keys::pauses, decode, each);
}

Outcome PauseTable::remove_user(WriteBatch& batch, const ProjectId& project,
                                const UserId& user) const {
  return visit_rows<PauseRow>(store_, keys::pauses(project, user), decode,
                              [&](const PauseRow& row) -> Outcome {
                                batch.remove(key_of(row));
                                WakeTable::remove(batch, wake_of(row));
                                return Done{};
                              });
}

}  // namespace millrace::storage
