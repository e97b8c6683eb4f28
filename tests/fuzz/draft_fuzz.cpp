// Edits of drafts: whatever the draft and the edit, a draft comes out or a refusal; and what could be deployed
// before can be deployed after edits that only rename, copy or put something in.
#include "runtime/definitions/compile_workflow.h"
#include "runtime/drafts/apply_patch.h"
#include "runtime/drafts/draft_tree.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutations.h"
#include "tests/fuzz/sample_definitions.h"

namespace millrace {
namespace {

const WorkflowIdentity identity{ProjectId("acme"), WorkflowId("fuzz"), 1};

/// Of some step; the words of no step now and then.
std::string some_id(DraftNode& draft, SeededRandom& random) {
  std::vector<std::string> ids{"nobody"};
  visit_steps(draft, "", [&](DraftNode& step, const std::string&) { ids.push_back(step.id()); });
  return ids[random.below(ids.size())];
}

std::string some_place(DraftNode& draft, SeededRandom& random) {
  const std::string after = to_text(Json(some_id(draft, random)));
  const char* const lists[]{"", ".then", ".else", ".A"};
  const std::string in = to_text(Json(some_id(draft, random) + lists[random.below(4)]));
  switch (random.below(4)) {
    case 0:
      return R"("after":)" + after + ",";
    case 1:
      return R"("in":)" + in + ",";
    case 2:
      return R"("after":null,"in":)" + in + ",";
    default:
      return "";
  }
}

/// Edits after which what compiled compiles: nothing is taken away from where it was.
std::string harmless_edit(DraftNode& draft, SeededRandom& random) {
  const std::string id = to_text(Json(some_id(draft, random)));
  switch (random.below(3)) {
    case 0:
      return R"({"rename":{"from":)" + id + R"(,"to":"fuzz_renamed"}})";
    case 1:
      return R"({"duplicate":)" + id + R"(,"as":"fuzz_copy"})";
    default:
      return R"({"insert":{)" + some_place(draft, random) +
             R"("step":{"id":"fuzz_put_in","type":"delay","value":1.0,"unit":"DAYS"}}})";
  }
}

std::string any_edit(DraftNode& draft, SeededRandom& random) {
  const std::string id = to_text(Json(some_id(draft, random)));
  switch (random.below(3)) {
    case 0:
      return R"({"remove":)" + id + "}";
    case 1:
      return R"({"move":{)" + some_place(draft, random) + R"("step":)" + id + "}}";
    default:
      return harmless_edit(draft, random);
  }
}

Result<PatchedDraft> patched(const std::string& draft, const std::string& edits) {
  const auto patch = read_draft_patch("{\"edits\":[" + edits + "]}");
  REQUIRE(patch.ok());
  return apply_patch(draft, *patch);
}

}  // namespace

TEST_CASE("a draft that is taken apart and put together is the text that it was") {
  const auto samples = sample_definitions();
  fuzz(2'000, [&](SeededRandom& random) {
    Json definition = samples[random.below(samples.size())];
    mutate(definition, random, samples);
    if (!definition.is_object()) return;
    const std::string text = to_text(definition);
    const DraftNode draft = read_draft(text);
    REQUIRE(text_of(draft) == text);
    REQUIRE(size_of(draft) >= text.size());
  });
}

TEST_CASE("edits of a mutated draft give a draft or are refused, and a rename back is none") {
  const auto samples = sample_definitions();
  fuzz(4'000, [&](SeededRandom& random) {
    Json definition = samples[random.below(samples.size())];
    mutate(definition, random, samples);
    if (!definition.is_object()) return;
    const std::string text = to_text(definition);
    DraftNode draft = read_draft(text);
    const std::string edits = any_edit(draft, random) + "," + any_edit(draft, random);
    INFO(text << ' ' << edits);
    const auto result = patched(text, edits);
    if (result) REQUIRE(parse_json(result->text).ok());
    const std::string id = some_id(draft, random);
    const auto renamed =
        patched(text, R"({"rename":{"from":)" + to_text(Json(id)) + R"(,"to":"fuzz_there"}},
                         {"rename":{"from":"fuzz_there","to":)" +
                          to_text(Json(id)) + "}}");
    if (renamed) REQUIRE(renamed->text == text);
  });
}

TEST_CASE("what could be deployed can be deployed after renames, copies and insertions") {
  const auto samples = sample_definitions();
  const IntegrationSet integrations = sample_integrations();
  std::size_t edited = 0;
  std::size_t rounds = 0;
  fuzz(1'500, [&](SeededRandom& random) {
    const Json& definition = samples[random.below(samples.size())];
    ++rounds;
    if (!compile_workflow(definition, identity, &integrations)) return;
    const std::string text = to_text(definition);
    DraftNode draft = read_draft(text);
    const std::string edit = harmless_edit(draft, random);
    const auto result = patched(text, edit);
    if (!result) return;
    ++edited;
    INFO(text << ' ' << edit << ' ' << result->text);
    const auto compiled = compile_workflow(*parse_json(result->text), identity, &integrations);
    if (!compiled) INFO(compiled.error().message);
    REQUIRE(compiled.ok());
  });
  if (rounds > 1'000) REQUIRE(edited > rounds / 4);
}

}  // namespace millrace
