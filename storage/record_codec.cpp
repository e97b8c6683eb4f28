#include "storage/record_codec.h"

#include "runtime/base/check.h"

namespace millrace::storage {
namespace {

enum class WireType : std::uint8_t { varint = 0, fixed_64 = 1, bytes = 2, fixed_32 = 5 };

constexpr std::uint32_t field_max = 1u << 20;

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void append_tag(std::string& out, std::uint32_t field, WireType type) {
  CHECK(field > 0 && field <= field_max, "a field number is out of range");
  append_varint(out, (std::uint64_t{field} << 3) | static_cast<std::uint64_t>(type));
}

// Small negative numbers stay small: 0, -1, 1, -2 become 0, 1, 2, 3.
std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

}  // namespace

RecordWriter::RecordWriter(std::uint8_t version, std::size_t bytes_expected) {
  CHECK(version > 0, "record versions count from 1");
  bytes_.reserve(bytes_expected);
  bytes_.push_back(static_cast<char>(version));
}

void RecordWriter::number(std::uint32_t field, std::uint64_t value) {
  append_tag(bytes_, field, WireType::varint);
  append_varint(bytes_, value);
}

void RecordWriter::text(std::uint32_t field, std::string_view bytes) {
  append_tag(bytes_, field, WireType::bytes);
  append_varint(bytes_, bytes.size());
  bytes_.append(bytes);
}

void RecordWriter::time(std::uint32_t field, Instant instant) {
  number(field, zigzag(instant.time_since_epoch().count()));
}

void RecordWriter::number_if_any(std::uint32_t field, std::uint64_t value) {
  if (value != 0) number(field, value);
}

void RecordWriter::text_if_any(std::uint32_t field, std::string_view bytes) {
  if (!bytes.empty()) text(field, bytes);
}

RecordReader::RecordReader(std::string_view bytes, std::string_view table, std::uint8_t version_max)
    : rest_(bytes), table_(table) {
  if (rest_.empty()) {
    fail("is missing: the row is empty");
    return;
  }
  const auto version = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  if (version == 0 || version > version_max) {
    fail("(the version) is " + std::to_string(version) + ", known up to " +
         std::to_string(version_max));
  }
}

bool RecordReader::next() {
  if (fault_ || rest_.empty()) return false;
  const auto tag = read_varint();
  if (!tag) return false;
  const std::uint64_t number = *tag >> 3;
  if (number == 0 || number > field_max) {
    fail("is followed by a field that has an impossible number");
    return false;
  }
  field_ = static_cast<std::uint32_t>(number);
  is_number_ = false;
  bytes_ = {};
  switch (static_cast<WireType>(*tag & 7)) {
    case WireType::varint: {
      const auto value = read_varint();
      if (!value) return false;
      is_number_ = true;
      number_ = *value;
      return true;
    }
    case WireType::bytes: {
      const auto size = read_varint();
      return size && read_bytes(*size);
    }
    // Never written yet; known so that a later version may use them and be skipped here.
    case WireType::fixed_64:
      return read_bytes(8);
    case WireType::fixed_32:
      return read_bytes(4);
  }
  fail("has an unknown type");
  return false;
}

void RecordReader::text(std::string& out) {
  std::string_view view;
  text(view);
  if (!fault_) out.assign(view);
}

void RecordReader::text(std::string_view& out) {
  if (is_number_) return fail("holds a number where bytes belong");
  out = bytes_;
}

void RecordReader::time(Instant& out) {
  const auto value = checked_number(std::numeric_limits<std::uint64_t>::max());
  if (value) out = Instant(Millis(unzigzag(*value)));
}

void RecordReader::exact(std::string_view& out, std::size_t size) {
  if (!is_number_ && bytes_.size() != size) {
    return fail("holds " + std::to_string(bytes_.size()) + " bytes instead of " +
                std::to_string(size));
  }
  text(out);
}

void RecordReader::fail(std::string_view what) {
  if (fault_) return;  // the first fault explains the later ones
  fault_ = "A row of the table \"" + std::string(table_) + "\" is damaged: field " +
           std::to_string(field_) + " " + std::string(what) + ".";
  rest_ = {};
}

Outcome RecordReader::finish() const {
  if (fault_) return Error(ErrorCode::corrupt_data, *fault_);
  CHECK(rest_.empty(), "a record was not read to its end");
  return Done{};
}

std::optional<std::uint64_t> RecordReader::checked_number(std::uint64_t value_max) {
  if (fault_) return std::nullopt;
  if (!is_number_) {
    fail("holds bytes where a number belongs");
    return std::nullopt;
  }
  if (number_ > value_max) {
    fail("holds a number that is too large");
    return std::nullopt;
  }
  return number_;
}

std::optional<std::uint64_t> RecordReader::read_varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) {
      fail("or the one after it is cut off");
      return std::nullopt;
    }
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;  // more than 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  fail("or the one after it holds a number of more than 64 bits");
  return std::nullopt;
}

bool RecordReader::read_bytes(std::uint64_t size) {
  if (size > rest_.size()) {
    fail("is cut off");
    return false;
  }
  bytes_ = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(static_cast<std::size_t>(size));
  return true;
}

}  // namespace millrace::storage
