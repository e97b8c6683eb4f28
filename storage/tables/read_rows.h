#pragma once
// How the tables read their rows: one, those of a key range, or those of a kind on all shards.

#include "runtime/base/shard.h"
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

/// The rows of one key range, in key order.
template <class Row>
Outcome visit_rows(const OrderedStore& store, const std::string& prefix, Decode<Row> decode,
                   const VisitRow<Row>& each) {
  const auto cursor = store.scan(prefix);
  for (; cursor->valid(); cursor->next()) {
    auto row = decode(cursor->value());
    if (!row.ok()) return row.error();
    if (auto visited = each(std::move(*row)); !visited.ok()) return visited;
  }
  return cursor->status();
}

/// The rows of one kind on all shards; `prefix` gives the range of a shard.
template <class Row>
Outcome visit_shards(const OrderedStore& store, std::string (*prefix)(ShardId), Decode<Row> decode,
                     const VisitRow<Row>& each) {
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    const auto visited = visit_rows<Row>(store, prefix(ShardId{shard}), decode, each);
    if (!visited.ok()) return visited;
  }
  return Done{};
}

}  // namespace millrace::storage
