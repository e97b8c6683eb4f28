// What goes in and comes out: values, promises, timers, the console, limits of the output.

#include "runtime/base/json.h"
#include "tests/functions/function_caller.h"
#include "tests/support/catch.h"

namespace millrace::test {

TEST_CASE("parameters and results keep their JSON types") {
  FunctionPool pool(small_pool());
  const std::string value = R"({"a":[1,-2.5,1e+30,true,false,null,"x"],"b":{"":"é \" \\ 😀"}})";
  CHECK(run(pool, "p => p", value) == value);
  CHECK(run(pool, "p => [typeof p.n, typeof p.s, p.s.length]", R"({"n":1,"s":"😀"})") ==
        R"(["number","string",2])");
}

TEST_CASE("values that JSON does not know become what JSON.stringify makes of them") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "() => {}") == "null");
  CHECK(run(pool, "() => undefined") == "null");
  CHECK(run(pool, "() => ({ toJSON() {} })") == "null");
  CHECK(run(pool, "() => new Date(0)") == R"("1970-01-01T00:00:00.000Z")");
  CHECK(run(pool, "() => [undefined, () => 1, NaN, Infinity, -0]") == "[null,null,null,null,0]");
  CHECK(run(pool, "() => ({ a: undefined, b: new Map([[1, 2]]), c: new Error('x') })") ==
        R"({"b":{},"c":{}})");
}

TEST_CASE("a result that cannot be JSON says what stands in the way") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "() => 5n") ==
        "function_output: the result cannot be written as JSON: TypeError: Do not know how to "
        "serialize a BigInt");
  const std::string cycle = run(pool, "() => { const a = {}; a.self = a; return a }");
  CHECK(cycle.rfind("function_output: the result cannot be written as JSON: TypeError: Converting "
                    "circular structure",
                    0) == 0);
  CHECK(cycle.find("property 'self'") != std::string::npos);
  CHECK(run(pool, "() => () => 1") ==
        "function_output: the result is a function, which cannot be written as JSON");
  CHECK(run(pool, "() => Symbol('x')") ==
        "function_output: the result is a symbol, which cannot be written as JSON");
  CHECK(run(pool, "() => ({ toJSON() { throw new Error('mine') } })")
            .rfind("function_threw: Error: mine", 0) == 0);
}

TEST_CASE("half a character in a result is a replacement character, as everywhere") {
  FunctionPool pool(small_pool());
  const std::string result =
      run(pool, R"(() => ['\ud800', '\udc00x', '\ud83d\ude00', '\\ud83d', 'ab😀'.slice(0, 3)])");
  CHECK(result == R"(["\ufffd","\ufffdx","😀","\\ud83d","ab\ufffd"])");
  CHECK(to_text(*parse_json(result)) ==
        "[\"\xef\xbf\xbd\",\"\xef\xbf\xbdx\",\"😀\",\"\\\\ud83d\",\"ab\xef\xbf\xbd\"]");
  CHECK(parse_json(run(pool, R"(() => ({ '\ud800': '"\\\udc00' }))")).ok());
  const auto outcome = call(
      pool,
      function(R"(() => { console.log('\ud800', { a: '\ud800' }); throw new Error('\udc00') })"));
  CHECK(is_valid_utf8(outcome.console.at(0).text));
  CHECK(is_valid_utf8(outcome.result.error().message));
}

TEST_CASE("promises and thenables are awaited") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "async p => { await null; return p.n * 2 }", R"({"n":21})") == "42");
  CHECK(run(pool, "() => Promise.all([1, Promise.resolve(2)])") == "[1,2]");
  CHECK(run(pool, "() => ({ then(resolve) { resolve(3) } })") == "3");
  CHECK(run(pool, "() => new Promise(r => queueMicrotask(() => r(4)))") == "4");
}

TEST_CASE("timers work within the time limit") {
  FunctionPool pool(small_pool());
  const Stopwatch watch;
  CHECK(run(pool, "async () => { await new Promise(r => setTimeout(r, 50)); return 'late' }") ==
        R"("late")");
  CHECK(watch.elapsed() >= Millis(50));
  CHECK(run(pool,
            "() => new Promise(r => { const order = []; setTimeout(() => order.push('b'), 20);"
            "setTimeout(v => order.push(v), 5, 'a'); const t = setTimeout(() => "
            "order.push('never'), 10); clearTimeout(t); setTimeout(() => r(order), 30); })") ==
        R"(["a","b"])");
  CHECK(run(pool,
            "() => new Promise(r => { let n = 0; const i = setInterval(() => { if (++n === 3) "
            "{ clearInterval(i); r(n) } }, 2) })") == "3");
  CHECK(run(pool, "() => new Promise(() => setTimeout(() => { throw new Error('timer') }, 1))") ==
        "function_threw: Error: timer (line 1, column 50)");
  // What nobody awaits does not hold the result up.
  const Stopwatch quick;
  CHECK(run(pool, "() => { setTimeout(() => {}, 1500); return 1 }") == "1");
  CHECK(quick.elapsed() < Millis(1'000));
}

TEST_CASE("console lines arrive with their level and in order") {
  FunctionPool pool(small_pool());
  const auto outcome =
      call(pool, function("() => { console.log('a', 1, { b: 2 }); console.info('%s is %d', 'x', 5);"
                          "console.warn([1]); console.error(new Error('e').message);"
                          "console.debug(null, undefined, 5n, true); return 1 }"));
  REQUIRE(outcome.console.size() == 5);
  CHECK(outcome.console[0].level == "log");
  CHECK(outcome.console[0].text == "a 1 {\"b\":2}");
  CHECK(outcome.console[1].text == "x is 5");
  CHECK(outcome.console[2].level == "warn");
  CHECK(outcome.console[2].text == "[1]");
  CHECK(outcome.console[3].level == "error");
  CHECK(outcome.console[4].text == "null undefined 5n true");
}

TEST_CASE("the console survives the call's failure and is cut at its limits") {
  FunctionPool pool(small_pool());
  auto outcome = call(pool, function("() => { console.log('before'); throw new Error('x') }"));
  REQUIRE(outcome.console.size() == 1);
  CHECK(outcome.console[0].text == "before");

  outcome = call(pool, function("() => { for (let i = 0; i < 5000; ++i) console.log(i); }"));
  REQUIRE(outcome.console.size() == limits::console_lines_max + 1);
  CHECK(outcome.console.back().text.find("truncated") != std::string::npos);

  outcome =
      call(pool, function("() => { for (let i = 0; i < 50; ++i) console.log('x'.repeat(1e5)) }"));
  CHECK(outcome.result.ok());
  CHECK(outcome.console.size() == 11);
  CHECK(outcome.console.back().text.find("truncated") != std::string::npos);
}

TEST_CASE("output beyond its limit is refused and a large one passes") {
  FunctionPool pool(small_pool());
  FunctionSource source = function("p => 'x'.repeat(p.size)");
  source.limits.output_bytes = 1'000;
  CHECK(code(call(pool, source, R"({"size":998})")) == "ok");
  CHECK(code(call(pool, source, R"({"size":999})")) == "function_output");
  FunctionSource large = function("p => p.text + p.text");
  large.limits.time = Millis(10'000);
  const auto outcome = call(pool, large, "{\"text\":\"" + std::string(8u << 20, 'y') + "\"}");
  REQUIRE(outcome.result.ok());
  CHECK(outcome.result->size() == (16u << 20) + 2);
}

TEST_CASE("the duration is that of the function itself") {
  FunctionPool pool(small_pool());
  const auto outcome =
      call(pool, function("async () => { await new Promise(r => setTimeout(r, 80)) }"));
  CHECK(outcome.duration >= Millis(75));
  CHECK(outcome.duration < Millis(1'000));
}

}  // namespace millrace::test
