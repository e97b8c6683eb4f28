#include "bench/answer_reader.h"

#include "tests/support/catch.h"

#include <cstring>

namespace millrace::bench {
namespace {

void feed(AnswerReader& reader, std::string_view bytes) {
  std::memcpy(reader.free_space(bytes.size()), bytes.data(), bytes.size());
  reader.added(bytes.size());
}

const std::string answer_text =
    "HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\ncontent-length: 5\r\n\r\nhello";

TEST_CASE("an answer that comes byte by byte is complete with its last byte") {
  AnswerReader reader;
  HttpAnswer answer;
  for (std::size_t i = 0; i < answer_text.size(); ++i) {
    REQUIRE(reader.next(answer) == AnswerReader::State::incomplete);
    feed(reader, answer_text.substr(i, 1));
  }
  REQUIRE(reader.next(answer) == AnswerReader::State::complete);
  CHECK(answer.status == 202);
  CHECK(answer.body == "hello");
  CHECK_FALSE(answer.closes);
}

TEST_CASE("two answers in one read come out one after the other") {
  AnswerReader reader;
  HttpAnswer answer;
  feed(reader, answer_text + "HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(reader.next(answer) == AnswerReader::State::complete);
  CHECK(answer.body == "hello");
  REQUIRE(reader.next(answer) == AnswerReader::State::complete);
  CHECK(answer.status == 500);
  CHECK(answer.body.empty());
  CHECK(answer.closes);
  CHECK(reader.next(answer) == AnswerReader::State::incomplete);
}

TEST_CASE("bytes that are not an answer with a length are called broken") {
  for (const char* text : {"SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc\r\nContent-Length: 0\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"}) {
    AnswerReader reader;
    HttpAnswer answer;
    feed(reader, text);
    CHECK(reader.next(answer) == AnswerReader::State::broken);
  }
}

}  // namespace
}  // namespace millrace::bench
