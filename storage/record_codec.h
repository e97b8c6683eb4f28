#pragma once
// How the value of a row is encoded: one version byte, then numbered fields, each a tag (number and
// type), then a varint or a length and that many bytes. The fields are those of Protocol Buffers,
// so `protoc --decode_raw` reads a row without its first byte. Source: Protocol Buffers,
// "Encoding".
//
// Stored bytes are for ever: field numbers are never reused and fields are only added. A reader
// skips fields it does not know and leaves absent ones at their defaults; the version rises only if
// that is not enough, and a reader refuses versions above the one it knows.
//
// Reading is checked: nothing is read past the end, and whatever does not fit is `corrupt_data`
// with the table and the field.

#include "runtime/base/clock.h"
#include "runtime/base/result.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace millrace::storage {

class RecordWriter {
 public:
  explicit RecordWriter(std::uint8_t version, std::size_t bytes_expected = 128);

  void number(std::uint32_t field, std::uint64_t value);
  void text(std::uint32_t field, std::string_view bytes);
  void time(std::uint32_t field, Instant instant);
  /// These leave 0 and empty text out.
  void number_if_any(std::uint32_t field, std::uint64_t value);
  void text_if_any(std::uint32_t field, std::string_view bytes);
  /// Leaves nothing out, an empty text is there.
  void text_if_given(std::uint32_t field, const std::optional<std::string>& bytes) {
    if (bytes) text(field, *bytes);
  }

  std::string take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Visits the fields of one record; see `read_record`.
class RecordReader {
 public:
  /// `table` is named in errors and must outlive the reader, as must `bytes`.
  RecordReader(std::string_view bytes, std::string_view table, std::uint8_t version_max);

  /// Moves to the next field; false at the end or at the first fault.
  bool next();
  std::uint32_t field() const { return field_; }

  /// These take the current field if it has this number; the counterparts of RecordWriter's.
  template <class Number>
  void number(std::uint32_t field, Number& out) {
    if (field == field_) number(out);
  }
  template <class Text>
  void text(std::uint32_t field, Text& out) {
    if (field == field_) text(out);
  }
  void time(std::uint32_t field, Instant& out) {
    if (field == field_) time(out);
  }
  template <class Number>
  void number_if_any(std::uint32_t field, Number& out) {
    number(field, out);
  }
  void text_if_any(std::uint32_t field, std::string& out) { text(field, out); }
  void text_if_given(std::uint32_t field, std::optional<std::string>& out) {
    if (field == field_) text(out.emplace());
  }

  /// These take the current field; one of another type or out of range is a fault.
  template <class Number>
  void number(Number& out) {
    if (const auto value = checked_number(std::numeric_limits<Number>::max())) {
      out = static_cast<Number>(*value);
    }
  }
  void text(std::string& out);
  void text(std::string_view& out);
  void time(Instant& out);
  /// A byte string of exactly `size` bytes.
  void exact(std::string_view& out, std::size_t size);

  /// Declares a fault of the current field: `what` ends the sentence "field 3 ...".
  void fail(std::string_view what);

  /// Success, or the first fault.
  Outcome finish() const;

 private:
  std::optional<std::uint64_t> checked_number(std::uint64_t value_max);
  std::optional<std::uint64_t> read_varint();
  bool read_bytes(std::uint64_t size);

  std::string_view rest_;
  std::string_view table_;
  std::uint32_t field_ = 0;
  bool is_number_ = false;
  std::uint64_t number_ = 0;
  std::string_view bytes_;
  std::optional<std::string> fault_;
};

// A kind of row says once which fields it has, for both directions:
//
//   constexpr auto fields = [](auto& record, auto& row) {
//     record.text(1, row.draft);
//     record.number(2, row.latest_version);
//   };

template <class Row, class Fields>
std::string write_record(std::uint8_t version, const Row& row, Fields fields,
                         std::size_t bytes_expected = 128) {
  RecordWriter record(version, bytes_expected);
  fields(record, row);
  return std::move(record).take();
}

/// Calls `fields` for each field of the record. `row` is what absent fields leave as it is.
template <class Row, class Fields>
Result<Row> read_record(std::string_view bytes, std::string_view table, std::uint8_t version_max,
                        Fields fields, Row row = {}) {
  RecordReader record(bytes, table, version_max);
  while (record.next()) fields(record, row);
  if (const auto read = record.finish(); !read.ok()) return read.error();
  return row;
}

}  // namespace millrace::storage
