#pragma once
// Pages of a log, the newest entries first: what the tables of logs share.

#include "runtime/base/log_place.h"
#include "storage/tables/read_rows.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace millrace::storage {

/// Entries that one page looks at, whatever it finds.
inline constexpr std::size_t log_page_looked_at_max = 10'000;

/// How many of them are read at first: those of the page, or as many as a filter may well need for it.
inline std::size_t log_piece(std::size_t limit, bool is_filtered) {
  constexpr std::size_t filtered_min = 256;
  return std::clamp<std::size_t>(limit, is_filtered ? filtered_min : 1, log_page_looked_at_max);
}

template <class Row>
struct LogPage {
  std::vector<Row> entries;  // newest first
  /// Where the next page begins; nothing: that was all. A page may have fewer entries than asked for, or
  /// none, when many were looked at that do not match.
  std::optional<LogPlace> next;
};

/// `cursor` walks backward in time, from where the page begins. A row has `at` and `number`.
template <class Row, class Matches>
Result<LogPage<Row>> read_log_page(Cursor& cursor, Decode<Row> decode, std::size_t limit,
                                   const Matches& matches) {
  LogPage<Row> page;
  std::size_t looked_at = 0;
  for (; cursor.valid(); cursor.next()) {
    auto row = decode(cursor.value());
    if (!row.ok()) return row.error();
    const LogPlace place{row->at, row->number};
    if (matches(*row)) page.entries.push_back(std::move(*row));
    if (++looked_at == log_page_looked_at_max || page.entries.size() == limit) {
      page.next = place;
      break;
    }
  }
  if (const auto read = cursor.status(); !read.ok()) return read.error();
  return page;
}

}  // namespace millrace::storage
