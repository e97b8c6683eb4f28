// What one call leaves behind, and who can see it: at most later calls of the same function version
// of the same project.

#include "tests/functions/function_caller.h"
#include "tests/support/catch.h"

namespace millrace::test {
namespace {

FunctionPoolOptions one_worker() {
  FunctionPoolOptions options = small_pool();
  options.workers_max = 1;  // every call meets what the others left
  return options;
}

FunctionSource named(std::string identity, std::string code, std::string project = "acme") {
  FunctionSource source = function(std::move(code), std::move(project));
  source.identity = std::move(identity);
  return source;
}

// Leaves a mark wherever a function can, and never fails.
constexpr const char* vandal = R"(function (parameters, libraries) {
  const attempts = [
    () => { Array.prototype.map = () => 'stolen'; },
    () => { Object.prototype.stolen = 'stolen'; },
    () => { String.prototype.toUpperCase = () => 'stolen'; },
    () => { Promise.prototype.then = () => 'stolen'; },
    () => { Function.prototype.call = () => 'stolen'; },
    () => { Error.prototype.stolen = 'stolen'; },
    () => { globalThis.stolen = 'stolen'; },
    () => { (0, eval)('var stolenToo = "stolen"'); },
    () => { JSON.stringify = () => '"stolen"'; },
    () => { Object.keys = () => ['stolen']; },
    () => { console.log = () => 'stolen'; },
    () => { globalThis.console = null; },
    () => { globalThis.setTimeout = null; },
    () => { libraries.stolen = 'stolen'; },
    () => { libraries.lodash = null; },
    () => { libraries.lodash.map = () => 'stolen'; },
    () => { libraries.luxon.Settings.defaultZone = 'Asia/Tokyo'; },
    () => { libraries.lodash.prototype.stolen = 'stolen'; },
    () => { setTimeout(() => { Object.prototype.late = 'stolen'; }, 1); },
    () => { new Promise(() => {}).then(() => { Object.prototype.late = 'stolen'; }); },
  ];
  for (const attempt of attempts) { try { attempt(); } catch {} }
  return 1;
})";

constexpr const char* witness = R"(async function (parameters, libraries) {
  await new Promise(resolve => setTimeout(resolve, 5));
  return [
    [1].map(x => x)[0], ({}).stolen ?? 0, 'a'.toUpperCase(), typeof stolen, typeof stolenToo,
    JSON.stringify([1]), Object.keys({ a: 1 })[0], typeof console.log, typeof libraries.stolen,
    libraries.lodash.map([1], x => x)[0], libraries.luxon.DateTime.local().zoneName,
    libraries.lodash([1]).stolen ?? 0, ({}).late ?? 0, typeof setTimeout];
})";

constexpr const char* untouched =
    R"([1,0,"A","undefined","undefined","[1]","a","function","undefined",1,"UTC",0,0,"function"])";

}  // namespace

TEST_CASE("what a function leaves behind is not seen by other functions") {
  FunctionPool pool(one_worker());
  for (int round = 0; round < 3; ++round) {
    CHECK(text(call(pool, named("flow@1/vandal", vandal))) == "1");
    CHECK(text(call(pool, named("flow@1/witness", witness))) == untouched);
    // The same code under another identity: another step, another version, another workflow.
    CHECK(text(call(pool, named("flow@2/witness", witness))) == untouched);
  }
}

TEST_CASE("equal identities in two projects share nothing") {
  FunctionPool pool(one_worker());
  const char* const counter =
      "() => { Array.prototype.count = (Array.prototype.count ?? 0) + 1;"
      "return Array.prototype.count }";
  CHECK(text(call(pool, named("flow@1/count", counter, "one"))) == "1");
  CHECK(text(call(pool, named("flow@1/count", counter, "one"))) == "2");
  CHECK(text(call(pool, named("flow@1/count", counter, "two"))) == "1");
  // The worker has rested meanwhile.
  CHECK(text(call(pool, named("flow@1/count", counter, "one"))) == "3");
  CHECK(text(call(pool, named("flow@2/count", counter, "one"))) == "1");
}

TEST_CASE("equal code under two identities of one project shares nothing") {
  FunctionPool pool(one_worker());
  const char* const counter =
      "() => { Array.prototype.count = (Array.prototype.count ?? 0) + 1;"
      "return Array.prototype.count }";
  for (int i = 1; i <= 3; ++i) {
    CHECK(text(call(pool, named("flow@1/a", counter))) == std::to_string(i));
    CHECK(text(call(pool, named("flow@1/b", counter))) == std::to_string(i));
  }
}

TEST_CASE("isolation by call gives every call a fresh context") {
  FunctionPool pool(one_worker());
  FunctionSource source = named("flow@1/fresh",
                                "() => { Array.prototype.count = (Array.prototype.count ?? 0) + 1;"
                                "return Array.prototype.count }");
  source.isolation = FunctionIsolation::call;
  for (int i = 0; i < 5; ++i) CHECK(text(call(pool, source)) == "1");
}

TEST_CASE("globals and libraries cannot be replaced even for later calls") {
  FunctionPool pool(one_worker());
  CHECK(run(pool, "() => { globalThis.x = 1 }").rfind("function_threw: TypeError", 0) == 0);
  CHECK(run(pool, "() => { JSON.parse = 1 }").rfind("function_threw: TypeError", 0) == 0);
  CHECK(run(pool, "() => { Object.assign = 1 }").rfind("function_threw: TypeError", 0) == 0);
  CHECK(run(pool, "(p, l) => { l.lodash.map = 1 }").rfind("function_threw: TypeError", 0) == 0);
  CHECK(run(pool, "(p, l) => { l.mine = 1 }").rfind("function_threw: TypeError", 0) == 0);
  // What ordinary code does stays possible.
  CHECK(run(pool,
            "() => { const e = new Error('a'); e.name = 'Mine'; e.message = 'b';"
            "class A { toString() { return 'A' } } const o = {}; o.toString = () => 'o';"
            "o.constructor = 1; return [String(e), `${new A()}`, `${o}`] }") ==
        R"(["Mine: b","A","o"])");
}

TEST_CASE("timers and promises of an ended call do not run in a later one") {
  FunctionPool pool(one_worker());
  const char* const code = R"(async parameters => {
    if (parameters.first) {
      setTimeout(() => { Array.prototype.late = true; }, 10);
      (async () => {
        await new Promise(resolve => setTimeout(resolve, 10));
        Array.prototype.late = true;
      })();
      return 'left';
    }
    await new Promise(resolve => setTimeout(resolve, 60));
    return [].late ?? 'clean';
  })";
  CHECK(text(call(pool, named("flow@1/late", code), R"({"first":true})")) == R"("left")");
  CHECK(text(call(pool, named("flow@1/late", code))) == R"("clean")");
}

TEST_CASE("more function versions than contexts still answer correctly") {
  FunctionPoolOptions options = one_worker();
  options.contexts_max = 4;
  FunctionPool pool(options);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 12; ++i) {
      const std::string number = std::to_string(i);
      CHECK(text(call(pool, named("flow@1/" + number, "() => " + number))) == number);
    }
  }
}

TEST_CASE("a worker is not left behind with more versions than it may know") {
  FunctionPool pool(one_worker());
  for (int i = 0; i < 300; ++i) {
    const std::string number = std::to_string(i);
    REQUIRE(text(call(pool, named("flow@1/" + number, "() => " + number))) == number);
  }
  CHECK(text(call(pool, named("flow@1/0", "() => 0"))) == "0");
}

}  // namespace millrace::test
