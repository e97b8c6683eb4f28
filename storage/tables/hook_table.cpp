#include "storage/tables/hook_table.h"

#include "runtime/base/check.h"
#include "runtime/text/hex_text.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/kept_token_table.h"
#include "storage/tables/read_rows.h"

#include <array>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::size_t random_bytes = 16;
static_assert(shard_count <= 256, "a hook's id begins with its shard in one byte");

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.id);
  record.text(2, row.place.project.text);
  record.text_if_any(3, row.place.user.text);
  record.text(4, row.place.integration);
  record.text_if_any(5, row.place.credential);
  record.text(6, row.place.webhook);
  record.time(7, row.created);
};

Result<HookRow> decode(std::string_view bytes) {
  return read_record<HookRow>(bytes, "hook", record_version, fields);
}

std::string key_of(const HookPlace& place) {
  return keys::hook_place(place.project, place.user, place.integration, place.credential,
                          place.webhook);
}

}  // namespace

std::string make_hook_id(ShardId shard, Random& random) {
  std::array<std::uint8_t, 1 + random_bytes> bytes{};
  random.fill(bytes);
  bytes[0] = static_cast<std::uint8_t>(shard);
  return to_hex(std::span<const std::uint8_t>(bytes));
}

std::optional<ShardId> shard_of_hook(std::string_view id) {
  if (id.size() != 2 * (1 + random_bytes)) return std::nullopt;
  for (const char c : id) {
    if (hex_digit(c) < 0 || (c >= 'A' && c <= 'F')) return std::nullopt;
  }
  return static_cast<ShardId>(16 * hex_digit(id[0]) + hex_digit(id[1]));
}

void HookTable::put(WriteBatch& batch, const HookRow& row) {
  const auto shard = shard_of_hook(row.id);
  CHECK(shard == row.place.shard(), "a hook's id names another shard than its place");
  const std::string value = write_record(record_version, row, fields);
  batch.put(keys::hook(*shard, row.id), value);
  batch.put(key_of(row.place), value);
}

void HookTable::remove(WriteBatch& batch, const HookRow& row) {
  batch.remove(keys::hook(row.place.shard(), row.id));
  batch.remove(key_of(row.place));
  KeptTokenTable::remove(batch, row.id);
}

void HookTable::remove_id(WriteBatch& batch, std::string_view id) {
  if (const auto shard = shard_of_hook(id)) batch.remove(keys::hook(*shard, id));
  KeptTokenTable::remove(batch, id);
}

Result<std::optional<HookRow>> HookTable::find(std::string_view id) const {
  const auto shard = shard_of_hook(id);
  if (!shard) return std::optional<HookRow>();
  return read_one<HookRow>(store_, keys::hook(*shard, id), decode);
}

Result<std::optional<HookRow>> HookTable::find(const HookPlace& place) const {
  return read_one<HookRow>(store_, key_of(place), decode);
}

Result<std::vector<HookRow>> HookTable::of_user(const ProjectId& project,
                                                const UserId& user) const {
  CHECK(!user.empty(), "a user has an id");
  return read_all<HookRow>(store_, keys::hooks(project, user), decode);
}

Outcome HookTable::remove_of_user(WriteBatch& batch, const ProjectId& project, const UserId& user,
                                  std::string_view credential) const {
  const auto rows = of_user(project, user);
  if (!rows.ok()) return rows.error();
  for (const HookRow& row : *rows) {
    if (credential.empty() || row.place.credential == credential) remove(batch, row);
  }
  return Done{};
}

}  // namespace millrace::storage
