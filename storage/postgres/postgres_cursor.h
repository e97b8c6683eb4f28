#pragma once
// Cursors over one view of the tables: a cursor of the server in a REPEATABLE READ transaction. The transaction, the
// cursor and its first page are one round trip; if that page was all, the connection is free at once, and the end of
// the transaction leaves without anybody waiting for it. So short walks cost one round trip.
//
// Memory is bounded, whatever the rows are: a page has 1,024 at most, and of values over 16 KiB only their size. These are
// read when the cursor comes to them, up to a megabyte of them (or one) in a round trip, in the same view. From the second
// page on a page has as many rows as fit into a megabyte if they are like those before.

#include "storage/ordered_store.h"
#include "storage/postgres/connection_pool.h"

#include <memory>
#include <string_view>

namespace millrace::storage {

/// What the cursor of one range reads: keys, values unless they are large, their sizes.
PostgresQuery scan_query(std::string_view prefix, Direction direction, std::string_view start_at);
/// What the cursor of many ranges reads, of which at least one may have rows.
PostgresQuery scan_many_query(const std::vector<KeyRange>& ranges, const ManyOptions& options);

class PostgresCursor final : public Cursor {
 public:
  /// `query`: one of the above. `rows_expected`: how many the first page may have.
  static Result<std::unique_ptr<PostgresCursor>> open(ConnectionPool::Lease connection,
                                                      const PostgresQuery& query,
                                                      std::size_t rows_expected);
  ~PostgresCursor() override;

  bool valid() const override { return at_ < page_.size(); }
  std::string_view key() const override;
  std::string_view value() const override;
  void next() override;
  Outcome status() const override;

 private:
  explicit PostgresCursor(ConnectionPool::Lease connection) : connection_(std::move(connection)) {}

  void take_page(PostgresRows page, std::size_t rows_asked);
  void read_page();
  bool is_large(std::size_t row) const;
  /// To be called where the cursor has come to a row.
  void reach_value();
  void read_large_values();
  void fail(Error failure);
  void end_transaction_if_read();
  void end_transaction();

  std::optional<ConnectionPool::Lease> connection_;  // until everything is there
  PostgresRows page_;
  bool is_last_page_ = false;
  std::size_t at_ = 0;
  std::size_t bytes_ = 0;       // of the page
  std::size_t large_left_ = 0;  // large values of the page that were not read yet
  PostgresRows large_;          // some of them, in the order of the page
  std::size_t large_at_ = 0;    // that of the row, if it is large
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
