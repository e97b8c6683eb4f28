// Each kind of step: what of its definition is understood and what is refused.
#include "../definitions/compile_text.h"
#include "../templates/map_scope.h"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

/// The one step of `{"id":"s", <keys>}` that must be valid.
template <class Kind>
const Kind& read(std::shared_ptr<const Workflow>& keep, const std::string& keys) {
  keep = compile_steps(R"({"id":"s",)" + keys + '}');
  return std::get<Kind>(keep->by_index[0]->config);
}

/// The path (below the step) and expectation of the one finding of such a step.
std::string refusal(const std::string& keys) {
  const ErrorDetail finding = finding_of_steps(R"({"id":"s",)" + keys + '}');
  REQUIRE(finding.step == "s");
  REQUIRE(finding.path.starts_with("/steps/0"));
  return finding.path.substr(std::string("/steps/0").size());
}

std::string constant(const Template& value) { return to_text(value.render(MapScope())); }

std::shared_ptr<const Workflow> keep;

}  // namespace

TEST_CASE("a function step has code and sensible defaults") {
  const auto& function = read<FunctionStep>(keep, R"("type":"function","code":"() => 1")");
  REQUIRE(function.code == "() => 1");
  REQUIRE(constant(function.parameters) == "{}");
  REQUIRE(function.isolation == FunctionIsolation::version);
  REQUIRE(function.limits.time == limits::function_time_max);
  REQUIRE(function.limits.memory_bytes == limits::function_memory_bytes_max);
  REQUIRE(keep->steps[0].retry.delays.empty());
  REQUIRE_FALSE(keep->steps[0].continue_on_error);
}

TEST_CASE("a function step may set isolation, memory and timeout") {
  const auto& function = read<FunctionStep>(
      keep, R"("type":"function","code":"x","description":"d","isolation":"call","memory":"64MB",
               "timeout":"5s","continueOnError":true)");
  REQUIRE(function.isolation == FunctionIsolation::call);
  REQUIRE(function.limits.memory_bytes == 64u << 20);
  REQUIRE(function.limits.time == 5s);
  REQUIRE(keep->functions[0]->limits.time == 5s);
  REQUIRE(keep->steps[0].timeout == 5s);
  REQUIRE(keep->steps[0].description == "d");
  REQUIRE(keep->steps[0].continue_on_error);
}

TEST_CASE("a function step is refused where its values have no meaning") {
  const std::string function = R"("type":"function","code":"x",)";
  REQUIRE(refusal(R"("type":"function")") == "/code");
  REQUIRE(refusal(R"("type":"function","code":"")") == "/code");
  REQUIRE(refusal(R"("type":"function","code":")" + std::string((1 << 20) + 1, 'x') + '"') ==
          "/code");
  REQUIRE(refusal(function + R"("codeFile":"a.js")") == "/codeFile");
  REQUIRE(refusal(function + R"("parameters":[])") == "/parameters");
  REQUIRE(refusal(function + R"("parameters":null)") == "/parameters");
  REQUIRE(refusal(function + R"("parameters":"text")") == "/parameters");
  REQUIRE(refusal(function + R"("parameters":"a {{user.meta}}")") == "/parameters");
  REQUIRE(refusal(function + R"("parameters":"{{user.meta")") == "/parameters");
  REQUIRE(refusal(function + R"("parameters":{"a":"{{"})") == "/parameters/a");
  REQUIRE(refusal(function + R"("isolation":"none")") == "/isolation");
  REQUIRE(refusal(function + R"("memory":"64")") == "/memory");
  REQUIRE(refusal(function + R"("memory":"1MB")") == "/memory");
  REQUIRE(refusal(function + R"("memory":"2GB")") == "/memory");
  REQUIRE(refusal(function + R"("timeout":"1h")") == "/timeout");
  REQUIRE(refusal(function + R"("timeout":"0s")") == "/timeout");
  REQUIRE(refusal(function + R"("timeout":5)") == "/timeout");
  REQUIRE(refusal(function + R"("description":5)") == "/description");
  REQUIRE(refusal(function + R"("continueOnError":"yes")") == "/continueOnError");
  REQUIRE(refusal(function + R"("items":[])") == "/items");
}

TEST_CASE("the parameters of a function may be one reference") {
  const auto& function = read<FunctionStep>(
      keep, R"("type":"function","code":"x","parameters":"{{trigger.request.body}}")");
  REQUIRE(function.parameters.is_reference());
}

TEST_CASE("retries are a standard ladder, given delays or a computed ladder") {
  const auto delays = [](const std::string& keys) {
    read<FunctionStep>(keep, R"("type":"function","code":"x",)" + keys);
    return keep->steps[0].retry.delays;
  };
  using Delays = std::vector<Millis>;
  REQUIRE(delays(R"("autoRetry":true)") == RetryPolicy::standard().delays);
  REQUIRE(delays(R"("autoRetry":false)").empty());
  REQUIRE(delays(R"("retry":{"delays":["1s","0s","500ms"]})") == Delays{1s, 0s, 500ms});
  REQUIRE(delays(R"("retry":{"max":4,"initial":"1s","factor":3,"cap":"10s"})") ==
          Delays{1s, 3s, 9s, 10s});
  REQUIRE(delays(R"("retry":{"max":3,"initial":"1s"})") == Delays{1s, 2s, 4s});
  REQUIRE(delays(R"("retry":{"max":20,"initial":"1h","factor":100})").back() == 24h);
  REQUIRE(delays(R"("autoRetry":false,"retry":{"max":3,"initial":"1s"})").empty());
  REQUIRE(delays(R"("autoRetry":true,"retry":{"delays":["1s"]})") == Delays{1s});
  REQUIRE(delays(R"("retry":{"statuses":[404]})") == RetryPolicy::standard().delays);
  REQUIRE(keep->steps[0].retry.statuses == std::vector<int>{404});
  REQUIRE(delays(R"("retry":{"codes":["function_memory"],"statuses":[404]})") ==
          RetryPolicy::standard().delays);
  REQUIRE(keep->steps[0].retry.codes == std::vector<ErrorCode>{ErrorCode::function_memory});
  REQUIRE(delays(R"("retry":{"delays":["1s"],"codes":["request_rejected","secret_missing"]})") ==
          Delays{1s});
  REQUIRE(keep->steps[0].retry.codes.size() == 2);
}

TEST_CASE("a retry that cannot be followed is refused") {
  const std::string function = R"("type":"function","code":"x",)";
  REQUIRE(refusal(function + R"("retry":5)") == "/retry");
  REQUIRE(refusal(function + R"("retry":{"delays":["1"]})") == "/retry/delays/0");
  REQUIRE(refusal(function + R"("retry":{"delays":["25h"]})") == "/retry/delays/0");
  REQUIRE(refusal(function + R"("retry":{"delays":"1s"})") == "/retry/delays");
  REQUIRE(refusal(function + R"("retry":{"delays":["1s"],"max":2})") == "/retry/max");
  REQUIRE(refusal(function + R"("retry":{"max":21,"initial":"1s"})") == "/retry/max");
  REQUIRE(refusal(function + R"("retry":{"max":2})") == "/retry/initial");
  REQUIRE(refusal(function + R"("retry":{"initial":"1s"})") == "/retry/max");
  REQUIRE(refusal(function + R"("retry":{"max":2,"initial":"1s","factor":0.5})") ==
          "/retry/factor");
  REQUIRE(refusal(function + R"("retry":{"max":2,"initial":"1s","cap":"x"})") == "/retry/cap");
  std::string many = R"("1s")";
  for (int i = 0; i < 20; ++i) many += R"(,"1s")";
  REQUIRE(refusal(function + R"("retry":{"delays":[)" + many + "]}") == "/retry/delays");
}

TEST_CASE("only errors that a step may meet again can be named for retries") {
  const auto codes = [](const std::string& list) {
    return R"("type":"function","code":"x","retry":{"codes":)" + list + '}';
  };
  REQUIRE(refusal(codes(R"("function_memory")")) == "/retry/codes");
  REQUIRE(refusal(codes(R"([404])")) == "/retry/codes/0");
  for (const char* const code :
       {"cancelled", "internal_error", "actor_crashed", "limit_exceeded", "not_found", "x", ""}) {
    INFO(code);
    REQUIRE(refusal(codes(R"(["tls_failed",")" + std::string(code) + "\"]")) == "/retry/codes/1");
  }
  const auto finding = [&](const std::string& code) {
    return finding_of_steps(R"({"id":"s",)" + codes("[\"" + code + "\"]") + '}');
  };
  REQUIRE(finding("request_rejectd").nearest == "request_rejected");
  REQUIRE_THAT(finding("cancelled").message, Catch::Contains("stays cancelled"));
}

TEST_CASE("only steps that call something can be retried") {
  const std::string delay = R"("type":"delay","value":1,"unit":"DAYS",)";
  REQUIRE(refusal(delay + R"("autoRetry":true)") == "/autoRetry");
  REQUIRE(refusal(delay + R"("retry":{})") == "/retry");
  REQUIRE(refusal(delay + R"("continueOnError":true)") == "/continueOnError");
  read<DelayStep>(keep, delay + R"("timeout":"2d")");
  REQUIRE(keep->steps[0].timeout == 48h);
}

TEST_CASE("a conditional has one condition and two branches") {
  const auto& conditional = read<ConditionalStep>(
      keep, R"("type":"conditional","if":[[{"variable":1,"operator":"$numberEquals","argument":1}],
               [{"variable":"{{user.id}}","operator":"Exists"},
                {"variable":null,"operator":"IsNull","argument":null}]],
               "then":[],"else":[{"id":"e","type":"delay","value":1,"unit":"DAYS"}])");
  REQUIRE(conditional.branches.size() == 1);
  REQUIRE(conditional.branches[0].label == "Yes");
  REQUIRE(conditional.otherwise_label == "No");
  REQUIRE(conditional.branches[0].when.size() == 2);
  REQUIRE(conditional.branches[0].when[0][0].op == Operator::number_equals);
  REQUIRE(conditional.branches[0].when[1].size() == 2);
  REQUIRE(conditional.otherwise.size() == 1);
}

TEST_CASE("a flat list of conditions is one group") {
  const auto& conditional =
      read<ConditionalStep>(keep, R"("type":"conditional","if":[{"variable":1,"operator":"Exists"},
                                          {"variable":2,"operator":"Exists"}])");
  REQUIRE(conditional.branches[0].when.size() == 1);
  REQUIRE(conditional.branches[0].when[0].size() == 2);
}

TEST_CASE("a conditional may have branches with labels") {
  const auto& conditional = read<ConditionalStep>(keep, R"("type":"conditional","branches":[
        {"label":"Small","if":[[{"variable":1,"operator":"Exists"}]],
         "steps":[{"id":"a","type":"delay","value":1,"unit":"DAYS"}]},
        {"label":"Large","if":[[{"variable":1,"operator":"Exists"}]]}],
        "else":[{"id":"b","type":"delay","value":1,"unit":"DAYS"}])");
  REQUIRE(conditional.branches.size() == 2);
  REQUIRE(conditional.branches[1].label == "Large");
  REQUIRE(conditional.otherwise_label == "Else");
  REQUIRE(keep->by_index[1]->pointer == "/steps/0/branches/0/steps/0");
}

TEST_CASE("a conditional is refused where it cannot be decided") {
  const std::string conditional = R"("type":"conditional",)";
  REQUIRE(refusal(R"("type":"conditional")") == "/if");
  REQUIRE(refusal(conditional + R"("if":{})") == "/if");
  REQUIRE(refusal(conditional + R"("if":[])") == "/if");
  REQUIRE(refusal(conditional + R"("if":[[]])") == "/if/0");
  REQUIRE(refusal(conditional + R"("if":[[5]])") == "/if/0/0");
  REQUIRE(refusal(conditional + R"("if":[[{"operator":"Exists"}]])") == "/if/0/0/variable");
  REQUIRE(refusal(conditional + R"("if":[[{"variable":1}]])") == "/if/0/0/operator");
  REQUIRE(refusal(conditional + R"("if":[[{"variable":1,"operator":"NumberEquals"}]])") ==
          "/if/0/0/argument");
  REQUIRE(refusal(conditional + R"("if":[[{"variable":1,"operator":"Exists","argument":1}]])") ==
          "/if/0/0/argument");
  REQUIRE(refusal(conditional + R"("if":[[{"variable":1,"operator":"Exists","value":1}]])") ==
          "/if/0/0/value");
  REQUIRE(refusal(conditional + R"("if":[{"variable":1,"operator":"Exists"},
                                     [{"variable":1,"operator":"Exists"}]])") == "/if/0");
  REQUIRE(refusal(conditional + R"("if":[{"variable":1,"operator":"Exists"}],"then":{})") ==
          "/then");
  const std::string branch = R"({"label":"A","if":[{"variable":1,"operator":"Exists"}]})";
  REQUIRE(refusal(conditional + R"("branches":[])") == "/branches");
  REQUIRE(refusal(conditional + R"("branches":[)" + branch + "," + branch + "]") == "/branches");
  REQUIRE(refusal(conditional + R"("branches":[)" + branch + R"(],"then":[])") == "/then");
  REQUIRE(refusal(conditional + R"("branches":[{"if":[{"variable":1,"operator":"Exists"}]}])") ==
          "/branches/0/label");
  const auto unknown = finding_of_steps(
      R"({"id":"s","type":"conditional",
          "if":[{"variable":1,"operator":"$numberEqual","argument":1}]})");
  REQUIRE(unknown.nearest == "NumberEquals");
}

TEST_CASE("a fan-out has items, steps and a bound") {
  const std::string inner = R"("steps":[{"id":"i","type":"delay","value":1,"unit":"DAYS"}])";
  const std::string fan_out = R"("type":"fanOut","items":"{{trigger.request.body}}",)";
  const auto& plain = read<FanOutStep>(keep, fan_out + inner);
  REQUIRE_FALSE(plain.concurrency);
  REQUIRE(plain.on_error == FanOutStep::OnError::fail);
  const auto& bounded =
      read<FanOutStep>(keep, fan_out + inner + R"(,"concurrency":10,"onError":"continue")");
  REQUIRE(bounded.concurrency == 10u);
  REQUIRE(bounded.on_error == FanOutStep::OnError::proceed);

  REQUIRE(refusal(R"("type":"fanOut",)" + inner) == "/items");
  REQUIRE(refusal(R"("type":"fanOut","items":"text",)" + inner) == "/items");
  REQUIRE(refusal(R"("type":"fanOut","items":"a {{user.id}}",)" + inner) == "/items");
  REQUIRE(refusal(R"("type":"fanOut","items":"{{..}}",)" + inner) == "/items");
  REQUIRE(refusal(R"("type":"fanOut","items":{},)" + inner) == "/items");
  REQUIRE(refusal(R"("type":"fanOut","items":[])") == "/steps");
  REQUIRE(refusal(fan_out + R"("steps":[])") == "/steps");
  REQUIRE(refusal(fan_out + R"("concurrency":0,)" + inner) == "/concurrency");
  REQUIRE(refusal(fan_out + R"("concurrency":100001,)" + inner) == "/concurrency");
  REQUIRE(refusal(fan_out + R"("concurrency":1.5,)" + inner) == "/concurrency");
  REQUIRE(refusal(fan_out + R"("onError":"proceed",)" + inner) == "/onError");
}

TEST_CASE("a delay waits for units or until a time") {
  REQUIRE(read<DelayStep>(keep, R"("type":"delay","value":1.5,"unit":"HOURS")").unit == 1h);
  REQUIRE(
      read<DelayStep>(keep, R"("type":"delay","value":"{{user.meta.days}}","unit":"DAYS")").unit ==
      24h);
  for (const char* const until :
       {"\"2026-01-31\"", "1769850000000", "1769850000", "\"{{user.meta.at}}\"",
        "\"Sat, 31 Jan 2026 09:00:00 GMT\"", "\"{{user.meta.day}}T09:00:00Z\""}) {
    const auto& delay = read<DelayStep>(keep, std::string(R"("type":"delay","until":)") + until);
    REQUIRE_FALSE(delay.unit);
  }
  REQUIRE(read<DelayStep>(keep, R"("type":"delay","value":366,"unit":"DAYS")").unit == 24h);
}

TEST_CASE("a delay that cannot be waited for is refused") {
  const std::string delay = R"("type":"delay",)";
  REQUIRE(refusal(delay + R"("unit":"DAYS")") == "/value");
  REQUIRE(refusal(delay + R"("value":1)") == "/unit");
  REQUIRE(refusal(delay + R"("value":1,"unit":"WEEKS")") == "/unit");
  REQUIRE(refusal(delay + R"("value":-1,"unit":"DAYS")") == "/value");
  REQUIRE(refusal(delay + R"("value":367,"unit":"DAYS")") == "/value");
  REQUIRE(refusal(delay + R"("value":1e300,"unit":"SECONDS")") == "/value");
  REQUIRE(refusal(delay + R"("value":"5","unit":"SECONDS")") == "/value");
  REQUIRE(refusal(delay + R"("value":"{{a","unit":"SECONDS")") == "/value");
  REQUIRE(refusal(delay + R"("until":"2026-02-30")") == "/until");
  REQUIRE(refusal(delay + R"("until":60000)") == "/until");
  REQUIRE(refusal(delay + R"("until":"2026-02-03","value":1)") == "/value");
  REQUIRE(refusal(delay + R"("until":"2026-02-03","unit":"DAYS")") == "/unit");
}

TEST_CASE("a response has status, headers and body") {
  const auto& plain = read<ResponseStep>(keep, R"("type":"response")");
  REQUIRE(constant(plain.status_code) == "200");
  REQUIRE(constant(plain.headers) == "{}");
  REQUIRE(constant(plain.body) == "null");
  const auto& full = read<ResponseStep>(
      keep, R"("type":"response","statusCode":"{{user.meta.code}}","headers":{"X-A":"{{user.id}}"},
               "body":[1,{"a":"{{user.id}}"}])");
  REQUIRE_FALSE(full.status_code.is_constant());
  REQUIRE(constant(full.body) == R"([1,{"a":null}])");
}

TEST_CASE("a response has the headers that a request may have as well") {
  const auto& response = read<ResponseStep>(
      keep, R"("type":"response","headers":{"a":1,"b":null,"c":true,"d":"{{user.meta.d}}"})");
  REQUIRE(constant(response.headers) == R"({"a":1,"b":null,"c":true,"d":null})");
  REQUIRE(constant(read<ResponseStep>(keep,
                                      R"("type":"response","headers":{"Set-Cookie":["a=1","b=2"]})")
                       .headers) == R"({"Set-Cookie":["a=1","b=2"]})");
  REQUIRE(read<ResponseStep>(keep, R"("type":"response","headers":"{{user.meta.headers}}")")
              .headers.is_reference());
}

TEST_CASE("a response may have a file in place of a body") {
  REQUIRE(read<ResponseStep>(keep, R"("type":"response","file":"{{user.meta.file}}")").has_file);
  REQUIRE(read<ResponseStep>(keep, R"("type":"response","file":{"name":"{{user.id}}.txt",
    "data":"00","mimeType":"text/plain","dataType":"FILE"})")
              .has_file);
}

TEST_CASE("a response that no client could read is refused") {
  const std::string response = R"("type":"response",)";
  REQUIRE(refusal(response + R"("statusCode":199)") == "/statusCode");
  REQUIRE(refusal(response + R"("statusCode":600)") == "/statusCode");
  REQUIRE(refusal(response + R"("statusCode":"200")") == "/statusCode");
  REQUIRE(refusal(response + R"("statusCode":"2{{user.id}}")") == "/statusCode");
  REQUIRE(refusal(response + R"("headers":[])") == "/headers");
  REQUIRE(refusal(response + R"("headers":"text")") == "/headers");
  REQUIRE(refusal(response + R"("headers":{"a":[1]})") == "/headers/a");
  REQUIRE(refusal(response + R"("headers":{"a":["x\r\ny"]})") == "/headers/a");
  REQUIRE(refusal(response + R"("headers":{"a":{}})") == "/headers/a");
  REQUIRE(refusal(response + R"("headers":{"a b":"x"})") == "/headers/a b");
  REQUIRE(refusal(response + R"("headers":{"a":"x\r\ny"})") == "/headers/a");
  REQUIRE(refusal(response + R"("headers":{"Content-Length":"5"})") == "/headers/Content-Length");
  REQUIRE(refusal(response + R"("file":"a.pdf")") == "/file");
  REQUIRE(refusal(response + R"("file":"{{user.id}}.pdf")") == "/file");
  REQUIRE(refusal(response + R"("file":5)") == "/file");
  REQUIRE(refusal(response + R"("file":"{{user.meta.f}}","body":{})") == "/body");
  REQUIRE(refusal(response + R"("status":200)") == "/status");
}
