#pragma once
// Values as PostgreSQL's binary protocol has them: parameters of a statement, and the rows of its answer. Numbers are
// big endian; an array is a header and, for each element, a length and its bytes. Source: PostgreSQL,
// src/backend/utils/adt/{int,int8,varlena,uuid,arrayfuncs}.c (the `*_send` and `*_recv` functions).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace millrace::storage {

/// The parameters of one statement, in order.
class PostgresParameters {
 public:
  PostgresParameters& number2(std::int16_t value);
  PostgresParameters& number4(std::int32_t value);
  PostgresParameters& number8(std::int64_t value);
  PostgresParameters& text(std::string_view value);
  PostgresParameters& bytes(std::string_view value);
  /// 16 bytes.
  PostgresParameters& uuid(std::string_view value);
  PostgresParameters& bytes_array(std::span<const std::string_view> values);
  PostgresParameters& number2_array(std::span<const std::int16_t> values);
  PostgresParameters& number8_array(std::span<const std::int64_t> values);

  std::size_t size() const { return values_.size(); }
  /// PostgreSQL's number of each one's type.
  const std::vector<unsigned>& types() const { return types_; }
  const std::vector<std::string>& values() const { return values_; }

 private:
  PostgresParameters& add(unsigned type, std::string value);

  std::vector<unsigned> types_;
  std::vector<std::string> values_;
};

/// The rows that a statement has answered. Views into it live as long as it (or a copy, which is cheap).
class PostgresRows {
 public:
  /// None.
  PostgresRows() = default;
  /// Takes the result over.
  explicit PostgresRows(pg_result* result);

  std::size_t size() const { return size_; }
  bool is_null(std::size_t row, std::size_t column) const;
  std::string_view bytes(std::size_t row, std::size_t column) const;
  /// Of two, four or eight bytes.
  std::int64_t number(std::size_t row, std::size_t column) const;
  bool flag(std::size_t row, std::size_t column) const;

 private:
  std::shared_ptr<pg_result> result_;
  std::size_t size_ = 0;
};

}  // namespace millrace::storage
