#include "runtime/triggers/request_trigger.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

/// "in key expected got; ..." of all violations, or "accepted".
std::string check(const RequestTrigger& trigger, const char* request) {
  const auto outcome = check_request(trigger, *parse_json(request));
  if (outcome.ok()) return "accepted";
  REQUIRE(outcome.error().code == ErrorCode::invalid_request);
  std::string all;
  for (const auto& detail : outcome.error().details) {
    REQUIRE_FALSE(detail.message.empty());
    all += detail.in + ' ' + detail.path + ' ' + detail.expected + ' ' + detail.got + "; ";
  }
  return all;
}

RequestTrigger body_trigger(DataType type, bool required) {
  RequestTrigger trigger;
  trigger.allow_arbitrary_payload = false;
  trigger.body = {{"email", type, required}};
  return trigger;
}

}  // namespace

TEST_CASE("a trigger without validations accepts any payload") {
  REQUIRE(check(RequestTrigger(), R"({"headers":{},"params":{},"body":[1]})") == "accepted");
  REQUIRE(check(RequestTrigger(), "null") == "accepted");
}

TEST_CASE("a body field of the wrong type is named with both types") {
  const auto trigger = body_trigger(DataType::string, true);
  REQUIRE(check(trigger, R"({"body":{"email":"a@b.c"}})") == "accepted");
  REQUIRE(check(trigger, R"({"body":{"email":5}})") == "body email STRING NUMBER; ");
  REQUIRE(check(trigger, R"({"body":{"email":null}})") == "body email STRING NULL; ");
  REQUIRE(check(trigger, R"({"body":{}})") == "body email STRING MISSING; ");
}

TEST_CASE("each data type accepts its own values only") {
  const std::vector<std::pair<DataType, const char*>> samples{
      {DataType::string, "\"x\""}, {DataType::number, "1.5"}, {DataType::boolean, "true"},
      {DataType::object, "{}"},    {DataType::array, "[]"},
  };
  for (const auto& [type, own] : samples) {
    for (const auto& [other, sample] : samples) {
      const std::string request = std::string(R"({"body":{"email":)") + sample + "}}";
      INFO(wire_name(type) << " given " << request);
      REQUIRE((check(body_trigger(type, true), request.c_str()) == "accepted") == (type == other));
      REQUIRE(check(body_trigger(DataType::any, true), request.c_str()) == "accepted");
    }
  }
}

TEST_CASE("an optional field may be absent or null but not of another type") {
  const auto trigger = body_trigger(DataType::number, false);
  REQUIRE(check(trigger, R"({"body":{}})") == "accepted");
  REQUIRE(check(trigger, R"({"body":{"email":null}})") == "accepted");
  REQUIRE(check(trigger, R"({"body":{"email":"x"}})") == "body email NUMBER STRING; ");
}

TEST_CASE("a body that is no object is one violation") {
  const auto trigger = body_trigger(DataType::any, true);
  REQUIRE(check(trigger, R"({"body":"text"})") == "body  OBJECT STRING; ");
  REQUIRE(check(trigger, R"({})") == "body  OBJECT MISSING; ");
}

TEST_CASE("headers are compared without regard to case and never shown") {
  RequestTrigger trigger;
  trigger.allow_arbitrary_payload = false;
  trigger.headers = {{"X-Token", "secret", true}, {"X-Optional", "on", false}};
  REQUIRE(check(trigger, R"({"headers":{"x-token":"secret"}})") == "accepted");
  REQUIRE(check(trigger, R"({"headers":{}})") == "headers X-Token STRING MISSING; ");
  REQUIRE(check(trigger, R"({"headers":{"x-token":"Secret","x-optional":"off"}})") ==
          "headers X-Token EXPECTED VALUE OTHER VALUE; headers X-Optional EXPECTED VALUE OTHER "
          "VALUE; ");
}

TEST_CASE("all violations of a request come at once") {
  RequestTrigger trigger = body_trigger(DataType::string, true);
  trigger.params = {{"page", true}, {"size", false}};
  trigger.headers = {{"X-Token", std::nullopt, true}};
  REQUIRE(check(trigger, R"({"headers":{},"params":{},"body":{"email":[]}})") ==
          "params page STRING MISSING; headers X-Token STRING MISSING; body email STRING ARRAY; ");
  REQUIRE(
      check(trigger, R"({"headers":{"x-token":""},"params":{"page":""},"body":{"email":""}})") ==
      "accepted");
}

TEST_CASE("data types have one spelling each") {
  std::string words;
  for (const auto& word : data_type_words()) {
    REQUIRE(wire_name(word.value) == word.name);
    words += std::string(word.name) + ' ';
  }
  REQUIRE(words == "STRING NUMBER BOOLEAN OBJECT ARRAY ANY ");
}
