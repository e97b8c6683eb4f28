#include "tests/support/random_workflow.h"

#include <vector>

namespace millrace {
namespace {

class Generator {
 public:
  explicit Generator(SeededRandom& random) : random_(random) {}

  RandomWorkflow make() {
    JsonArray steps = sequence(Place{});
    RandomWorkflow made;
    // By way of its text, as definitions come: whole numbers are then signed.
    const JsonObject whole{{"trigger", {{"type", "request"}}}, {"steps", std::move(steps)}};
    made.definition = *parse_json(to_text(whole));
    made.script = std::move(script_);
    made.requests = std::move(requests_);
    return made;
  }

 private:
  struct Place {
    std::size_t depth = 0;
    std::size_t fan_outs = 0;
    /// Whether an error here may be left to the fan-out or the workflow around it.
    bool may_fail = true;
  };

  JsonArray sequence(const Place& place) {
    JsonArray steps;
    const std::size_t before = visible_.size();
    for (std::size_t count = 1 + random_.below(3); count > 0; --count) {
      steps.push_back(step(place));
    }
    // Behind a branch its steps are references that may be null; behind a fan-out, arrays.
    if (random_.one_of(1, 3)) visible_.resize(before);
    return steps;
  }

  Json step(const Place& place) {
    const bool can_nest = place.depth < 3;
    switch (random_.below(can_nest ? 9 : 6)) {
      case 6:
        return conditional(place);
      case 7:
      case 8:
        return fan_out(place);
      case 3:
        return delay();
      case 4:
        return request(place);
      case 5:
        return pages(place);
      default:
        return function(place);
    }
  }

  std::string next_id(const char* kind) { return kind + std::to_string(++ids_); }

  /// A reference to something upstream.
  std::string reference() {
    if (visible_.empty()) return "{{trigger.request.body.n}}";
    return "{{" + visible_[random_.below(visible_.size())] + "}}";
  }

  Json function(const Place& place) {
    const std::string id = next_id("call");
    JsonObject parameters{{"a", reference()}, {"b", reference()}};
    if (place.fan_outs > 0) parameters.emplace("i", "{{index}}");
    JsonObject step{{"id", id}, {"type", "function"}, {"code", "(p) => p"}};
    step.emplace("parameters", std::move(parameters));
    FunctionRule rule = echoing();
    switch (random_.below(6)) {
      case 0:
        step.emplace("retry", JsonObject{{"delays", {"1s", "3s"}}});
        rule = failing_first(static_cast<std::uint32_t>(1 + random_.below(2)),
                             ErrorCode::function_timeout, "slow", rule);
        break;
      case 1:
        step.emplace("continueOnError", true);
        rule = when_parameter("i", 1, throwing("no"), rule);
        if (random_.one_of(1, 2)) rule = throwing("never works");
        break;
      case 2:
        if (!place.may_fail) break;
        rule = place.fan_outs != 1 && random_.one_of(1, 4)
                   ? throwing("all fail")
                   : when_parameter("i", 1, throwing("element 1"), rule);
        break;
      default:
        break;
    }
    script_.on(id, std::move(rule));
    visible_.push_back(id + ".result");
    return step;
  }

  /// Its URL names the element, so that a rule can tell elements apart.
  JsonObject request_step(const std::string& id, const Place& place) {
    std::string url = "https://api.example/" + id;
    if (place.fan_outs > 0) url += "/i{{index}};";
    return JsonObject{{"id", id}, {"type", "request"}, {"method", "POST"}, {"url", std::move(url)}};
  }

  /// An outage that is over after some attempts.
  RequestRule outage(RequestRule then) {
    const auto attempts = static_cast<std::uint32_t>(1 + random_.below(2));
    RequestRule busy = random_.one_of(1, 2)
                           ? answering(503, JsonObject(), {{"retry-after", "2"}})
                           : failing_request(ErrorCode::connection_failed, "refused");
    return first_attempts(attempts, std::move(busy), std::move(then));
  }

  Json request(const Place& place) {
    const std::string id = next_id("send");
    JsonObject step = request_step(id, place);
    step.emplace("body", JsonObject{{"a", reference()}, {"b", reference()}});
    RequestRule rule = echoing_request();
    switch (random_.below(6)) {
      case 0:
        step.emplace("retry", JsonObject{{"delays", {"1s", "3s"}}});
        rule = outage(rule);
        break;
      case 1:
        step.emplace("continueOnError", true);
        rule = when_url_has("/i1;", answering(404, JsonObject{{"no", 1}}), rule);
        if (random_.one_of(1, 2)) rule = answering(500, "never works");
        break;
      case 2:
        if (place.may_fail) rule = when_url_has("/i1;", answering(404, JsonObject()), rule);
        break;
      case 3:
        rule = answering_bytes(200, "image/png", "\x89PNG");
        break;
      default:
        break;
    }
    requests_.on(id, std::move(rule));
    visible_.push_back(id + (random_.one_of(1, 3) ? ".response.statusCode" : ".response.body"));
    return step;
  }

  Json pages(const Place& place) {
    const std::string id = next_id("list");
    JsonObject step = request_step(id, place);
    step.emplace("params", JsonObject{{"page", "{{self.pageToken}}"}});
    JsonObject pagination{{"output", "response.body.items"}, {"pageToken", "response.body.next"}};
    if (random_.one_of(1, 4)) pagination.emplace("max", 2);
    step.emplace("pagination", std::move(pagination));
    const auto page = [](int item, Json next) {
      return answering(200, JsonObject{{"items", JsonArray{item}}, {"next", std::move(next)}});
    };
    RequestRule second = page(2, "c");
    if (random_.one_of(1, 2)) {
      step.emplace("retry", JsonObject{{"delays", {"1s", "3s"}}});
      second = outage(std::move(second));
    } else if (random_.one_of(1, 2)) {
      second = answering(500, "a later page that fails");
    }
    requests_.on(id, when_url_has("page=c", page(3, nullptr),
                                  when_url_has("page=b", std::move(second), page(1, "b"))));
    visible_.push_back(id + ".response.results");
    return step;
  }

  Json conditional(Place place) {
    ++place.depth;
    JsonObject condition{{"variable", reference()}, {"operator", "Exists"}};
    if (random_.one_of(1, 3)) {
      condition = {{"variable", reference()},
                   {"operator", "ArrayIsIn"},
                   {"argument", {nullptr, 0, 1, reference()}}};
    }
    JsonObject step{{"id", next_id("check")}, {"type", "conditional"}};
    step.emplace("if", JsonArray{JsonArray{std::move(condition)}});
    // Steps of one branch cannot be seen from the other.
    const std::vector<std::string> before = visible_;
    if (random_.one_of(3, 4)) step.emplace("then", sequence(place));
    const std::vector<std::string> after_then = std::exchange(visible_, before);
    if (random_.one_of(1, 2)) step.emplace("else", sequence(place));
    visible_ = after_then;
    return step;
  }

  Json fan_out(Place place) {
    ++place.depth;
    ++place.fan_outs;
    const std::string id = next_id("each");
    JsonObject step{{"id", id}, {"type", "fanOut"}};
    JsonArray items;
    for (std::size_t count = random_.below(4); count > 0; --count) items.emplace_back(reference());
    step.emplace("items", std::move(items));
    if (random_.one_of(1, 3)) step.emplace("concurrency", 1 + random_.below(2));
    const bool goes_on = random_.one_of(1, 2);
    if (goes_on) step.emplace("onError", "continue");
    // Inside a fan-out that fails on errors, several elements could fail with errors of their own.
    if (!goes_on && place.fan_outs > 1) place.may_fail = false;
    if (goes_on) place.may_fail = true;
    const std::vector<std::string> before = visible_;
    visible_.push_back(id + ".instance");
    step.emplace("steps", sequence(place));
    const std::string instance = id + ".instance";
    std::erase(visible_, instance);
    if (goes_on) visible_.push_back(id + ".errors");
    return step;
  }

  Json delay() {
    return JsonObject{{"id", next_id("wait")},
                      {"type", "delay"},
                      {"value", random_.below(4)},
                      {"unit", "SECONDS"}};
  }

  SeededRandom& random_;
  FunctionScript script_;
  RequestScript requests_;
  std::vector<std::string> visible_;  // what a reference may name here
  std::size_t ids_ = 0;
};

}  // namespace

RandomWorkflow random_workflow(SeededRandom& random) { return Generator(random).make(); }

}  // namespace millrace
