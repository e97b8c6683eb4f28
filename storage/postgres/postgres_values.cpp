#include "storage/postgres/postgres_values.h"

#include "runtime/base/check.h"

#include <libpq-fe.h>
#include <utility>

namespace millrace::storage {
namespace {

/// PostgreSQL's numbers of its types (pg_type.dat); they never change.
constexpr unsigned type_bytes = 17;
constexpr unsigned type_number8 = 20;
constexpr unsigned type_number2 = 21;
constexpr unsigned type_number4 = 23;
constexpr unsigned type_text = 25;
constexpr unsigned type_bytes_array = 1001;
constexpr unsigned type_number2_array = 1005;
constexpr unsigned type_number8_array = 1016;
constexpr unsigned type_uuid = 2950;

constexpr std::size_t uuid_bytes = 16;

template <class Number>
void append(std::string& out, Number value) {
  const auto bits = static_cast<std::make_unsigned_t<Number>>(value);
  for (std::size_t i = sizeof(Number); i-- > 0;) {
    out +=
        static_cast<char>(static_cast<std::uint8_t>(static_cast<std::uint64_t>(bits) >> (8 * i)));
  }
}

template <class Number>
std::string number_text(Number value) {
  std::string out;
  append(out, value);
  return out;
}

/// What comes before the elements of an array of one dimension; an empty array has none.
std::string array_head(unsigned element_type, std::size_t size, std::size_t bytes_expected) {
  std::string out;
  out.reserve(20 + bytes_expected);
  append<std::int32_t>(out, size == 0 ? 0 : 1);
  append<std::int32_t>(out, 0);  // no element is null
  append<std::int32_t>(out, static_cast<std::int32_t>(element_type));
  if (size == 0) return out;
  append<std::int32_t>(out, static_cast<std::int32_t>(size));
  append<std::int32_t>(out, 1);  // the first index
  return out;
}

template <class Number>
std::string number_array(unsigned element_type, std::span<const Number> values) {
  std::string out = array_head(element_type, values.size(), values.size() * (4 + sizeof(Number)));
  for (const Number value : values) {
    append<std::int32_t>(out, sizeof(Number));
    append(out, value);
  }
  return out;
}

}  // namespace

PostgresParameters& PostgresParameters::add(unsigned type, std::string value) {
  types_.push_back(type);
  values_.push_back(std::move(value));
  return *this;
}

PostgresParameters& PostgresParameters::number2(std::int16_t value) {
  return add(type_number2, number_text(value));
}

PostgresParameters& PostgresParameters::number4(std::int32_t value) {
  return add(type_number4, number_text(value));
}

PostgresParameters& PostgresParameters::number8(std::int64_t value) {
  return add(type_number8, number_text(value));
}

PostgresParameters& PostgresParameters::text(std::string_view value) {
  return add(type_text, std::string(value));
}

PostgresParameters& PostgresParameters::bytes(std::string_view value) {
  return add(type_bytes, std::string(value));
}

PostgresParameters& PostgresParameters::uuid(std::string_view value) {
  CHECK(value.size() == uuid_bytes, "an UUID has 16 bytes");
  return add(type_uuid, std::string(value));
}

PostgresParameters& PostgresParameters::bytes_array(std::span<const std::string_view> values) {
  std::size_t bytes = 0;
  for (const auto& value : values) bytes += 4 + value.size();
  std::string out = array_head(type_bytes, values.size(), bytes);
  for (const auto& value : values) {
    append<std::int32_t>(out, static_cast<std::int32_t>(value.size()));
    out += value;
  }
  return add(type_bytes_array, std::move(out));
}

PostgresParameters& PostgresParameters::number2_array(std::span<const std::int16_t> values) {
  return add(type_number2_array, number_array(type_number2, values));
}

PostgresParameters& PostgresParameters::number8_array(std::span<const std::int64_t> values) {
  return add(type_number8_array, number_array(type_number8, values));
}

PostgresRows::PostgresRows(pg_result* result)
    : result_(result, [](pg_result* taken) { PQclear(taken); }),
      size_(static_cast<std::size_t>(PQntuples(result))) {}

bool PostgresRows::is_null(std::size_t row, std::size_t column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::string_view PostgresRows::bytes(std::size_t row, std::size_t column) const {
  CHECK(row < size_, "there is no such row");
  const int at_row = static_cast<int>(row);
  const int at_column = static_cast<int>(column);
  return {PQgetvalue(result_.get(), at_row, at_column),
          static_cast<std::size_t>(PQgetlength(result_.get(), at_row, at_column))};
}

std::int64_t PostgresRows::number(std::size_t row, std::size_t column) const {
  const std::string_view value = bytes(row, column);
  CHECK(value.size() == 2 || value.size() == 4 || value.size() == 8, "this is not a number");
  // The first byte has the sign.
  auto number = static_cast<std::int64_t>(static_cast<signed char>(value[0]));
  for (const char c : value.substr(1)) {
    number = static_cast<std::int64_t>(static_cast<std::uint64_t>(number) << 8 |
                                       static_cast<std::uint8_t>(c));
  }
  return number;
}

bool PostgresRows::flag(std::size_t row, std::size_t column) const {
  const std::string_view value = bytes(row, column);
  CHECK(value.size() == 1, "this is neither true nor false");
  return value[0] != 0;
}

}  // namespace millrace::storage
