// What goes in and comes out: values, promises, timers, the console, limits of the output.

#include "runtime/base/json.h"
#include "tests/functions/function_caller.h"
#include "tests/support/catch.h"

#include <algorithm>

namespace millrace::test {

TEST_CASE("parameters and results keep their JSON types") {
  FunctionPool pool(small_pool());
  const std::string value = R"({"a":[1,-2.5,1e+30,true,false,null,"x"],"b":{"":"é \" \\ 😀"}})";
  CHECK(run(pool, "p => p", value) == value);
  CHECK(run(pool, "p => [typeof p.n, typeof p.s, p.s.length]", R"({"n":1,"s":"😀"})") ==
        R"(["number","string",2])");
}

TEST_CASE("errors, maps and sets in a result keep what they hold") {
  FunctionPool pool(small_pool());
  CHECK(
      run(pool, "() => { try { null.x } catch (error) { return { error } } }") ==
      R"json({"error":{"name":"TypeError","message":"Cannot read properties of null (reading 'x')"}})json");
  CHECK(run(pool, "() => new RangeError('no', { cause: new Error('why') })") ==
        R"({"name":"RangeError","message":"no","cause":{"name":"Error","message":"why"}})");
  CHECK(run(pool, "() => Object.assign(new Error('x'), { code: 'E1' })") ==
        R"({"name":"Error","message":"x","code":"E1"})");
  CHECK(run(pool, "() => Promise.any([Promise.reject(new Error('a'))]).catch(e => e)") ==
        R"({"name":"AggregateError","message":"All promises were rejected",)"
        R"("errors":[{"name":"Error","message":"a"}]})");
  CHECK(run(pool,
            "() => { class Mine extends Error { toJSON() { return 'mine' } };"
            " return new Mine('x') }") == R"("mine")");
  CHECK(run(pool, "() => new Map([['a', new Set([1, 2])]])") == R"({"a":[1,2]})");
  CHECK(run(pool, "() => new Map([[1, 'a'], ['b', 2]])") == R"([[1,"a"],["b",2]])");
  const auto outcome = call(pool, function("() => console.log({ error: new Error('told') })"));
  REQUIRE(outcome.console.size() == 1);
  CHECK(outcome.console[0].text.find("told") != std::string::npos);
}

TEST_CASE("an integer that JavaScript cannot hold is told of in the console") {
  FunctionPool pool(small_pool());
  const auto warnings = [&](const std::string& parameters) {
    std::string told;
    for (const ConsoleLine& line : call(pool, function("p => p"), parameters).console) {
      told += line.level + ": " + line.text + "\n";
    }
    return told;
  };
  CHECK(warnings(R"({"id":7615917337495251231})") ==
        "warn: the parameters hold the number 7615917337495251231, which JavaScript rounds to "
        "7615917337495251000; pass it as text to keep it\n");
  CHECK(warnings(R"([-9007199254740993])").find("-9007199254740993, which") != std::string::npos);
  CHECK(warnings(R"([18446744073709551615])").find("to 18446744073709552000;") !=
        std::string::npos);
  // As exact as they look, no integers, or no numbers.
  CHECK(warnings("[9007199254740992,-9007199254740991,1000000000000000000]").empty());
  CHECK(warnings("[0.12345678901234567,1234567890123456789e2,12345678901234567.5]").empty());
  CHECK(warnings(R"(["7615917337495251231","\"7615917337495251231",{"7615917337495251231":1}])")
            .empty());
  // Wherever they are; the first few are enough.
  for (std::size_t i = 0; i < 40; ++i) {
    const std::string before(i, ' ');
    CHECK_FALSE(warnings(before + "[1,\"" + before + "\",7615917337495251231]").empty());
  }
  const std::string many =
      warnings("[7615917337495251231,7615917337495251233,7615917337495251235,7615917337495251237]");
  CHECK(std::count(many.begin(), many.end(), '\n') == 3);
}

TEST_CASE("a promise that fails while nobody awaits it is told of in the console") {
  FunctionPool pool(small_pool());
  const auto told = [&](const std::string& code) {
    const auto outcome = call(pool, function(code));
    CHECK(outcome.result.ok());
    std::string lines;
    for (const ConsoleLine& line : outcome.console) lines += line.level + ": " + line.text + "\n";
    return lines;
  };
  CHECK(told("async () => { (async () => { await null; throw new Error('lost here') })(); return 1 "
             "}") ==
        "error: a promise that nobody awaited failed: Error: lost here (line 1, column 48)\n");
  CHECK(told("() => { Promise.reject(new Error('a')); Promise.reject('b') }") ==
        "error: a promise that nobody awaited failed: Error: a (line 1, column 24)\n"
        "error: a promise that nobody awaited failed: b\n");
  // Awaited after all, or the call's own failure.
  CHECK(told("async () => { const p = Promise.reject(1); await null; await p.catch(() => 1) }")
            .empty());
  CHECK(told("() => Promise.allSettled([Promise.reject(1)])").empty());
  const auto failed = call(pool, function("async () => { throw new Error('own') }"));
  CHECK(code(failed) == "function_threw");
  CHECK(failed.console.empty());
  // However many there are.
  const std::string many = told("() => { for (let i = 0; i < 1000; ++i) Promise.reject(i) }");
  CHECK(many.find("984 more promises") != std::string::npos);
}

TEST_CASE("values that JSON does not know become what JSON.stringify makes of them") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "() => {}") == "null");
  CHECK(run(pool, "() => undefined") == "null");
  CHECK(run(pool, "() => ({ toJSON() {} })") == "null");
  CHECK(run(pool, "() => new Date(0)") == R"("1970-01-01T00:00:00.000Z")");
  CHECK(run(pool, "() => [undefined, () => 1, NaN, Infinity, -0]") == "[null,null,null,null,0]");
  CHECK(run(pool, "() => ({ a: undefined, b: new WeakMap(), c: /x/ })") == R"({"b":{},"c":{}})");
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
  const auto quick = call(pool, function("() => { setTimeout(() => {}, 1500); return 1 }"));
  CHECK(text(quick) == "1");
  CHECK(quick.duration < Millis(1'000));
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
