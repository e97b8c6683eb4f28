#include "storage/cached_store.h"

#include "runtime/base/check.h"
#include "storage/keys.h"

#include <functional>

namespace millrace::storage {
namespace {

/// Beside its bytes, roughly: nodes of the map and of the pointers.
constexpr std::size_t entry_overhead_bytes = 200;

// A row and the range that begins with its key are two reads.
std::string read_of_row(std::string_view key) { return "=" + std::string(key); }
std::string read_of_range(std::string_view prefix) { return "*" + std::string(prefix); }

std::size_t bytes_of(const std::pair<std::string, std::string>& row) {
  return row.first.size() + row.second.size();
}

}  // namespace

/// Walks rows that are remembered.
class CachedStore::RowsCursor final : public Cursor {
 public:
  explicit RowsCursor(SharedRows rows) : rows_(std::move(rows)) {}
  bool valid() const override { return at_ < rows_->size(); }
  std::string_view key() const override { return row().first; }
  std::string_view value() const override { return row().second; }
  void next() override {
    CHECK(valid(), "a cursor past its end cannot move");
    ++at_;
  }
  Outcome status() const override { return Done{}; }

 private:
  const Row& row() const {
    CHECK(valid(), "a cursor past its end has no row");
    return (*rows_)[at_];
  }

  const SharedRows rows_;
  std::size_t at_ = 0;
};

CachedStore::CachedStore(std::unique_ptr<OrderedStore> store, CachedStoreOptions options)
    : store_(std::move(store)), options_(options) {
  CHECK(store_ != nullptr, "there is nothing to remember the rows of");
  const std::size_t bytes = options_.bytes_max / stripes;
  for (std::size_t i = 0; i < stripes; ++i) {
    stripes_.emplace_back(RecentMapLimits{bytes / entry_overhead_bytes + 1, bytes});
  }
}

// --- writing --------------------------------------------------------------------------------------

Outcome CachedStore::commit(const WriteBatch& batch) {
  auto committed = store_->commit(batch);
  note_written(batch);  // of one that failed, too: what it has left is not known
  return committed;
}

void CachedStore::note_written(const WriteBatch& batch) {
  // No prefix that a batch may name is of more than one kind.
  for (const WriteBatch::Operation& operation : batch.operations()) {
    if (keys::is_lookup(operation.key)) ++written(operation.key);
  }
}

Result<std::vector<Epoch>> CachedStore::claim(std::span<const ShardId> shards) {
  auto epochs = store_->claim(shards);
  for (auto& counter : written_) ++counter;
  return epochs;
}

// --- reading --------------------------------------------------------------------------------------

Result<std::optional<std::string>> CachedStore::get(std::string_view key) const {
  if (!keys::is_lookup(key)) return store_->get(key);
  const std::string read = read_of_row(key);
  if (const auto found = find(read)) {
    if (found->rows->empty()) return std::optional<std::string>();
    return std::optional(found->rows->front().second);
  }
  const std::uint64_t before = written(key);
  auto value = store_->get(key);
  if (!value) return value;
  std::vector<Row> rows;
  if (*value) rows.emplace_back(std::string(), **value);
  if (rows.empty() || bytes_of(rows.front()) <= options_.range_bytes_max) {
    remember(read, {before, std::make_shared<const std::vector<Row>>(std::move(rows))});
  }
  return value;
}

std::unique_ptr<Cursor> CachedStore::scan(std::string_view prefix, Direction direction,
                                          std::string_view start_at) const {
  const bool is_whole = direction == Direction::forward && start_at.empty();
  if (!is_whole || !keys::is_lookup(prefix)) return store_->scan(prefix, direction, start_at);
  const std::string read = read_of_range(prefix);
  const auto found = find(read);
  if (found && found->rows != nullptr) return std::make_unique<RowsCursor>(found->rows);
  const std::uint64_t before = written(prefix);
  auto cursor = store_->scan(prefix, direction, start_at);
  if (found) return cursor;  // it is long

  std::vector<Row> rows;
  std::size_t bytes = 0;
  for (; cursor->valid(); cursor->next()) {
    rows.emplace_back(cursor->key(), cursor->value());
    bytes += bytes_of(rows.back());
    if (rows.size() <= options_.rows_max && bytes <= options_.range_bytes_max) continue;
    remember(read, {before, nullptr});
    return store_->scan(prefix, direction, start_at);
  }
  if (!cursor->status()) return cursor;
  auto shared = std::make_shared<const std::vector<Row>>(std::move(rows));
  remember(read, {before, shared});
  return std::make_unique<RowsCursor>(std::move(shared));
}

std::unique_ptr<Cursor> CachedStore::scan_many(std::vector<KeyRange> ranges,
                                               const ManyOptions& options) const {
  return store_->scan_many(std::move(ranges), options);
}

// --- remembering ----------------------------------------------------------------------------------

std::optional<CachedStore::Entry> CachedStore::find(const std::string& read) const {
  const std::uint64_t now = written(std::string_view(read).substr(1));
  Stripe& stripe = stripe_of(read);
  const std::lock_guard lock(stripe.mutex);
  const Entry* const entry = stripe.entries.find(read);
  if (entry == nullptr || entry->written != now) {
    ++misses_;
    return std::nullopt;
  }
  ++hits_;
  return *entry;
}

void CachedStore::remember(const std::string& read, Entry entry) const {
  std::size_t bytes = read.size() + entry_overhead_bytes;
  if (entry.rows != nullptr) {
    for (const Row& row : *entry.rows) bytes += bytes_of(row);
  }
  Stripe& stripe = stripe_of(read);
  const std::lock_guard lock(stripe.mutex);
  stripe.entries.put(read, std::move(entry), bytes);
}

CachedStore::Stripe& CachedStore::stripe_of(const std::string& read) const {
  return stripes_[std::hash<std::string>()(read) % stripes];
}

std::atomic<std::uint64_t>& CachedStore::written(std::string_view key) const {
  return written_[static_cast<std::size_t>(keys::shard_in(key)) % shard_count];
}

}  // namespace millrace::storage
