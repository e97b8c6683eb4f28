#include "storage/maintenance/move_rows.h"

#include "storage/crypto/content_hash.h"
#include "storage/keys.h"

#include <string>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::size_t batch_bytes = 1u << 20;
constexpr std::uint64_t rows_between_reports = 10'000;

void add(StoreContents& contents, std::string_view key, std::string_view value) {
  std::string row(contents.digest.begin(), contents.digest.end());
  for (int shift = 56; shift >= 0; shift -= 8) {
    row += static_cast<char>(
        static_cast<std::uint8_t>(static_cast<std::uint64_t>(key.size()) >> shift));
  }
  row += key;
  row += value;
  contents.digest = content_hash(row);
  contents.bytes += key.size() + value.size();
  ++contents.rows;
}

/// Visits every row that is not the store's own.
template <class Visit>
Result<StoreContents> walk(const OrderedStore& store, const MoveProgress& progress,
                           const Visit& visit) {
  StoreContents contents;
  const auto cursor = store.scan("", Direction::forward, {});
  for (; cursor->valid(); cursor->next()) {
    if (keys::is_reserved(cursor->key())) continue;
    add(contents, cursor->key(), cursor->value());
    if (const Outcome visited = visit(cursor->key(), cursor->value()); !visited)
      return visited.error();
    if (progress && contents.rows % rows_between_reports == 0) progress(contents);
  }
  if (const Outcome read = cursor->status(); !read) return read.error();
  return contents;
}

}  // namespace

Result<StoreContents> read_contents(const OrderedStore& store, const MoveProgress& progress) {
  return walk(store, progress,
              [](std::string_view, std::string_view) -> Outcome { return Done{}; });
}

Result<StoreContents> move_rows(MovableStore& from, MovableStore& to, const MoveProgress& copying,
                                const MoveProgress& comparing) {
  WriteBatch batch;
  const auto copied =
      walk(from, copying, [&](std::string_view key, std::string_view value) -> Outcome {
        batch.put(std::string(key), std::string(value));
        return batch.bytes() < batch_bytes ? Outcome(Done{}) : to.commit(std::exchange(batch, {}));
      });
  if (!copied) return copied;
  if (const Outcome written = to.commit(batch); !written) return written.error();

  const auto found = read_contents(to, comparing);
  if (!found) return found;
  if (*found != *copied) {
    return Error(ErrorCode::corrupt_data,
                 "The target does not hold what was written to it: " + std::to_string(found->rows) +
                     " rows instead of " + std::to_string(copied->rows) +
                     ", or other ones. The source is as it was; move again.");
  }
  // Whoever has taken the source meanwhile has acknowledged what is not in the copy.
  if (const Outcome ours = from.commit(WriteBatch()); !ours) return ours.error();
  if (const Outcome ended = to.end_filling(from.epochs()); !ended) return ended.error();
  return copied;
}

}  // namespace millrace::storage
