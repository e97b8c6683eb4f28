// One look of a poll: which records are new, how far it comes, and what it makes of peers that misbehave.
#include "runtime/polls/poll_look.h"

#include "runtime/polls/read_poll.h"
#include "runtime/templates/user_scope.h"
#include "tests/support/catch.h"

#include <functional>

using namespace millrace;

namespace {

const std::string pages =
    R"("request": {"method": "GET", "path": "/c", "pagination": {"pageToken": "response.body.next"}})";
const std::string one_page = R"("request": {"method": "GET", "path": "/c"})";

Poll poll_of_text(const std::string& request, const std::string& more) {
  const auto json = parse_json("{" + request + R"(, "items": "response.body.items")" + more + "}");
  REQUIRE(json.ok());
  Findings findings;
  ObjectReader reader(*json, "", "", findings);
  Poll poll = read_poll(reader, PollOf::workflow);
  reader.finish();
  for (const auto& finding : findings.take()) FAIL(finding.path + ": " + finding.message);
  return poll;
}

Json response(const std::string& body) {
  return JsonObject{{"statusCode", 200}, {"headers", JsonObject()}, {"body", *parse_json(body)}};
}

/// Answers page after page until the look is done.
LookEnd look_at(const Poll& poll, const PollPosition& from,
                const std::vector<std::string>& bodies) {
  PollLook look(poll, from);
  const JsonObject nobody;
  const UserScope scope(UserId("u"), nobody);
  for (const auto& body : bodies) {
    if (look.take(response(body), body.size(), scope) == PollLook::Next::done) break;
  }
  return look.end();
}

std::string found(const LookEnd& end) {
  std::string ids;
  for (const auto& each : end.found) ids += to_text(follow(each.record, {std::string("id")})) + ' ';
  return ids;
}

std::string problem(const LookEnd& end) {
  return end.problem ? std::string(wire_name(end.problem->code)) : std::string();
}

const std::string by_id = R"(, "itemId": "id", "start": "beginning")";
const std::string by_cursor = R"(, "itemId": "id", "cursor": "at", "start": "beginning")";

std::string items(const std::string& list) { return R"({"items": [)" + list + "]}"; }

}  // namespace

TEST_CASE("each record is found once, whatever it looks like later") {
  const Poll poll = poll_of_text(one_page, by_id);
  const LookEnd first = look_at(poll, {}, {items(R"({"id": 1}, {"id": 2}, {"id": 1})")});
  CHECK(found(first) == "1 2 ");
  const LookEnd second = look_at(poll, first.next, {items(R"({"id": 3}, {"id": 2, "n": "x"})")});
  CHECK(found(second) == "3 ");
  CHECK(look_at(poll, second.next, {items(R"({"id": 1}, {"id": 3}, {"id": "3"})")}).found.size() ==
        1);  // a text is another id
}

TEST_CASE("an id of several fields makes each state of a record a new one") {
  const Poll poll = poll_of_text(one_page, R"(, "itemId": ["id", "at"], "start": "beginning")");
  const LookEnd first = look_at(poll, {}, {items(R"({"id": 1, "at": "a"})")});
  CHECK(found(look_at(poll, first.next, {items(R"({"id": 1, "at": "a"})")})).empty());
  CHECK(found(look_at(poll, first.next, {items(R"({"id": 1, "at": "b"})")})) == "1 ");
}

TEST_CASE("a look that finds nothing leaves the position as it was") {
  const Poll poll = poll_of_text(one_page, by_cursor);
  const LookEnd first = look_at(poll, {}, {items(R"({"id": 1, "at": 5}, {"id": 2, "at": 6})")});
  CHECK(first.next.cursor == Json(6));
  for (const char* const same :
       {R"({"id": 2, "at": 6}, {"id": 1, "at": 5})", R"({"id": 2, "at": 6})", ""}) {
    const LookEnd idle = look_at(poll, first.next, {items(same)});
    CHECK(idle.next == first.next);
    CHECK_FALSE(idle.problem);
  }
}

TEST_CASE("a poll that starts now runs what comes after its first look") {
  const Poll poll = poll_of_text(one_page, R"(, "itemId": "id")");
  const LookEnd first = look_at(poll, {}, {items(R"({"id": 1}, {"id": 2})")});
  CHECK(first.found.empty());
  CHECK(first.next.has_begun);
  CHECK(found(look_at(poll, first.next, {items(R"({"id": 3}, {"id": 2})")})) == "3 ");
  const LookEnd empty = look_at(poll, {}, {items("")});
  CHECK(found(look_at(poll, empty.next, {items(R"({"id": 1})")})) == "1 ");
}

TEST_CASE("a first look that fails has not begun: what is there then is still old") {
  const Poll poll = poll_of_text(pages, R"(, "itemId": "id")");
  PollLook look(poll, {});
  const JsonObject nobody;
  const UserScope scope(UserId("u"), nobody);
  CHECK(look.take(response(R"({"items": [{"id": 1}], "next": "a"})"), 10, scope) ==
        PollLook::Next::ask_next);
  look.fail(Error(ErrorCode::request_failed, "page 2"));
  const LookEnd end = look.end();
  CHECK(problem(end) == "request_failed");
  CHECK(end.next == PollPosition());
}

TEST_CASE(
    "the request sees the cursor, moved back by the overlap, and what it shows again is known") {
  const Poll poll = poll_of_text(one_page, by_cursor + R"(, "overlap": "1m")");
  PollPosition from;
  CHECK(PollLook(poll, from).self()->at("cursor").is_null());
  const LookEnd first = look_at(poll, from, {items(R"({"id": 1, "at": "2026-01-01T10:00:00Z"})")});
  CHECK(PollLook(poll, first.next).self()->at("cursor") == Json("2026-01-01T09:59:00Z"));
  // One that came late, one that is known, one that is too old.
  const LookEnd second =
      look_at(poll, first.next, {items(R"({"id": 2, "at": "2026-01-01T09:59:30Z"},
    {"id": 1, "at": "2026-01-01T10:00:00Z"}, {"id": 0, "at": "2026-01-01T09:00:00Z"})")});
  CHECK(found(second) == "2 ");
  CHECK(second.next.cursor == Json("2026-01-01T10:00:00Z"));
}

TEST_CASE("an overlap of what is no time is a problem of the request") {
  const Poll poll = poll_of_text(one_page, by_cursor + R"(, "overlap": "1m")");
  PollPosition from;
  from.cursor = "token";
  const auto self = PollLook(poll, from).self();
  REQUIRE_FALSE(self.ok());
  CHECK(self.error().code == ErrorCode::type_mismatch);
}

TEST_CASE("all pages are one look") {
  const Poll poll = poll_of_text(pages, by_id);
  const LookEnd end =
      look_at(poll, {},
              {R"({"items": [{"id": 1}], "next": "a"})", R"({"items": [{"id": 2}], "next": "b"})",
               R"({"items": [{"id": 3}], "next": null})"});
  CHECK(found(end) == "1 2 3 ");
  CHECK_FALSE(end.problem);
}

TEST_CASE("what a look has found before a page fails is run, and the cursor waits for the rest") {
  const Poll poll = poll_of_text(pages, by_cursor);
  PollLook look(poll, {});
  const JsonObject nobody;
  const UserScope scope(UserId("u"), nobody);
  REQUIRE(look.take(response(R"({"items": [{"id": 1, "at": 9}], "next": "a"})"), 10, scope) ==
          PollLook::Next::ask_next);
  look.fail(Error(ErrorCode::connection_failed, "gone"));
  const LookEnd first = look.end();
  CHECK(found(first) == "1 ");
  CHECK(problem(first) == "connection_failed");
  CHECK(first.next.cursor.is_null());
  const LookEnd second = look_at(
      poll, first.next,
      {R"({"items": [{"id": 1, "at": 9}], "next": "a"})", R"({"items": [{"id": 2, "at": 3}]})"});
  CHECK(found(second) == "2 ");
  CHECK(second.next.cursor == Json(9));
}

TEST_CASE("a record without id is a problem that is told, and no other is lost by it") {
  const Poll poll = poll_of_text(one_page, by_cursor);
  for (const char* const bad : {R"({"at": 1})", R"({"id": null})", R"({"id": {}})", R"({"id": ""})",
                                "5", "null", "[]", R"("text")"}) {
    const LookEnd end = look_at(poll, {}, {items(std::string(bad) + R"(, {"id": 7, "at": 3})")});
    INFO(bad);
    CHECK(problem(end) == "type_mismatch");
    CHECK(found(end) == "7 ");
    CHECK(end.next.cursor.is_null());
    CHECK(end.next.seen.size() == 1);
  }
}

TEST_CASE("what is no list is a problem, and nothing is one without records") {
  const Poll poll = poll_of_text(one_page, by_id);
  for (const char* const body : {R"({"items": {}})", R"({"items": "a"})", R"({"items": 5})"}) {
    CHECK(problem(look_at(poll, {}, {body})) == "type_mismatch");
  }
  for (const char* const body : {R"({"items": null})", R"({})", R"([])", R"("text")", "null"}) {
    CHECK(problem(look_at(poll, {}, {body})).empty());
  }
}

TEST_CASE("a cursor of another type, or too long, is a problem and moves nothing") {
  const Poll poll = poll_of_text(one_page, by_cursor);
  PollPosition from;
  from.cursor = 5;
  for (const std::string& at : {std::string(R"("6")"), std::string("{}"), std::string("true"),
                                '"' + std::string(2'000, 'x') + '"'}) {
    const LookEnd end = look_at(poll, from, {items(R"({"id": 1, "at": )" + at + "}")});
    CHECK(problem(end) == "type_mismatch");
    CHECK(end.next.cursor == Json(5));
  }
  CHECK(problem(look_at(poll, from, {items(R"({"id": 1, "at": null})")})).empty());
}

TEST_CASE("the same page for ever comes to an end, and what is on it is run once") {
  const Poll poll = poll_of_text(pages, by_id);
  const std::string same = R"({"items": [{"id": 1}], "next": "a"})";
  const LookEnd first = look_at(poll, {}, std::vector<std::string>(500, same));
  CHECK(found(first) == "1 ");
  CHECK(problem(first) == "limit_exceeded");
  CHECK(found(look_at(poll, first.next, std::vector<std::string>(500, same))).empty());
}

TEST_CASE("endless pages in the order of the cursor are read look after look") {
  const Poll poll = poll_of_text(pages, by_cursor);
  const auto endless = [](int begin) {
    std::vector<std::string> bodies;
    for (int i = begin; i < begin + 300; ++i) {
      const std::string n = std::to_string(i);
      bodies.push_back(R"({"items": [{"id": )" + n + R"(, "at": )" + n + R"(}], "next": ")" + n +
                       "\"}");
    }
    return bodies;
  };
  const LookEnd first = look_at(poll, {}, endless(0));
  CHECK(first.found.size() == 100);
  CHECK(first.goes_on);
  CHECK_FALSE(first.problem);
  CHECK(first.next.cursor == Json(99));
  const LookEnd second = look_at(poll, first.next, endless(99));  // `>=`: the last one again
  CHECK(second.found.size() == 99);
  CHECK(second.next.cursor == Json(198));
  CHECK(second.next.seen.size() <= limits::poll_seen_beyond_look_max + 100);
}

TEST_CASE("endless pages in no order are a problem that is told, and the cursor stays") {
  const Poll poll = poll_of_text(pages, by_cursor);
  std::vector<std::string> bodies;
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i);
    bodies.push_back(R"({"items": [{"id": )" + n + R"(, "at": )" + std::to_string(i % 7) +
                     R"(}], "next": ")" + n + "\"}");
  }
  const LookEnd end = look_at(poll, {}, bodies);
  CHECK(end.found.size() == 100);
  CHECK(problem(end) == "limit_exceeded");
  CHECK_FALSE(end.goes_on);
  CHECK(end.next.cursor.is_null());
}

TEST_CASE(
    "a list with the newest first is read until it is older than the cursor, and run oldest "
    "first") {
  const Poll poll = poll_of_text(pages, R"(, "itemId": "id", "cursor": "at")");
  const LookEnd first =
      look_at(poll, {}, {R"({"items": [{"id": 9, "at": 9}, {"id": 8, "at": 8}], "next": "a"})"});
  CHECK_FALSE(first.problem);
  CHECK(first.next.has_begun);
  CHECK(first.next.cursor == Json(9));
  // 7 was on a page that was never read: it is old all the same.
  const LookEnd second = look_at(
      poll, first.next,
      {R"({"items": [{"id": 11, "at": 11}, {"id": 10, "at": 10}, {"id": 9, "at": 9}, {"id": 7, "at": 7}], "next": "a"})"});
  CHECK(found(second) == "10 11 ");
  CHECK_FALSE(second.problem);
}

TEST_CASE("a look that reads more than it may takes what it has, within its bounds") {
  const Poll poll = poll_of_text(one_page, by_id);
  std::string list;
  for (std::size_t i = 0; i < limits::poll_look_records_max + 5; ++i) {
    list += (list.empty() ? "" : ",") + (R"({"id": )" + std::to_string(i) + "}");
  }
  const LookEnd end = look_at(poll, {}, {items(list)});
  CHECK(end.found.size() == limits::poll_look_records_max);
  CHECK(problem(end) == "limit_exceeded");
  PollLook big(poll, {});
  const JsonObject nobody;
  CHECK(big.take(response(items("")), limits::poll_look_bytes_max + 1,
                 UserScope(UserId("u"), nobody)) == PollLook::Next::done);
  CHECK(problem(big.end()) == "limit_exceeded");
}
