#pragma once
// Cursors over one view of the tables: a cursor of the server in a REPEATABLE READ transaction. The transaction, the
// cursor and its first page are one round trip; if that page was all, the connection is free at once, and the end of
// the transaction leaves without anybody waiting for it. So short walks cost one round trip.
//
// Pages are bounded by their bytes as far as those can be foreseen: from the second page on, as many rows as fit into
// `page_bytes` if they are like those before.

#include "storage/ordered_store.h"
#include "storage/postgres/connection_pool.h"

#include <memory>
#include <string_view>

namespace millrace::storage {

/// What the cursor of one range reads.
PostgresQuery scan_query(std::string_view prefix, Direction direction, std::string_view start_at);
/// What the cursor of many ranges reads, of which at least one may have rows.
PostgresQuery scan_many_query(const std::vector<KeyRange>& ranges, const ManyOptions& options);

class PostgresCursor final : public Cursor {
 public:
  /// `query` answers keys and values. `rows_expected`: how many the first page may have.
  static Result<std::unique_ptr<PostgresCursor>> open(ConnectionPool::Lease connection, const PostgresQuery& query,
                                                      std::size_t rows_expected, Moment deadline);
  ~PostgresCursor() override;

  bool valid() const override { return at_ < page_.size(); }
  std::string_view key() const override;
  std::string_view value() const override;
  void next() override;
  Outcome status() const override;

 private:
  PostgresCursor(ConnectionPool::Lease connection, PostgresRows page)
      : connection_(std::move(connection)), page_(std::move(page)) {}

  void take_page(PostgresRows page, std::size_t rows_asked);
  void read_page();
  void end_transaction();

  std::optional<ConnectionPool::Lease> connection_;  // until the last page is there
  PostgresRows page_;
  std::size_t at_ = 0;
  std::size_t bytes_ = 0;  // of the page
  std::optional<Error> failure_;
};

/// Over nothing, or where there is nothing to be read.
class NoRowsCursor final : public Cursor {
 public:
  NoRowsCursor() = default;
  explicit NoRowsCursor(Error failure) : failure_(std::move(failure)) {}

  bool valid() const override { return false; }
  std::string_view key() const override;
  std::string_view value() const override;
  void next() override;
  Outcome status() const override { return failure_ ? Outcome(*failure_) : Done{}; }

 private:
  const std::optional<Error> failure_;
};

}  // namespace millrace::storage
