#include "storage/maintenance/run_keys.h"

#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/read_rows.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto fields = [](auto& record, auto& row) {
  record.text(1, row.key_id);
  record.text(2, row.sealed);
};

Result<RunKeyRow> decode(std::string_view bytes) {
  return read_record<RunKeyRow>(bytes, "run key", record_version, fields);
}

Result<Sealer> make_run_key(OrderedStore& store, const Sealer& secrets) {
  SealingKey key = SealingKey::make();
  std::string hex = key.hex();
  RunKeyRow row{key.id(), {}};
  row.sealed = secrets.seal(hex, row.place());
  wipe(hex);
  WriteBatch batch;
  RunKeyTable::put(batch, row);
  if (auto stored = store.commit(std::move(batch)); !stored) return stored.error();
  return Sealer(std::move(key));
}

}  // namespace

std::string RunKeyRow::place() const { return keys::run_key(key_id); }

void RunKeyTable::put(WriteBatch& batch, const RunKeyRow& row) {
  batch.put(row.place(), write_record(record_version, row, fields));
}

Outcome RunKeyTable::visit(const std::function<Outcome(RunKeyRow)>& each) const {
  return visit_rows<RunKeyRow>(store_, keys::run_keys(), decode, each);
}

Result<std::vector<std::string>> secrets_keys_used(const OrderedStore& store) {
  std::vector<std::string> ids;
  const auto visited = RunKeyTable(store).visit([&](const RunKeyRow& row) -> Outcome {
    std::string id = sealing_key_id(row.sealed);
    const bool is_known = std::find(ids.begin(), ids.end(), id) != ids.end();
    if (!id.empty() && !is_known) ids.push_back(std::move(id));
    return Done{};
  });
  if (!visited) return visited.error();
  return ids;
}

Result<Sealer> open_run_key(OrderedStore& store, const Sealer& secrets) {
  std::optional<SealingKey> key;
  const auto visited = RunKeyTable(store).visit([&](const RunKeyRow& row) -> Outcome {
    if (key || !secrets.has_sealed(row.sealed)) return Done{};
    auto hex = secrets.unseal(row.sealed, row.place());
    if (!hex) return hex.error();
    auto parsed = SealingKey::parse(*hex);
    wipe(*hex);
    if (!parsed) return Error(ErrorCode::corrupt_data, "a run key is damaged");
    key = std::move(*parsed);
    return Done{};
  });
  if (!visited) return visited.error();
  if (key) return Sealer(std::move(*key));
  return make_run_key(store, secrets);
}

}  // namespace millrace::storage
