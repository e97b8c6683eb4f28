// Drafts over the API: tags, conditions, edits, findings, comparison, return of versions.

#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const std::string path = "/projects/p1/workflows/simple";
const std::string definition(simple_definition);

struct Drafts : ApiFixture {
  Answer put(const std::string& body, const Headers& headers = {}) {
    return call("PUT", path, api_key, body, headers);
  }
  Answer patch(const std::string& body, const Headers& headers = {}) {
    return call("PATCH", path, api_key, body, headers);
  }
  Answer get(const std::string& rest = {}) { return call("GET", path + rest, api_key); }
  Answer post(const std::string& rest, const std::string& body = {}, const Headers& headers = {}) {
    return call("POST", path + rest, api_key, body, headers);
  }
};

}  // namespace

TEST_CASE("a tag names the draft, whatever is deployed beside it", "[http]") {
  Drafts api;
  const std::string tag = api.put(definition).header("ETag");
  REQUIRE(tag.size() == 34);
  CHECK(api.get().header("ETag") == tag);
  REQUIRE(api.post("/deploy").status == 200);
  CHECK(api.get().header("ETag") == tag);
  // The same draft, written with other blanks.
  CHECK(api.put(" " + definition + "\n").header("ETag") == tag);
  CHECK(api.put("{}").header("ETag") != tag);
}

TEST_CASE("a change that is meant for another draft is refused with 412", "[http]") {
  Drafts api;
  const std::string old = api.put(definition).header("ETag");
  const std::string now = api.put(R"({"name":"other"})", {{"If-Match", old}}).header("ETag");
  const ApiFixture::Headers stale{{"If-Match", old}};
  for (const auto& refused :
       {api.put("{}", stale), api.patch("{}", stale), api.post("/deploy", "", stale),
        api.call("DELETE", path, api.api_key, "", stale)}) {
    CHECK(refused.status == 412);
    CHECK(refused.code() == "draft_changed");
    CHECK(refused["details"].at(0).at("expected") == Json(now));
  }
  CHECK(api.get().header("ETag") == now);
  CHECK(api.put("{}", {{"If-Match", old}, {"If-Match", now}}).status == 200);
  CHECK(api.put(R"({"name":"b"})", {{"If-Match", "W/" + now}}).status == 412);
  CHECK(api.put(R"({"name":"b"})", {{"If-Match", "*"}}).status == 200);
  CHECK(api.put(R"({"name":"b"})", {{"If-Match", "name"}}).status == 400);
  CHECK(api.call("DELETE", path, api.api_key, "", {{"If-Match", "*"}}).status == 204);
  CHECK(api.put("{}", {{"If-Match", "*"}}).status == 412);
}

TEST_CASE("a workflow may be created only if there is none yet", "[http]") {
  Drafts api;
  const ApiFixture::Headers create{{"If-None-Match", "*"}};
  CHECK(api.put("{}", create).status == 200);
  const auto refused = api.put(definition, create);
  CHECK(refused.status == 412);
  CHECK(api.get()["definition"] == *parse_json("{}"));
}

TEST_CASE("a patch changes members and steps, and tells what refers to what is gone", "[http]") {
  Drafts api;
  REQUIRE(api.put(definition).status == 200);
  const auto renamed = api.patch(
      R"({"name":"New","hidden":true,"order":3,"edits":[{"rename":{"from":"one","to":"first"}}]})");
  REQUIRE(renamed.status == 200);
  CHECK(renamed["name"] == Json("New"));
  CHECK(renamed["order"] == Json(3));
  CHECK(renamed["hidden"] == Json(true));
  CHECK(renamed["findings"].as_array().empty());
  CHECK(renamed["definition"].at("steps").at(1).at("body").at("n") == Json("{{first.result}}"));
  CHECK(renamed.header("ETag") == api.get().header("ETag"));
  const auto removed = api.patch(R"({"edits":[{"remove":"first"}]})");
  REQUIRE(removed.status == 200);
  CHECK(removed["findings"].at(0).at("step") == Json("reply"));
  CHECK(removed["findings"].at(0).at("path") == Json("/steps/0/body/n"));
}

TEST_CASE("a patch with one edit that cannot be made changes nothing", "[http]") {
  Drafts api;
  const std::string tag = api.put(definition).header("ETag");
  const auto refused =
      api.patch(R"({"name":"New","edits":[{"remove":"one"},{"remove":"replyy"}]})");
  CHECK(refused.status == 400);
  CHECK(refused.code() == "invalid_request");
  CHECK(refused["details"].at(0).at("path") == Json("/edits/1/remove"));
  CHECK(refused["details"].at(0).at("nearest") == Json("reply"));
  CHECK(api.get().header("ETag") == tag);
  CHECK(api.patch("").status == 400);
  CHECK(api.patch("{\"edits\":").code() == "invalid_json");
  CHECK(api.patch(R"({"name":1})").status == 400);
  CHECK(api.patch(R"({"trigger":[]})").code() == "invalid_request");
  CHECK(api.patch("\"" + std::string(limits::definition_bytes_max, 'x') + "\"").status == 413);
  CHECK(api.get().header("ETag") == tag);
  CHECK(api.call("PATCH", "/projects/p1/workflows/none", api.api_key, "{}").status == 404);
}

TEST_CASE("validating finds what deploying finds, and saves nothing", "[http]") {
  Drafts api;
  const std::string wrong = R"({"name":"x","trigger":{"type":"request"},"steps":[
      {"id":"a","type":"function"},{"id":"b","type":"functoin","code":"() => 1"}]})";
  CHECK(api.post("/validate").status == 404);
  const auto alone = api.post("/validate", wrong);
  REQUIRE(alone.status == 200);
  CHECK(alone["valid"] == Json(false));
  CHECK(api.get().status == 404);
  REQUIRE(api.put(wrong).status == 200);
  const std::string tag = api.get().header("ETag");
  const auto stored = api.post("/validate");
  CHECK(stored["findings"] == alone["findings"]);
  CHECK(stored["findings"] == api.post("/deploy")["details"]);
  const auto fine = api.post("/validate", definition);
  CHECK(fine["valid"] == Json(true));
  CHECK(fine["findings"].as_array().empty());
  CHECK(fine["version"] == Json(1));
  CHECK(api.get().header("ETag") == tag);
  CHECK(api.get("/versions")["versions"].as_array().empty());
  CHECK(api.post("/validate", "{\"a\":").code() == "invalid_json");
  CHECK(api.post("/validate", "[]")["valid"] == Json(false));
}

TEST_CASE("versions are compared with each other, the draft and what is live", "[http]") {
  Drafts api;
  REQUIRE(api.put(definition).status == 200);
  CHECK(api.get("/versions/1/diff").status == 404);
  REQUIRE(api.post("/deploy").status == 200);
  REQUIRE(api.patch(R"({"name":"Two","edits":[{"move":{"step":"one","after":"reply"}},
      {"insert":{"step":{"id":"in","type":"fanOut","items":[],"steps":[]}}},
      {"move":{"step":"one","in":"in"}}]})")
              .status == 200);
  const auto draft = api.get("/versions/1/diff?to=draft");
  REQUIRE(draft.status == 200);
  CHECK(draft["summary"] == *parse_json(R"({"added":1,"removed":0,"changed":2,"notListed":0})"));
  CHECK(draft["changes"].at(0) ==
        *parse_json(R"({"step":null,"path":"/name","kind":"changed","from":"Simple","to":"Two"})"));
  CHECK(draft["changes"].at(2) == *parse_json(R"({"step":"one","path":"/steps/0/steps/0",
      "kind":"changed","from":{"in":null,"after":null},"to":{"in":"in","after":null}})"));
  CHECK(api.get("/versions/1/diff")["changes"] == draft["changes"]);
  CHECK(api.get("/versions/1/diff?to=deployed")["changes"].as_array().empty());
  CHECK(api.get("/versions/1/diff?to=1")["changes"].as_array().empty());
  CHECK(api.get("/versions/1/diff?to=2").status == 404);
  CHECK(api.get("/versions/1/diff?to=other").status == 400);
  CHECK(api.get("/versions/01/diff").status == 404);
  REQUIRE(api.post("/undeploy").status == 200);
  CHECK(api.get("/versions/1/diff?to=deployed").status == 409);
}

TEST_CASE("a version comes back as the draft, and what is live stays", "[http]") {
  Drafts api;
  const std::string first = api.put(definition).header("ETag");
  REQUIRE(api.post("/deploy").status == 200);
  const std::string second = api.put(R"({"name":"x"})").header("ETag");
  CHECK(api.post("/versions/1/restore", "", {{"If-Match", first}}).status == 412);
  const auto restored = api.post("/versions/1/restore", "", {{"If-Match", second}});
  REQUIRE(restored.status == 200);
  CHECK(restored.header("ETag") == first);
  CHECK(restored["deployedVersion"] == Json(1));
  CHECK(api.post("/deploy")["unchanged"] == Json(true));
  CHECK(api.post("/versions/2/restore").status == 404);
}

TEST_CASE("lists show what a draft says of itself", "[http]") {
  Drafts api;
  REQUIRE(api.put(R"({"name":"n","description":"d","infoText":"i","order":2,"hidden":true,
                      "defaultEnabled":true,"integration":"crm"})")
              .status == 200);
  const auto list = api.call("GET", "/projects/p1/workflows", api.api_key);
  const auto& one = list["workflows"].at(0);
  CHECK(one.at("description") == Json("d"));
  CHECK(one.at("infoText") == Json("i"));
  CHECK(one.at("order") == Json(2));
  CHECK(one.at("hidden") == Json(true));
  CHECK(one.at("defaultEnabled") == Json(true));
  CHECK(one.at("integration") == Json("crm"));
}

}  // namespace millrace
