#include "runtime/definitions/build.h"

#include "build_samples.h"
#include "compile_text.h"

using namespace millrace;

namespace {

std::vector<BuildItem> items_of(const std::string& text) {
  const auto json = parse_json(text);
  if (!json) FAIL(json.error().message);
  auto items = read_build(*json);
  if (!items) FAIL(items.error().message);
  return std::move(*items);
}

const BuildItem& item(const std::vector<BuildItem>& items, const std::string& id) {
  for (const BuildItem& each : items) {
    if (each.id == id) return each;
  }
  FAIL("no item " << id);
  return items[0];
}

std::string workflow(int number) {
  return "w0000000-0000-4000-8000-00000000000" + std::to_string(number);
}

std::string codes(const BuildItem& item) {
  std::string all;
  for (const auto& finding : item.findings)
    all += std::string(finding.code) + ' ' + finding.detail.path + '\n';
  return all;
}

std::string at(const Json& value, const std::string& pointer) {
  boost::json::error_code error;
  const Json* const found = value.find_pointer(pointer, error);
  return found == nullptr ? "nothing" : to_text(*found);
}

}  // namespace

TEST_CASE("everything in a build becomes one item, in the order in which it is put") {
  std::string all;
  for (const BuildItem& each : items_of(sample_build)) {
    all += std::string(wire_name(each.kind)) + ' ' + each.id +
           (each.definition.is_null() ? "" : " +") + '\n';
  }
  CHECK(all ==
        "secret CRM_KEY\n"
        "event Contact Created +\n"
        "resource r1\n"
        "integration crm +\n"
        "webhook c1\n"
        "workflow " +
            workflow(1) +
            " +\n"
            "workflow " +
            workflow(2) +
            " +\n"
            "workflow " +
            workflow(3) +
            " +\n"
            "workflow " +
            workflow(4) +
            "\n"
            "workflow " +
            workflow(5) + " +\n");
}

TEST_CASE("an integration of a build is a skeleton that is switched off") {
  const auto items = items_of(sample_build);
  const BuildItem& crm = item(items, "crm");
  CHECK(to_text(crm.definition) ==
        R"({"name":"CRM","isActive":false,"baseUrl":"https://base-url.invalid",)"
        R"("description":"Sync contacts","overview":"# All of it","accentColor":"#123456",)"
        R"("settings":[{"id":"in-shared","type":"text","required":true,"title":"Region",)"
        R"("description":"Where the account lives"}]})");
  CHECK(codes(crm) == "waits_for_integration /integrations/crm\n");
  const auto compiled = compile_integration("crm", crm.definition);
  if (!compiled) FAIL(compiled.error().message);
  CHECK_FALSE((*compiled)->is_active);
}

TEST_CASE("workflows of a build have the texts and settings of their portal") {
  const auto items = items_of(sample_build);
  const BuildItem& answer = item(items, workflow(1));
  CHECK(at(answer.definition, "/integration") == R"("crm")");
  CHECK(at(answer.definition, "/infoText") == R"("Answers at once")");
  CHECK(at(answer.definition, "/order") == "1");
  CHECK(at(answer.definition, "/defaultEnabled") == "true");
  CHECK(at(answer.definition, "/hidden") == "nothing");
  CHECK(at(answer.definition, "/settings") ==
        R"([{"id":"in-1","type":"mapping","required":false,"title":"Fields"},)"
        R"({"id":"in-2","type":"text","title":"Who"}])");
  CHECK(codes(answer) == "no_counterpart /integrations/crm/config/values/workflowMeta/" +
                             workflow(1) + "/inputs/1/type\n");
  IntegrationSet integrations;
  REQUIRE(integrations.put("crm", item(items, "crm").definition).ok());
  const auto compiled = compile_workflow(answer.definition, test_identity(), &integrations);
  if (!compiled) FAIL(compiled.error().message);
  CHECK((*compiled)->settings.size() == 2);
}

TEST_CASE("events and secrets of a build are found by their ids") {
  const auto items = items_of(sample_build);
  const BuildItem& sync = item(items, workflow(2));
  CHECK(at(sync.definition, "/trigger") == R"({"type":"event","event":"Contact Created"})");
  CHECK(at(sync.definition, "/steps/0/headers/X-Key") == R"("{{secrets.CRM_KEY}}")");
  CHECK(at(sync.definition, "/steps/0/body") == R"("{{trigger}}")");
  CHECK(at(sync.definition, "/hidden") == "true");
  CHECK(codes(sync).empty());
  CHECK(at(item(items, "Contact Created").definition, "") == R"({"email":"a@example.com"})");
}

TEST_CASE("what has no counterpart stays an open point of the draft until somebody mends it") {
  const auto items = items_of(sample_build);
  const BuildItem& random = item(items, workflow(3));
  CHECK(at(random.definition, "/openPoints/0/code") == R"("no_counterpart")");
  CHECK(at(random.definition, "/openPoints/0/path") ==
        R"("/steps/1/parameters/parameters/0/source")");
  // As the draft calls it, and where it stands there.
  CHECK(at(random.definition, "/openPoints/0/step") == at(random.definition, "/steps/0/id"));
  CHECK(at(random.definition, "/openPoints/0/at") == R"("/steps/0")");
  IntegrationSet integrations;
  REQUIRE(integrations.put("crm", item(items, "crm").definition).ok());
  const auto refused = compile_workflow(random.definition, test_identity(), &integrations);
  REQUIRE_FALSE(refused.ok());
  REQUIRE(refused.error().details.size() == 1);
  CHECK(refused.error().details[0].path == "/openPoints/0");
  CHECK_THAT(refused.error().details[0].message, Catch::Contains("random ids are not values here"));
  Json mended = random.definition;
  mended.get_object().erase("openPoints");
  CHECK(compile_workflow(mended, test_identity(), &integrations).ok());
}

TEST_CASE("a step that nothing leads to is an open point too, by the name that it had") {
  const auto items = items_of(R"({"integrations": {"crm": {"workflows": {"w": {"id": "w", "steps": [
      {"id": "t", "type": "TRIGGER/ENDPOINT", "next": ["m"],
       "parameters": {"allowArbitraryPayload": true}},
      {"id": "m", "type": "TRANSITION/MAP", "next": [], "nextToIterate": "i",
       "parameters": {"iterator": {"type": "VALUE", "value": [1], "dataType": "ARRAY"}}},
      {"id": "i", "type": "ACTION/FUNCTION", "next": [], "parameters": {"code": "() => 1",
       "parameters": [{"key": "n", "source": {"type": "UUID_NONCE"}}]}},
      {"id": "lost", "type": "ACTION/FUNCTION", "next": [],
       "parameters": {"code": "() => 1", "parameters": []}}]}}}}})");
  const Json& draft = item(items, "w").definition;
  CHECK(at(draft, "/openPoints/0/at") == R"("/steps/0/steps/0")");
  CHECK(at(draft, "/openPoints/0/step") == R"("i")");
  CHECK(at(draft, "/openPoints/1/code") == R"("never_reached")");
  CHECK(at(draft, "/openPoints/1/step") == R"("lost")");
  CHECK(at(draft, "/openPoints/1/at") == "nothing");
}

TEST_CASE("a workflow that cannot be put in order is left out and named, the others are not") {
  const auto items = items_of(sample_build);
  const BuildItem& round = item(items, workflow(4));
  CHECK(round.definition.is_null());
  CHECK(codes(round) == "not_in_order /integrations/crm/workflows/" + workflow(4) + "/steps/1\n");
  CHECK_FALSE(item(items, workflow(5)).definition.is_null());
}

TEST_CASE("a build is read the same each time") {
  const auto first = items_of(sample_build);
  const auto second = items_of(sample_build);
  REQUIRE(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(to_text(first[i].definition) == to_text(second[i].definition));
  }
}

TEST_CASE("a secret's text that is no name is shown nowhere") {
  for (const char* const secrets :
       {R"({"KEY":"s3cr3t-value!"})", R"([{"id":"KEY","key":"s3cr3t-value!"}])"}) {
    const auto items = items_of(R"({"integrations":{},"secrets":)" + std::string(secrets) + '}');
    REQUIRE(items.size() == 1);
    CHECK(items[0].id == "KEY");
    CHECK(items[0].findings[0].detail.message.find("s3cr3t") == std::string::npos);
  }
  // Ids and names either way round.
  const auto turned =
      items_of(R"({"integrations":{},"secrets":{"KEY":"5ec00000-0000-4000-8000-000000000001"}})");
  CHECK(turned[0].id == "KEY");
}

TEST_CASE("a member that means nothing in a build is left out by name") {
  const auto items =
      items_of(R"({"projectId":"p","integrations":{},"workflows":{"w":{}},"surprise":1})");
  REQUIRE(items.size() == 2);
  for (const BuildItem& item : items) {
    CHECK(item.kind == BuildItem::Kind::member);
    CHECK(item.definition.is_null());
    CHECK(item.findings[0].weight == FindingWeight::fatal);
  }
  CHECK(items[0].id == "workflows");
  CHECK_THAT(items[0].findings[0].detail.message,
             Catch::Contains("under `integrations.<type>.workflows`"));
  CHECK(items[1].id == "surprise");
}

TEST_CASE("the permissions of a workflow become conditions over the user") {
  const auto with_permissions = [](const std::string& permissions) {
    return items_of(R"({"integrations":{"crm":{"config":{"values":{"workflowMeta":{"w":{"id":"w",
        "permissions":)" +
                    permissions +
                    R"(}}}},"workflows":{"w":{"id":"w","name":"W","isDraft":false,"steps":[
          {"id":"t","type":"TRIGGER/ENDPOINT","next":["d"],
           "parameters":{"httpMethod":"POST","path":"w","allowArbitraryPayload":true}},
          {"id":"d","type":"TRANSITION/DELAY","parameters":{"value":1,"unit":"DAYS"},"next":[]}]}}}}})");
  };
  const auto read = with_permissions(R"({"type":"JOIN","join":"AND","conditions":[
      {"type":"OPERATOR","condition":{"operator":"$stringExactlyMatches",
        "variable":{"type":"CONNECT_CREDENTIAL_FIELD","fieldType":"EXTERNAL_USER_METADATA","path":["plan"]},
        "argument":{"type":"VALUE","value":"pro","dataType":"STRING"}}}]})");
  CHECK(
      at(item(read, "w").definition, "/permissions") ==
      R"([[{"variable":"{{user.meta.plan}}","operator":"StringExactlyMatches","argument":"pro"}]])");
  CHECK(codes(item(read, "w")).find("waits_for_permissions") == std::string::npos);
  const auto odd = with_permissions(R"({"roles":["admin"]})");
  CHECK(at(item(odd, "w").definition, "/permissions") == R"({"roles":["admin"]})");
  CHECK_THAT(codes(item(odd, "w")), Catch::Contains("waits_for_permissions"));
}

TEST_CASE("what is no build says so") {
  for (const char* const text : {"null", "[]", "{}", R"({"integrations":7})"}) {
    INFO(text);
    const auto items = read_build(*parse_json(text));
    REQUIRE_FALSE(items.ok());
    CHECK(items.error().code == ErrorCode::invalid_definition);
  }
  const auto one = read_build(*parse_json(R"({"steps":[{"id":"t","type":"TRIGGER/ENDPOINT"}]})"));
  REQUIRE_FALSE(one.ok());
  CHECK_THAT(one.error().message, Catch::Contains("this is one workflow"));
  // Strange parts do not stop the rest.
  const auto items = items_of(
      R"({"integrations":{"a":7,"b":{"workflows":{"w":[],"v":{"steps":7}},"config":{"values":[]}}}})");
  REQUIRE(items.size() == 4);
  CHECK(items[0].definition.is_null());
  CHECK(items[2].definition.is_null());
}

TEST_CASE("a workflow's id that a build has twice is left out the second time and says so") {
  const std::string one = R"({"id": "same", "name": "One", "steps": [
      {"id": "t", "type": "TRIGGER/ENDPOINT", "parameters": {}, "next": []}]})";
  const auto items = items_of(R"({"integrations": {
      "a": {"name": "A", "workflows": {"same": )" +
                              one + R"(}},
      "b": {"name": "B", "workflows": {"same": )" +
                              one + "}}}}");
  std::vector<const BuildItem*> same;
  for (const BuildItem& each : items) {
    if (each.id == "same") same.push_back(&each);
  }
  REQUIRE(same.size() == 2);
  CHECK_FALSE(same[0]->definition.is_null());
  CHECK(same[1]->definition.is_null());
  CHECK(codes(*same[1]) == "id_taken /integrations/b/workflows/same\n");
}
