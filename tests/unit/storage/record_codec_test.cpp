// The record codec: round trips, growth of records over time, and bytes that are not records.

#include "storage/record_codec.h"

#include "storage/tables/execution_rows.h"
#include "tests/contracts/executions.h"
#include "tests/support/catch.h"

#include <random>

namespace millrace::tests {
namespace {

using storage::RecordReader;
using storage::RecordWriter;
using namespace std::string_literals;

template <class Number>
Result<Number> read_number(std::string_view record) {
  return storage::read_record<Number>(record, "test", 1,
                                      [](auto& reader, auto& value) { reader.number(1, value); });
}

TEST_CASE("numbers of every size come back as they were written", "[record_codec]") {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (const std::uint64_t off : {0ull, 1ull}) {
      const std::uint64_t value = (std::uint64_t{1} << shift) - off;
      RecordWriter record(1);
      record.number(1, value);
      CHECK(*read_number<std::uint64_t>(std::move(record).take()) == value);
    }
  }
}

TEST_CASE("times before and after 1970 come back as they were written", "[record_codec]") {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t ms : {Limits::min(), std::int64_t{-1}, std::int64_t{0}, std::int64_t{1},
                                std::int64_t{1'700'000'000'000}, Limits::max()}) {
    RecordWriter record(1);
    record.time(1, at(ms));
    const std::string bytes = std::move(record).take();
    RecordReader reader(bytes, "test", 1);
    Instant instant{};
    REQUIRE(reader.next());
    reader.time(instant);
    CHECK_FALSE(reader.next());
    CHECK(reader.finish().ok());
    CHECK(instant == at(ms));
  }
}

TEST_CASE("one list of fields writes and reads a row, without what is empty", "[record_codec]") {
  struct Row {
    std::string name;
    std::string note;
    std::uint32_t count = 0;
    Instant seen{};
  };
  constexpr auto fields = [](auto& record, auto& row) {
    record.text(1, row.name);
    record.text_if_any(2, row.note);
    record.number_if_any(3, row.count);
    record.time(4, row.seen);
  };
  const std::string sparse = storage::write_record(1, Row{"ada", "", 0, at(7)}, fields);
  CHECK(sparse == "\x01\x0a\x03"s + "ada" + "\x20\x0e");
  const auto read = storage::read_record(sparse, "test", 1, fields, Row{"", "kept", 5, {}});
  REQUIRE(read.ok());
  CHECK((read->name == "ada" && read->note == "kept" && read->count == 5 && read->seen == at(7)));

  const auto full = storage::write_record(1, Row{"", "n", 300, at(-1)}, fields);
  const auto again = storage::read_record<Row>(full, "test", 1, fields);
  REQUIRE(again.ok());
  CHECK((again->name.empty() && again->note == "n" && again->count == 300));
  CHECK(again->seen == at(-1));
}

TEST_CASE("a reader skips fields it does not know and defaults absent ones", "[record_codec]") {
  // Field 9 as number, bytes, 8 fixed and 4 fixed bytes; then the known field 1.
  const std::string record =
      "\x01\x48\x05\x4a\x02hi\x49\x01\x02\x03\x04\x05\x06\x07\x08\x4d\x01\x02\x03\x04\x08\x2a"s;
  CHECK(*read_number<std::uint32_t>(record) == 42);
  CHECK(*read_number<std::uint32_t>("\x01"s) == 0);
}

TEST_CASE("a fault names its table and its field", "[record_codec]") {
  const auto message_of = [](const std::string& record) {
    const auto read = read_number<std::uint8_t>(record);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == ErrorCode::corrupt_data);
    CHECK(read.error().message.find("\"test\"") != std::string::npos);
    return read.error().message;
  };
  CHECK(message_of("\x01\x08\x80\x02"s).find("field 1 ") != std::string::npos);  // 256
  CHECK(message_of("\x01\x0a\x01x"s).find("field 1 ") != std::string::npos);     // bytes
  message_of("");                                                                // no version
  message_of("\x02\x08\x01"s);                                                   // a newer version
  message_of("\x00\x08\x01"s);                                                   // version 0
  message_of("\x01\x08"s);                                                       // no value
  message_of("\x01\x0a\x05xx"s);                                                 // too few bytes
  message_of("\x01\x0b"s);                                                       // unknown type
  message_of("\x01\x00\x00"s);                                                   // field 0
  message_of("\x01\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"s);               // 65 bits
  message_of("\x01\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);               // endless bytes
}

/// One row of each kind that executions have, with every field set.
std::vector<std::string> valid_rows() {
  CountingRandom random;
  auto summary = summary_for("project", "user", at(1'700'000'000'000), random);
  summary.integration = "slack";
  summary.ended = at(1'700'000'000'001);
  summary.tasks = 300;
  return {storage::encode(summary), storage::encode(storage::Locator{summary.project, at(7)}),
          storage::encode(storage::JournalPage{1, std::string(300, 'e'), 3}),
          storage::encode(storage::BranchSnapshot{64, "state"})};
}

/// Decodes `row` as every kind; only a crash, a sanitizer or an exception can fail here.
void decode_as_anything(std::string_view row) {
  // The exact size on the heap, so that a read past the end is seen by a sanitizer.
  const std::vector<char> bytes(row.begin(), row.end());
  const std::string_view view(bytes.data(), bytes.size());
  ignore_result(storage::view_summary(view), "any answer will do");
  ignore_result(storage::decode_locator(view), "any answer will do");
  ignore_result(storage::decode_page(view, 1), "any answer will do");
  ignore_result(storage::decode_snapshot(view), "any answer will do");
}

TEST_CASE("every truncation of a valid row gives an answer", "[record_codec]") {
  for (const auto& row : valid_rows()) {
    for (std::size_t size = 0; size <= row.size(); ++size) {
      CHECK_NOTHROW(decode_as_anything(row.substr(0, size)));
    }
  }
}

TEST_CASE("random damage to valid rows gives an error or a value", "[record_codec]") {
  constexpr unsigned seed = 20'231'114;
  INFO("seed: " << seed);
  std::mt19937 random(seed);
  for (const auto& row : valid_rows()) {
    for (int round = 0; round < 5'000; ++round) {
      std::string damaged = row;
      const auto damages = 1 + random() % 4;
      for (unsigned i = 0; i < damages; ++i) {
        damaged[random() % std::min<std::size_t>(damaged.size(), 80)] = static_cast<char>(random());
      }
      if (random() % 4 == 0) damaged.resize(random() % damaged.size());
      REQUIRE_NOTHROW(decode_as_anything(damaged));
    }
  }
}

TEST_CASE("bytes that never were a row give an answer", "[record_codec]") {
  constexpr unsigned seed = 7;
  INFO("seed: " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string noise(random() % 40, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    if (!noise.empty()) noise[0] = 1;
    REQUIRE_NOTHROW(decode_as_anything(noise));
  }
}

}  // namespace
}  // namespace millrace::tests
