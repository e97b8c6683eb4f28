#include "storage/tables/subscription_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/hook_table.h"
#include "storage/tables/read_rows.h"

#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.project.text);
  record.text(2, row.user.text);
  record.text(3, row.integration);
  record.text(4, row.credential);
  record.text(5, row.webhook);
  record.text(6, row.intent);
  record.text(7, row.hook);
  record.number_if_any(9, row.is_asked);
  record.number_if_any(10, row.is_unwanted);
  record.number_if_any(11, row.refusals);
  record.number_if_any(12, row.attempts);
  record.text(13, row.definition);
  record.text(14, row.sealed);
  record.time(15, row.created);
  record.time(16, row.expires);
  record.time(17, row.next);
  record.text_if_any(19, row.why);
  record.number_if_any(20, row.is_erased);
};

std::string encode(const SubscriptionRow& row) {
  return write_record(record_version, row, [](auto& record, const auto& each) {
    fields(record, each);
    record.number(8, static_cast<std::uint64_t>(each.state));
    if (each.error) record.number(18, static_cast<std::uint64_t>(*each.error));
  });
}

Result<SubscriptionRow> decode(std::string_view bytes) {
  return read_record<SubscriptionRow>(bytes, "subscription", record_version,
                                      [](auto& record, auto& row) {
                                        fields(record, row);
                                        if (record.field() == 8) {
                                          std::uint8_t state = 0;
                                          record.number(state);
                                          if (state < 1 || state > 3)
                                            return record.fail("is no state of a subscription");
                                          row.state = static_cast<SubscriptionState>(state);
                                        }
                                        if (record.field() == 18) {
                                          std::uint16_t code = 0;
                                          record.number(code);
                                          row.error = error_code_from_number(code);
                                        }
                                      });
}

std::string key_of(const SubscriptionRow& row) {
  return keys::subscription(row.project, row.user, row.credential, row.webhook, row.intent);
}

std::string key_of(const LeftAccountRow& row) {
  return keys::left_account(row.project, row.user, row.id);
}

Result<LeftAccountRow> decode_account(std::string_view bytes) {
  auto row = CredentialTable::decode(bytes);
  if (!row) return row.error();
  return LeftAccountRow{std::move(*row)};
}

}  // namespace

std::string SubscriptionRow::place() const { return key_of(*this); }

void SubscriptionTable::put(WriteBatch& batch, const SubscriptionRow& row) {
  batch.put(key_of(row), encode(row));
}

void SubscriptionTable::remove(WriteBatch& batch, const SubscriptionRow& row) {
  batch.remove(key_of(row));
}

WakeRow SubscriptionTable::wake_of(const SubscriptionRow& row) {
  CHECK(row.next != Instant(), "a subscription without a time has no wake");
  return {row.next, WakeTarget::subscription_renewal, key_of(row), shard_of(row.project, row.user)};
}

Result<std::optional<SubscriptionRow>> SubscriptionTable::find(const std::string& key) const {
  return read_one<SubscriptionRow>(store_, key, decode);
}

Result<std::vector<SubscriptionRow>> SubscriptionTable::of_user(const ProjectId& project,
                                                                const UserId& user) const {
  return read_all<SubscriptionRow>(store_, keys::subscriptions(project, user), decode);
}

Outcome SubscriptionTable::of_project(const ProjectId& project, const ShardSet& shards,
                                      const std::function<Outcome(SubscriptionRow)>& each) const {
  std::vector<KeyRange> ranges;
  for (const ShardId shard : shards) ranges.push_back({keys::subscriptions(shard, project)});
  return visit_cursor<SubscriptionRow>(*store_.scan_many(std::move(ranges), {}), decode, each);
}

Outcome SubscriptionTable::visit(const ShardSet& shards,
                                 const std::function<Outcome(SubscriptionRow)>& each) const {
  return visit_shards<SubscriptionRow>(
      store_, shards, [](ShardId shard) { return keys::subscriptions(shard); }, decode, each);
}

Outcome SubscriptionTable::remove_user(WriteBatch& batch, const ProjectId& project,
                                       const UserId& user) const {
  const auto removed = visit_rows<SubscriptionRow>(
      store_, keys::subscriptions(project, user), decode, [&](SubscriptionRow row) -> Outcome {
        remove(batch, row);
        if (row.next != Instant()) WakeTable::remove(batch, wake_of(row));
        // One that another has taken the place of is found by its id alone. Not one that all accounts share.
        const auto hook = HookTable(store_).find(row.hook);
        if (!hook.ok()) return hook.error();
        if (*hook && (*hook)->place.user == user) HookTable::remove_id(batch, row.hook);
        return Done{};
      });
  if (!removed.ok()) return removed;
  return visit_rows<LeftAccountRow>(store_, keys::left_accounts(project, user), decode_account,
                                    [&](LeftAccountRow row) -> Outcome {
                                      batch.remove(key_of(row));
                                      return Done{};
                                    });
}

void LeftAccountTable::put(WriteBatch& batch, const LeftAccountRow& row) {
  batch.put(key_of(row), CredentialTable::encode(row));
}

void LeftAccountTable::remove(WriteBatch& batch, const ProjectId& project, const UserId& user,
                              const std::string& credential) {
  batch.remove(keys::left_account(project, user, credential));
}

Result<std::optional<LeftAccountRow>> LeftAccountTable::find(const ProjectId& project,
                                                             const UserId& user,
                                                             const std::string& credential) const {
  return read_one<LeftAccountRow>(store_, keys::left_account(project, user, credential),
                                  decode_account);
}

Outcome LeftAccountTable::visit(const ShardSet& shards,
                                const std::function<Outcome(LeftAccountRow)>& each) const {
  return visit_shards<LeftAccountRow>(
      store_, shards, [](ShardId shard) { return keys::left_accounts(shard); }, decode_account,
      each);
}

}  // namespace millrace::storage
