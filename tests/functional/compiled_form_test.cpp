// Workflows as the original platform's command line writes them, through the real server.
#include "../unit/runtime/definitions/compiled_samples.h"
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("a workflow in the compiled form is deployed, triggered and answers") {
  const TestProject project(shared_server());
  project.deploy("lead", compiled_lead_flow);
  const Answer some = project.trigger("lead", R"({"email": "a@b.c", "tags": ["new", "vip"]})");
  CHECK(some.status == 200);
  CHECK(some.text == R"({"label":"{{new}} a@b.c","tags":["NEW","VIP"]})");
  const Answer none = project.trigger("lead", R"({"email": "a@b.c", "tags": []})");
  CHECK(none.text == R"({"label":"{{new}} a@b.c","tags":null})");
  CHECK(project.trigger("lead", R"({"tags": []})").status == 400);

  project.deploy("nested", compiled_nested_flow);
  const Answer nested =
      project.trigger("nested", R"({"k": "abc", "b": false, "rows": [[1, 2], [3]]})");
  CHECK(nested.status == 201);
  CHECK(nested.text == R"({"choice":"A","cells":[[1,2],[3]]})");
}

TEST_CASE("what cannot be translated is refused when the draft is saved") {
  const TestProject project(shared_server());
  const Answer refused = project.put("/workflows/w", R"json({"name": "w", "steps": [
    {"id": "t", "type": "TRIGGER/ENDPOINT", "next": ["a"], "parameters": {}},
    {"id": "a", "type": "ACTION/FUNCTION", "next": ["b"], "parameters": {"code": "() => 1",
      "parameters": [{"key": "k", "source": {"type": "UUID_NONCE"}}]}}]})json");
  CHECK(refused.status == 400);
  CHECK(refused.at("/code") == R"("invalid_definition")");
  CHECK(refused.at("/details/0/path") == R"("/steps/1/next/0")");
  CHECK(refused.at("/details/1/path") == R"("/steps/1/parameters/parameters/0/source")");
  CHECK(refused.at("/details/1/step") == R"("a")");
  CHECK(project.get("/workflows/w").status == 404);
}
