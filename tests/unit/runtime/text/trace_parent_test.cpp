#include "runtime/text/trace_parent.h"

#include "tests/support/catch.h"

#include <set>

namespace millrace {
namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string span = "00f067aa0ba902b7";
const std::string valid = "00-" + trace + "-" + span + "-01";

std::string read(const std::string& value) {
  const auto parent = TraceParent::parse(value);
  return parent ? parent->text() : "ignored";
}

}  // namespace

TEST_CASE("a valid traceparent is read and written as it came") { CHECK(read(valid) == valid); }

TEST_CASE("a traceparent that breaks a rule of the standard is ignored") {
  const std::string zero_trace(32, '0');
  const std::string zero_span(16, '0');
  for (const std::string& value : {
           std::string(),
           std::string("00"),
           std::string("ff-" + trace + "-" + span + "-01"),
           std::string("00-" + zero_trace + "-" + span + "-01"),
           std::string("00-" + trace + "-" + zero_span + "-01"),
           std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-" + span + "-01"),
           std::string("00-" + trace + "-" + span + "-0G"),
           std::string("0x-" + trace + "-" + span + "-01"),
           std::string("00_" + trace + "-" + span + "-01"),
           std::string("00-" + trace + "_" + span + "-01"),
           std::string("00-" + trace + "-" + span + "_01"),
           valid.substr(0, valid.size() - 1),
           valid + "-",
           valid + "-more",
           valid + "0",
           " " + valid,
           valid + ", " + valid,
       }) {
    INFO(value);
    CHECK(read(value) == "ignored");
  }
}

TEST_CASE("of a traceparent of a later version the part that all versions share is read") {
  const std::string later = "cc-" + trace + "-" + span + "-01";
  CHECK(read(later) == valid);
  CHECK(read(later + "-what-the-future-brings") == valid);
  CHECK(read(later + ".what") == "ignored");
}

TEST_CASE("flags that the standard does not know yet are not passed on") {
  CHECK(read("00-" + trace + "-" + span + "-ff") == "00-" + trace + "-" + span + "-03");
}

TEST_CASE("a span of the same name sends the same traceparent and another name another one") {
  const auto parent = *TraceParent::parse(valid);
  const auto sent = parent.from_span("run:send#1");
  CHECK(sent.trace_id == parent.trace_id);
  CHECK(sent.flags == parent.flags);
  CHECK(sent == parent.from_span("run:send#1"));
  CHECK(read(sent.text()) == sent.text());
  // Pinned: it must not change between builds, or a repeat after an update would be another span.
  CHECK(sent.text() == "00-" + trace + "-674a13337efdff7f-01");
  std::set<std::string> spans;
  for (int i = 0; i < 10'000; ++i) {
    spans.insert(parent.from_span("run:send#" + std::to_string(i)).text());
  }
  CHECK(spans.size() == 10'000);
}

}  // namespace millrace
