// Edits of a draft: tables of what is given and what becomes of it.
#include "runtime/drafts/apply_patch.h"

#include "runtime/base/json.h"
#include "runtime/base/limits.h"
#include "runtime/drafts/raw_json.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

Result<PatchedDraft> patched_draft(const std::string& draft, const std::string& patch) {
  const auto read = read_draft_patch(patch);
  if (!read) return read.error();
  return apply_patch(compact_json(draft), *read);
}

std::string edited(const std::string& draft, const std::string& edits) {
  const auto patched = patched_draft(draft, "{\"edits\":[" + edits + "]}");
  return patched ? patched->text : "refused: " + patched.error().message;
}

/// "path: message" of the first detail.
std::string refusal(const std::string& draft, const std::string& patch) {
  const auto patched = patched_draft(draft, patch);
  if (patched) return "accepted: " + patched->text;
  REQUIRE(!patched.error().details.empty());
  return patched.error().details[0].path;
}

/// Steps a (function), each (fan-out with b), c (conditional with d and e), z.
const std::string flow = R"({"steps":[{"id":"a"},{"id":"each","type":"fanOut","steps":[{"id":"b"}]},
  {"id":"c","type":"conditional","then":[{"id":"d"}],"else":[{"id":"e"}]},{"id":"z"}]})";

/// The ids as they stand: "a each(b) c(d|e) z".
std::string outline(const Json& steps) {
  std::string text;
  for (const Json& step : steps.as_array()) {
    if (!text.empty()) text += ' ';
    text += step.at("id").as_string();
    const auto& object = step.as_object();
    if (object.contains("branches")) {
      text += '(';
      for (const Json& branch : object.at("branches").as_array()) {
        text += std::string(branch.at("label").as_string()) + ':';
        if (branch.as_object().contains("steps")) text += outline(branch.at("steps"));
        text += ';';
      }
      text += ')';
    }
    if (object.contains("steps")) text += '(' + outline(object.at("steps")) + ')';
    if (!object.contains("then") && !object.contains("else")) continue;
    const auto list = [&](const char* key) {
      return object.contains(key) ? outline(object.at(key)) : std::string("-");
    };
    text += '(' + list("then") + '|' + list("else") + ')';
  }
  return text;
}

std::string order_after(const std::string& edits, const std::string& draft = flow) {
  const std::string text = edited(draft, edits);
  const auto json = parse_json(text);
  return json ? outline(json->at("steps")) : text;
}

}  // namespace

TEST_CASE("a step is inserted behind another, or first in a list") {
  const std::string step = R"("step":{"id":"n","type":"function"})";
  const auto insert = [&](const std::string& place) {
    return order_after("{\"insert\":{" + place + step + "}}");
  };
  CHECK(insert("") == "n a each(b) c(d|e) z");
  CHECK(insert(R"("after":null,"in":null,)") == "n a each(b) c(d|e) z");
  CHECK(insert(R"("after":"a",)") == "a n each(b) c(d|e) z");
  CHECK(insert(R"("after":"z",)") == "a each(b) c(d|e) z n");
  CHECK(insert(R"("after":"b",)") == "a each(b n) c(d|e) z");
  CHECK(insert(R"("in":"each",)") == "a each(n b) c(d|e) z");
  CHECK(insert(R"("in":"each","after":"b",)") == "a each(b n) c(d|e) z");
  CHECK(insert(R"("in":"c.then",)") == "a each(b) c(n d|e) z");
  CHECK(insert(R"("in":"c.else","after":"e",)") == "a each(b) c(d|e n) z");
}

TEST_CASE("a list that is not there yet is made") {
  const std::string insert = R"({"insert":{"in":"c.else","step":{"id":"n"}}})";
  CHECK(order_after(insert, R"({"steps":[{"id":"c","type":"conditional"}]})") == "c(-|n)");
  CHECK(edited("{}", R"({"insert":{"step":{"id":"n"}}})") == R"({"steps":[{"id":"n"}]})");
  CHECK(edited(R"({"steps":[{"id":"f","type":"fanOut"}]})",
               R"({"insert":{"in":"f","step":{"id":"n"}}})") ==
        R"({"steps":[{"id":"f","type":"fanOut","steps":[{"id":"n"}]}]})");
}

TEST_CASE("a branch with a label is named by it") {
  const std::string draft = R"({"steps":[{"id":"c","type":"conditional","branches":[
    {"label":"Big deal","steps":[{"id":"d"}]},{"label":"Small"}],"else":[]}]})";
  const auto insert = [&](const std::string& in) {
    return order_after("{\"insert\":{\"in\":\"" + in + "\",\"step\":{\"id\":\"n\"}}}", draft);
  };
  CHECK(insert("c.Big deal") == "c(Big deal:n d;Small:;)(-|)");
  CHECK(insert("c.Small") == "c(Big deal:d;Small:n;)(-|)");
  CHECK(insert("c.else") == "c(Big deal:d;Small:;)(-|n)");
  CHECK(refusal(draft, R"({"edits":[{"insert":{"in":"c.then","step":{"id":"n"}}}]})") ==
        "/edits/0/insert/in");
}

TEST_CASE("a copy stands behind its original, under new ids that its own references follow") {
  CHECK(edited(R"({"steps":[{"id":"a","n":1.0},{"id":"z","v":"{{a.result}}"}]})",
               R"({"duplicate":"a","as":"b"})") ==
        R"({"steps":[{"id":"a","n":1.0},{"id":"b","n":1.0},{"id":"z","v":"{{a.result}}"}]})");
  CHECK(edited(
            R"({"steps":[{"id":"a"},{"id":"f","type":"fanOut","items":"{{a.result}}","steps":[
              {"id":"x","v":"{{f.instance}} {{a.result}}"},{"id":"y","v":"{{x.result}} x"}]},{"id":"x_2"}]})",
            R"({"duplicate":"f","as":"g"})") ==
        R"({"steps":[{"id":"a"},{"id":"f","type":"fanOut","items":"{{a.result}}","steps":[)"
        R"({"id":"x","v":"{{f.instance}} {{a.result}}"},{"id":"y","v":"{{x.result}} x"}]},)"
        R"({"id":"g","type":"fanOut","items":"{{a.result}}","steps":[)"
        R"({"id":"x_3","v":"{{g.instance}} {{a.result}}"},{"id":"y_2","v":"{{x_3.result}} x"}]},)"
        R"({"id":"x_2"}]})");
  CHECK(order_after(R"({"duplicate":"a"},{"duplicate":"a"},{"duplicate":"b"})") ==
        "a a_3 a_2 each(b b_2) c(d|e) z");
}

TEST_CASE("a step is moved with all that is in it") {
  const auto move = [&](const std::string& what) { return order_after("{\"move\":" + what + "}"); };
  CHECK(move(R"({"step":"z"})") == "z a each(b) c(d|e)");
  CHECK(move(R"({"step":"a","after":"z"})") == "each(b) c(d|e) z a");
  CHECK(move(R"({"step":"each","in":"c.then"})") == "a c(each(b) d|e) z");
  CHECK(move(R"({"step":"b","after":"a"})") == "a b each() c(d|e) z");
  CHECK(move(R"({"step":"d","in":"c.else"})") == "a each(b) c(|d e) z");
  CHECK(move(R"("d","after":"e")") == "a each(b) c(|e d) z");
}

TEST_CASE("a renamed step is referred to by its new name everywhere") {
  const std::string draft = R"({"name":"about {{a.b}}","steps":[
    {"id":"a","description":"{{a.result}}","type":"function","code":"() => '{{a.result}}'"},
    {"id":"r","type":"request","url":"x/{{a.result.url}}","headers":{"a":"{{ a.result }}"},
     "pagination":{"stopWhen":[[{"variable":"{{a.result}}","operator":"IsNull"}]]}},
    {"id":"c","type":"conditional","branches":[{"label":"{{a.x}}",
      "if":[[{"variable":"{{a.result}}","operator":"$isNull","argument":["a","{{a.result}}"]}]],
      "steps":[{"id":"f","type":"fanOut","items":"{{a.result}}","steps":[
        {"id":"p","type":"function","parameters":{"code":"{{a.result}}"},"code":"a"}]}]}],
     "else":[{"id":"s","type":"response","body":{"a":"{{a.result}} a","b":"{{ab.result}}"}}]}]})";
  std::string expected = compact_json(draft);
  const auto replace = [&](const std::string& from, const std::string& to) {
    const auto at = expected.find(from);
    REQUIRE(at != std::string::npos);
    expected.replace(at, from.size(), to);
  };
  replace(R"({"id":"a","desc)", R"({"id":"lead","desc)");
  replace("x/{{a.result.url}}", "x/{{lead.result.url}}");
  replace("{{ a.result }}", "{{ lead.result }}");
  replace(R"("variable":"{{a.result}}","operator":"IsNull")",
          R"("variable":"{{lead.result}}","operator":"IsNull")");
  replace(
      R"("variable":"{{a.result}}","operator":"$isNull","argument":["a","{{a.result}}"])",
      R"("variable":"{{lead.result}}","operator":"$isNull","argument":["a","{{lead.result}}"])");
  replace(R"("items":"{{a.result}}")", R"("items":"{{lead.result}}")");
  replace(R"("parameters":{"code":"{{a.result}}"})", R"("parameters":{"code":"{{lead.result}}"})");
  replace(R"({"a":"{{a.result}} a")", R"({"a":"{{lead.result}} a")");
  CHECK(edited(draft, R"({"rename":{"from":"a","to":"lead"}})") == expected);
}

TEST_CASE("an open point of an import follows the step that it is about") {
  CHECK(edited(R"({"openPoints":[{"step":"a","message":"a"},{"step":"b"}],"steps":[{"id":"a"}]})",
               R"({"rename":{"from":"a","to":"x"}})") ==
        R"({"openPoints":[{"step":"x","message":"a"},{"step":"b"}],"steps":[{"id":"x"}]})");
}

TEST_CASE("what others refer to is removed, and each of them is told") {
  const auto patched = patched_draft(
      R"({"steps":[{"id":"f","type":"fanOut","steps":[{"id":"a"}]},
         {"id":"b","v":"{{a.result}}","w":["x","{{f.errors}}"]},
         {"id":"c","type":"conditional","if":[[{"variable":"{{a.result}}"}]],"then":[{"id":"d","v":"{{b.result}}"}]}]})",
      R"({"edits":[{"remove":"f"}]})");
  REQUIRE(patched.ok());
  std::string told;
  for (const auto& finding : patched->findings) {
    told += finding.step + ' ' + finding.path + ' ' + finding.got + '\n';
  }
  CHECK(told ==
        "b /steps/0/v a\n"
        "b /steps/0/w/1 f\n"
        "c /steps/1/if/0/0/variable a\n");
  // What takes its place is referred to.
  const auto replaced =
      patched_draft(R"({"steps":[{"id":"a"},{"id":"b","v":"{{a.result}}"}]})",
                    R"({"edits":[{"remove":"a"},{"insert":{"step":{"id":"a","type":"delay"}}}]})");
  REQUIRE(replaced.ok());
  CHECK(replaced->findings.empty());
}

TEST_CASE("a number goes on naming the step that it named") {
  const std::string draft =
      R"({"steps":[{"id":"a"},{"id":"f","type":"fanOut","steps":[{"id":"b","v":"{{2.r}}"}]},
          {"id":"c","v":"{{1.x}} {{2.r}} {{4.r}} {{9.r}}"}]})";
  const auto c_after = [&](const std::string& edits) {
    const auto json = parse_json(edited(draft, edits));
    REQUIRE(json.ok());
    return std::string(json->at("steps").as_array().back().at("v").as_string());
  };
  CHECK(c_after(R"({"insert":{"step":{"id":"n"}}})") == "{{1.x}} {{3.r}} {{5.r}} {{9.r}}");
  CHECK(c_after(R"({"insert":{"in":"f","step":{"id":"n"}}})") == "{{1.x}} {{2.r}} {{5.r}} {{9.r}}");
  CHECK(c_after(R"({"remove":"f"})") == "{{1.x}} {{2.r}} {{b.r}} {{9.r}}");
  CHECK(c_after(R"({"move":{"step":"a","after":"f"}})") == "{{1.x}} {{4.r}} {{3.r}} {{9.r}}");
  CHECK(c_after(R"({"duplicate":"a"})") == "{{1.x}} {{2.r}} {{5.r}} {{9.r}}");
  CHECK(c_after(R"({"rename":{"from":"a","to":"x"}})") == "{{1.x}} {{2.r}} {{4.r}} {{9.r}}");
}

TEST_CASE("members of the workflow are put, replaced and removed beside the edits") {
  const auto patched =
      patched_draft(R"({"name":"old","x-own":1.0,"infoText":"i","steps":[{"id":"a"}]})",
                    R"({"name":"new","order":12345678901234567890,"infoText":null,"hidden":true,
                "edits":[{"remove":"a"}]})");
  REQUIRE(patched.ok());
  CHECK(patched->text ==
        R"({"name":"new","x-own":1.0,"steps":[],"order":12345678901234567890,"hidden":true})");
}

TEST_CASE("what nobody names stays as it was written") {
  const std::string kept =
      R"("big":123456789012345678901234567890,"one":1.0,"e":1E0,"s":"\u0041\/","\u006b":[-0,0.10])";
  CHECK(edited("{" + kept + R"(,"steps":[{"id":"a",)" + kept + R"(},"no step",{"x":1},null]})",
               R"({"insert":{"after":"a","step":{"id":"n",)" + kept + "}}}") ==
        "{" + kept + R"(,"steps":[{"id":"a",)" + kept + R"(},{"id":"n",)" + kept +
            R"(},"no step",{"x":1},null]})");
  CHECK(edited(flow, "") == compact_json(flow));
}

TEST_CASE("an edit that cannot be made is refused by its place") {
  struct Case {
    const char* patch;
    const char* path;
  };
  const Case cases[]{
      {R"({"edits":[{"remove":"a"},{"remove":"a"}]})", "/edits/1/remove"},
      {R"({"edits":[{"remove":7}]})", "/edits/0/remove"},
      {R"({"edits":null})", "/edits"},
      {R"({"order":"x"})", "/order"},
      {R"({"order":true})", "/order"},
      {R"({"name":7})", "/name"},
      {R"({"hidden":"true"})", "/hidden"},
      {R"({"defaultEnabled":1})", "/defaultEnabled"},
      {R"({"settings":{}})", "/settings"},
      {R"({"permissions":"x"})", "/permissions"},
      {R"({"integration":["crm"]})", "/integration"},
      {R"({"trigger":"request"})", "/trigger"},
      {R"({"edits":[{"remove":"nobody"}]})", "/edits/0/remove"},
      {R"({"edits":[{"remove":""}]})", "/edits/0/remove"},
      {R"({"edits":[{"insert":{"after":"nobody","step":{"id":"n"}}}]})", "/edits/0/insert/after"},
      {R"({"edits":[{"insert":{"after":1,"step":{"id":"n"}}}]})", "/edits/0/insert/after"},
      {R"({"edits":[{"insert":{"in":"a","step":{"id":"n"}}}]})", "/edits/0/insert/in"},
      {R"({"edits":[{"insert":{"in":"c","step":{"id":"n"}}}]})", "/edits/0/insert/in"},
      {R"({"edits":[{"insert":{"in":"each.then","step":{"id":"n"}}}]})", "/edits/0/insert/in"},
      {R"({"edits":[{"insert":{"in":"each","after":"a","step":{"id":"n"}}}]})",
       "/edits/0/insert/after"},
      {R"({"edits":[{"insert":{"step":{}}}]})", "/edits/0/insert/step/id"},
      {R"({"edits":[{"insert":{"step":{"id":"user"}}}]})", "/edits/0/insert/step/id"},
      {R"({"edits":[{"insert":{"step":{"id":"a"}}}]})", "/edits/0/insert/step"},
      {R"({"edits":[{"insert":{"step":{"id":"n","type":"fanOut","steps":[{"id":"n"}]}}}]})",
       "/edits/0/insert/step"},
      {R"({"edits":[{"insert":{"step":[]}}]})", "/edits/0/insert/step"},
      {R"({"edits":[{"insert":{"stpe":{"id":"n"}}}]})", "/edits/0/insert/step"},
      {R"({"edits":[{"insert":{"step":{"id":"n"},"befor":1}}]})", "/edits/0/insert/befor"},
      {R"({"edits":[{"duplicate":"a","as":"z"}]})", "/edits/0/as"},
      {R"({"edits":[{"duplicate":"a","as":"1"}]})", "/edits/0/as"},
      {R"({"edits":[{"duplicate":"x"}]})", "/edits/0/duplicate"},
      {R"({"edits":[{"move":{"step":"each","in":"each"}}]})", "/edits/0/move/in"},
      {R"({"edits":[{"move":{"step":"each","after":"b"}}]})", "/edits/0/move/after"},
      {R"({"edits":[{"move":"a","after":"a"}]})", "/edits/0/after"},
      {R"({"edits":[{"move":"nobody"}]})", "/edits/0/move"},
      {R"({"edits":[{"rename":{"from":"a","to":"z"}}]})", "/edits/0/rename/to"},
      {R"({"edits":[{"rename":{"from":"a","to":"instance"}}]})", "/edits/0/rename/to"},
      {R"({"edits":[{"rename":{"from":"a"}}]})", "/edits/0/rename/to"},
      {R"({"edits":[{}]})", "/edits/0"},
      {R"({"edits":[{"remove":"a","rename":{}}]})", "/edits/0"},
      {R"({"edits":[1]})", "/edits/0"},
      {R"({"edits":{}})", "/edits"},
      {R"({"steps":[]})", "/steps"},
      {R"({"nmae":"x"})", "/nmae"},
      {"[]", ""},
  };
  for (const Case& each : cases) {
    INFO(each.patch);
    CHECK(refusal(flow, each.patch) == each.path);
  }
  const auto misspelt = patched_draft(flow, R"({"edits":[{"remove":"eahc"}]})");
  REQUIRE(!misspelt.ok());
  CHECK(misspelt.error().details[0].nearest == "each");
}

TEST_CASE("a draft with two steps of one id says so when one of them is meant") {
  const std::string twice = R"({"steps":[{"id":"a"},{"id":"a"},{"id":"b"}]})";
  CHECK(refusal(twice, R"({"edits":[{"remove":"a"}]})") == "/edits/0/remove");
  CHECK(edited(twice, R"({"remove":"b"})") == R"({"steps":[{"id":"a"},{"id":"a"}]})");
}

TEST_CASE("copies of copies end at the size of a definition, and nesting at its depth") {
  std::string doubling;
  for (int i = 0; i < 10; ++i) {
    const std::string copy = "g" + std::to_string(i);
    doubling += std::string(i == 0 ? "" : ",") + R"({"duplicate":"f","as":")" + copy +
                R"("},{"move":{"step":")" + copy + R"(","in":"f"}})";
  }
  const std::string draft = R"({"steps":[{"id":"f","type":"fanOut","steps":[{"id":"a","v":")" +
                            std::string(100'000, 'x') + R"("}]}]})";
  const auto grown = patched_draft(draft, "{\"edits\":[" + doubling + "]}");
  REQUIRE(!grown.ok());
  CHECK(grown.error().code == ErrorCode::limit_exceeded);

  std::string nested;
  std::string in;
  for (int i = 0; i < 60; ++i) {
    const std::string id = "s" + std::to_string(i);
    nested += std::string(i == 0 ? "" : ",") + R"({"insert":{"in":)" +
              (in.empty() ? "null" : "\"" + in + "\"") + R"(,"step":{"id":")" + id +
              R"(","type":"fanOut"}}})";
    in = id;
  }
  const auto deep = patched_draft("{}", "{\"edits\":[" + nested + "]}");
  REQUIRE(!deep.ok());
  CHECK(deep.error().code == ErrorCode::limit_exceeded);

  std::string many;
  for (std::size_t i = 0; i <= limits::draft_edits_max; ++i) {
    many += std::string(i == 0 ? "" : ",") + R"({"remove":"a"})";
  }
  const auto refused = read_draft_patch("{\"edits\":[" + many + "]}");
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == ErrorCode::limit_exceeded);
}
