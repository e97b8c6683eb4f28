#pragma once
// How the tables read their rows: one, those of a key range, or those of a kind on some shards.

#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::storage {

template <class Row>
using Decode = Result<Row> (*)(std::string_view);

/// Takes one row of a walk; an error ends the walk.
template <class Row>
using VisitRow = std::function<Outcome(Row)>;

template <class Row>
Result<std::optional<Row>> read_one(const OrderedStore& store, const std::string& key,
                                    Decode<Row> decode) {
  const auto bytes = store.get(key);
  if (!bytes.ok()) return bytes.error();
  if (!*bytes) return std::optional<Row>();
  auto row = decode(**bytes);
  if (!row.ok()) return row.error();
  return std::optional<Row>(std::move(*row));
}

/// The rest of a walk. A row that cannot be read ends it.
template <class Row>
Outcome visit_cursor(Cursor& cursor, Decode<Row> decode, const VisitRow<Row>& each) {
  for (; cursor.valid(); cursor.next()) {
    auto row = decode(cursor.value());
    if (!row.ok()) return row.error();
    if (auto visited = each(std::move(*row)); !visited.ok()) return visited;
  }
  return cursor.status();
}

/// The rows of one key range, in key order.
template <class Row>
Outcome visit_rows(const OrderedStore& store, const std::string& prefix, Decode<Row> decode,
                   const VisitRow<Row>& each) {
  return visit_cursor<Row>(*store.scan(prefix), decode, each);
}

/// Likewise, all at once: for ranges that a limit bounds.
template <class Row>
Result<std::vector<Row>> read_all(const OrderedStore& store, const std::string& prefix,
                                  Decode<Row> decode) {
  std::vector<Row> rows;
  const auto read = visit_rows<Row>(store, prefix, decode, [&](Row row) -> Outcome {
    rows.push_back(std::move(row));
    return Done{};
  });
  if (!read.ok()) return read.error();
  return rows;
}

/// The rows of one kind on some shards, one shard after the other; `prefix` gives the range of a shard.
template <class Row>
Outcome visit_shards(const OrderedStore& store, const ShardSet& shards,
                     std::string (*prefix)(ShardId), Decode<Row> decode,
                     const VisitRow<Row>& each) {
  std::vector<KeyRange> ranges;
  for (const ShardId shard : shards) ranges.push_back({prefix(shard)});
  return visit_cursor<Row>(*store.scan_many(std::move(ranges), {}), decode, each);
}

}  // namespace millrace::storage
