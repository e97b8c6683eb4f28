#include "runtime/execution/response_answer.h"

#include "tests/support/catch.h"
#include "tests/support/simulated_files.h"
#include "tests/unit/runtime/definitions/compile_text.h"

namespace millrace {
namespace {

const std::string steps = R"({"id": "work", "type": "function", "code": "() => 1"},
                             {"id": "ok", "type": "response", "body": 1})";
constexpr StepIndex work = 0, response = 1;

std::optional<ResponseAnswer> answer_of(StepIndex step, JsonObject output) {
  StepCompleted completed;
  completed.step = step;
  completed.output = share(std::move(output));
  return response_answer(*compile_steps(steps), Event{Instant{}, std::move(completed)});
}

JsonObject response_with(const char* member, Json value) {
  JsonObject output{{"statusCode", 201}, {"headers", JsonObject{{"x-a", "b"}}}};
  output.emplace(member, std::move(value));
  return output;
}

}  // namespace

TEST_CASE("only the completion of a Response step answers anything") {
  CHECK_FALSE(answer_of(work, JsonObject{{"result", 1}}));
  CHECK_FALSE(response_answer(*compile_steps(steps), Event{Instant{}, DelayElapsed{work}}));
}

TEST_CASE("a response answers with its status, headers and body") {
  const auto answer = answer_of(response, response_with("body", JsonObject{{"got", 1}}));
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(to_text(answer->headers) == R"({"x-a":"b"})");
  CHECK(to_text(answer->body) == R"({"got":1})");
  CHECK_FALSE(answer->file);
  CHECK(answer->files.empty());
}

TEST_CASE("a response needs every file that its body names, each once, however deep") {
  SimulatedFiles files;
  const FileHandle one = files.keep("one");
  const FileHandle two = files.keep("two");
  const auto answer = answer_of(
      response,
      response_with("body", JsonObject{{"deep", JsonArray{JsonObject{{"a", to_text(one)}}}},
                                       {"text", to_text(two) + " and " + to_text(one)}}));
  REQUIRE(answer);
  CHECK(answer->files == std::vector<FileHandle>{one, two});
}

TEST_CASE("a response that is a file needs that file's bytes and has no body") {
  SimulatedFiles files;
  const FileHandle file = files.keep("bytes");
  const auto answer =
      answer_of(response, response_with("file", file_object({"a.png", "image/png", file})));
  REQUIRE(answer);
  REQUIRE(answer->file);
  CHECK(answer->file->name == "a.png");
  CHECK(answer->files == std::vector<FileHandle>{file});
}

TEST_CASE("a response with a file that its definition put together needs nothing read") {
  const auto answer =
      answer_of(response, response_with("file", JsonObject{{"name", "a"},
                                                           {"data", "4142"},
                                                           {"mimeType", "text/plain"},
                                                           {"dataType", "FILE"}}));
  REQUIRE(answer);
  REQUIRE(answer->file);
  CHECK(answer->files.empty());
  CHECK(*std::get<SharedBytes>(answer->file->content) == "AB");
}

}  // namespace millrace
