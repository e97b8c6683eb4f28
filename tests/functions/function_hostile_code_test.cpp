// Code that wants to stay, to take everything, or to get out. For each kind: the right code for no
// more work than the time limit plus the grace, and a call of another function works afterwards.

#include "tests/functions/function_caller.h"
#include "tests/support/catch.h"

namespace millrace::test {
namespace {

struct Hostile {
  const char* name;
  const char* code;
  const char* expected;  // codes that are right, separated by blanks; "ok" for a harmless result
};

// Limits that make the cases quick. What ends by itself must do so within them.
constexpr Millis time_limit(300);
constexpr std::size_t memory_limit = 64u << 20;
constexpr Millis effort_max(2'500);  // limit 300, grace 250, and new workers

const Hostile endless[] = {
    {"endless loop", "() => { while (true) {} }", "function_timeout"},
    {"endless empty for", "() => { for (;;); }", "function_timeout"},
    {"loop in try and finally",
     "() => { while (true) { try { while (true) {} } catch {} finally { while (true) {} } } }",
     "function_timeout"},
    {"loop in a getter of the result", "() => ({ get x() { while (true) {} } })",
     "function_timeout"},
    {"loop in toJSON of the result", "() => ({ toJSON() { while (true) {} } })",
     "function_timeout"},
    {"loop in the then of the result", "() => ({ get then() { while (true) {} } })",
     "function_timeout"},
    {"loop in a called then", "() => ({ then() { while (true) {} } })", "function_timeout"},
    {"loop in message of a thrown value", "() => { throw { get message() { while (true) {} } } }",
     "function_timeout"},
    {"loop in name of a thrown error",
     "() => { const e = new Error('x'); Object.defineProperty(e, 'name', { get() { for (;;); } });"
     " throw e; }",
     "function_timeout"},
    {"loop in a proxy as result",
     "() => new Proxy({}, { ownKeys() { while (true) {} }, get(t, k) {"
     " if (k === 'then') return undefined; while (true) {} } })",
     "function_timeout"},
    {"loop in a proxy that is thrown",
     "() => { throw new Proxy({}, { get() { while (true) {} }, getPrototypeOf() {"
     " while (true) {} } }) }",
     "function_timeout"},
    {"loop in prepareStackTrace",
     "() => { const E = Error; (0, eval)('0'); E.prepareStackTrace = () => { while (true) {} };"
     " return new E('x').stack; }",
     "function_timeout function_threw"},
    {"loop in a rejection's toJSON", "async () => { throw { toJSON() { while (true) {} } } }",
     "function_timeout"},
    {"endless microtasks", "() => { const f = () => Promise.resolve().then(f); return f(); }",
     "function_timeout function_memory"},
    {"microtasks after the result",
     "() => { const f = () => { Promise.resolve().then(f) }; f(); return 1; }", "function_timeout"},
    {"async loop", "async () => { while (true) await null; }", "function_timeout"},
    {"endless async generator",
     "async () => { async function* g() { while (true) yield 1; } for await (const x of g()); }",
     "function_timeout"},
    {"endless generator", "() => { function* g() { while (true) yield 1; } for (const x of g()); }",
     "function_timeout"},
    {"endless timers", "() => new Promise(() => { setInterval(() => {}, 1) })", "function_timeout"},
    {"timer beyond the limit", "() => new Promise(r => setTimeout(r, 100000))", "function_timeout"},
    {"loop in a timer", "() => new Promise(() => setTimeout(() => { for (;;); }, 1))",
     "function_timeout"},
    {"catastrophic regular expression", "() => /^(a+)+$/.test('a'.repeat(40) + 'b')",
     "function_timeout"},
    {"catastrophic regular expression with lookahead", "() => /(?=(a+)*b)/.test('a'.repeat(40))",
     "function_timeout"},
    {"sort with an endless comparison", "() => [3, 2, 1].sort(() => { for (;;); })",
     "function_timeout"},
    {"replace with an endless callback", "() => 'a'.replace(/a/, () => { for (;;); })",
     "function_timeout"},
    {"loop in Symbol.toPrimitive", "() => `${{ [Symbol.toPrimitive]() { for (;;); } }}`",
     "function_timeout"},
    {"loop while the code is evaluated", "(() => { while (true) {} })()", "function_timeout"},
    {"loop in patched Map of the timers",
     "() => { Map.prototype.delete = () => { for (;;); }; return new Promise(r =>"
     " setTimeout(r, 1)); }",
     "function_timeout"},
    {"sparse map that V8 cannot interrupt", "() => new Array(2 ** 32 - 1).map(x => x)",
     "function_timeout"},
    {"sparse reverse that V8 cannot interrupt",
     "() => { const a = []; a.length = 2 ** 32 - 1; a.reverse(); }", "function_timeout"},
    {"quadratic search that V8 cannot interrupt",
     "() => { const a = 'a'.repeat(1e7); return (a + 'b').lastIndexOf('b' + a.slice(5e6)); }",
     "function_timeout ok"},
    {"never settled promise", "() => new Promise(() => {})", "function_never_settled"},
    {"never settled thenable", "() => ({ then() {} })", "function_never_settled"},
};

const Hostile greedy[] = {
    {"array that grows", "() => { const a = []; while (true) a.push(new Array(1e6)); }",
     "function_memory function_timeout"},
    {"objects that grow", "() => { const a = []; while (true) a.push({ a: 1 }); }",
     "function_memory function_timeout"},
    {"closures that grow",
     "() => { const a = []; while (true) { const b = [1]; a.push(() => b); } }",
     "function_memory function_timeout"},
    {"catch and retry",
     "() => { const a = []; while (true) { try { while (true) a.push(new Array(1e5).fill(1)); }"
     " catch {} } }",
     "function_memory function_timeout"},
    {"map that grows", "() => { const m = new Map(); for (let i = 0; ; ++i) m.set(i, {}); }",
     "function_memory function_timeout function_threw"},
    {"fill of the longest array", "() => Array(2 ** 32 - 2).fill(0)",
     "function_memory function_timeout"},
    {"array of a huge length", "() => Array.from({ length: 2 ** 28 })",
     "function_memory function_timeout"},
    {"split of a huge string", "() => 'a'.repeat(2 ** 28).split('')",
     "function_memory function_timeout"},
    {"string that doubles", "() => { let s = 'a'; while (true) s += s; }", "function_threw"},
    {"strings that are kept",
     "() => { const a = []; for (let i = 0; ; ++i) a.push(('x' + i).repeat(1e5).split('').join()); "
     "}",
     "function_memory function_timeout"},
    {"buffers that are kept", "() => { const a = []; while (true) a.push(new Uint8Array(1e6)); }",
     "function_memory"},
    {"buffer that is too large", "() => new ArrayBuffer(1e9).byteLength", "function_memory"},
    {"buffer that is too large for later", "async () => { await null; return Buffer.alloc(1e8) }",
     "function_memory"},
    {"buffer that is too large while the code is evaluated", "(new ArrayBuffer(1e8), () => 1)",
     "function_memory"},
    {"small buffers that are kept",
     "() => { const a = []; while (true) a.push(Buffer.alloc(1e3)); }",
     "function_memory function_timeout"},
    {"buffers beside a full heap",
     "() => { const a = new Array(4e6).fill(0.5);"
     " const b = []; for (;;) b.push(new Uint8Array(1e6)); }",
     "function_memory"},
    {"a heap beside large buffers",
     "() => { const b = new Uint8Array(5e7); const a = []; for (;;) a.push({ b }); }",
     "function_memory function_timeout"},
    {"buffers that are caught",
     "() => { const a = []; while (true) { try { a.push(new Uint8Array(1e6)) } catch {} } }",
     "function_memory function_timeout"},
    {"keys of a large buffer", "() => Object.keys(new Uint8Array(3e7)).length",
     "function_memory function_timeout"},
    {"large buffer as result", "() => new Uint8Array(3e7)",
     "function_memory function_timeout function_worker_died"},
    {"symbols that grow", "() => { const o = {}; while (true) o[Symbol()] = 1; }",
     "function_memory function_timeout"},
    {"promises that grow", "() => { const a = []; while (true) a.push(new Promise(() => {})); }",
     "function_memory function_timeout"},
    {"exponential result",
     "() => { let o = {}; for (let i = 0; i < 60; ++i) o = { a: o, b: o }; return o; }",
     "function_memory function_timeout function_output"},
    {"deep recursion", "() => { const f = () => f(); return f(); }", "function_threw"},
    {"deep recursion that is caught",
     "() => { const f = () => { try { f() } catch { f() } }; f(); }",
     "function_timeout function_threw"},
    {"deeply nested result",
     "() => { let a = []; for (let i = 0; i < 1e6; ++i) a = [a]; return a; }",
     "function_threw function_output function_timeout"},
    {"deeply nested source", "DEEP", "function_syntax function_threw"},
    {"console flood", "() => { for (let i = 0; i < 1e5; ++i) console.log('x'.repeat(100)); }",
     "ok"},
    {"endless console", "() => { while (true) console.log('x'); }", "function_timeout"},
    {"huge console line", "() => { console.log('x'.repeat(1e7)) }", "ok"},
    {"huge result", "() => 'x'.repeat(5e6)", "function_output"},
    {"timer flood", "() => { while (true) setTimeout(() => {}, 1e6); }",
     "function_memory function_timeout"},
};

const Hostile curious[] = {
    {"no WebAssembly", "() => typeof WebAssembly", "ok"},
    {"Atomics.wait", "() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
     "function_threw"},
    {"import of a module", "() => import('fs')", "function_threw"},
    {"require", "() => require('fs')", "function_threw"},
    {"process", "() => process.exit()", "function_threw"},
    {"process by the constructor of a constructor",
     "function () { return globalThis.constructor.constructor('return process')().pid }",
     "function_threw"},
    {"process by the constructor of a host function",
     "() => console.log.constructor('return process')()", "function_threw"},
    {"process by the constructor of a library",
     "(p, l) => l.lodash.map.constructor('return process')()", "function_threw"},
    {"syntax that closes the wrapper", "1) ; (globalThis.x = 1", "function_syntax"},
    {"syntax that closes a block", "}) ; evil(", "function_syntax"},
    {"a throw of nothing", "() => { throw undefined }", "function_threw"},
    {"a throw of null", "async () => { throw null }", "function_threw"},
    {"a throw of a symbol", "() => { throw Symbol('x') }", "function_threw"},
    {"a throw of a revoked proxy",
     "() => { const p = Proxy.revocable({}, {}); p.revoke(); throw p.proxy }", "function_threw"},
    {"a revoked proxy as result",
     "() => { const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy }", "function_threw"},
};

std::string source_code(const Hostile& hostile) {
  if (std::string(hostile.code) != "DEEP") return hostile.code;
  return "() => " + std::string(200'000, '[') + std::string(200'000, ']');
}

void expect(FunctionPool& pool, const Hostile& hostile) {
  INFO(hostile.name);
  FunctionSource source = function(source_code(hostile));
  source.limits = FunctionLimits{time_limit, memory_limit, 1u << 20};
  const Effort effort;
  const FunctionOutcome outcome = call(pool, source);
  const auto spent = effort.spent();
  INFO(text(outcome).substr(0, 300));
  const std::string expected = " " + std::string(hostile.expected) + " ";
  CHECK(expected.find(" " + code(outcome) + " ") != std::string::npos);
  CHECK(spent < effort_max);

  const Effort after;
  CHECK(run(pool, "parameters => parameters.n + 1", R"({"n":1})") == "2");
  CHECK(after.spent() < Millis(1'500));
}

}  // namespace

TEST_CASE("code that never ends is ended in time") {
  FunctionPool pool(small_pool());
  for (const Hostile& hostile : endless) expect(pool, hostile);
}

TEST_CASE("code that takes too much gets a clean error") {
  FunctionPool pool(small_pool());
  for (const Hostile& hostile : greedy) expect(pool, hostile);
}

TEST_CASE("heap and buffers may each use what the other leaves of the memory") {
  FunctionPool pool(small_pool());
  const auto with_memory = [&](std::size_t bytes, const std::string& code) {
    FunctionSource source = function(code);
    source.limits = FunctionLimits{Millis(20'000), bytes, 1u << 20};
    const FunctionOutcome outcome = call(pool, source);
    INFO(code << " => " << text(outcome).substr(0, 200));
    return text(outcome).substr(0, 15);
  };
  const std::size_t memory = 128u << 20;
  CHECK(with_memory(memory, "() => Buffer.alloc(70e6, 1).length") == "70000000");
  CHECK(with_memory(memory, "() => Buffer.alloc(128e6).length") == "128000000");
  CHECK(with_memory(memory, "() => Array(12e6).fill(0.5).length") == "12000000");
  // Garbage of one kind makes room for the other, in either order.
  const std::string two =
      "const f = () => Array(12e6).fill('x').length;"
      " const g = () => Buffer.alloc(1e8).length; ";
  CHECK(with_memory(memory, "() => { " + two + "return f() + g() + f() + g(); }") == "224000000");
  CHECK(with_memory(memory, "() => { " + two + "return g() + f() + g() + f(); }") == "224000000");
  // What is held counts, whichever it is.
  const std::string with_objects = "const a = []; for (let i = 0; i < 2e6; ++i) a.push({ i });";
  CHECK(with_memory(memory, "() => { " + with_objects + " return a.length; }") == "2000000");
  CHECK(with_memory(memory, "() => { const b = Buffer.alloc(90e6); " + with_objects +
                                " return a.length + b.length; }") == "function_memory");
  CHECK(with_memory(memory, "() => { " + with_objects +
                                " const b = Buffer.alloc(90e6); return a.length + b.length; }") ==
        "function_memory");
  CHECK(with_memory(memory,
                    "() => { const b = Buffer.alloc(90e6); const a = Array(3e6).fill(0.5);"
                    " return a.length + b.length; }") == "93000000");
  // Garbage does not, however much of it there is.
  CHECK(with_memory(memory,
                    "() => { const b = Buffer.alloc(90e6); let n = 0;"
                    " for (let i = 0; i < 200; ++i) n += Array(1e5).fill({}).length;"
                    " for (let i = 0; i < 5e6; ++i) n += [i].length;"
                    " return n + b.length; }") == "115000000");
}

TEST_CASE("one call's buffers take no room from the next call's values") {
  FunctionPool pool(small_pool());
  FunctionSource source =
      function("({ big }) => (big ? Buffer.alloc(12e7) : Array(12e6).fill(0.5)).length");
  source.limits = FunctionLimits{Millis(20'000), 128u << 20, 1u << 20};
  const auto one = shared(std::move(source));
  for (int i = 0; i < 3; ++i) {
    CHECK(text(start(pool, one, R"({"big":true})").get()) == "120000000");
    CHECK(text(start(pool, one, R"({"big":false})").get()) == "12000000");
  }
}

TEST_CASE("a function may catch that a buffer found no room") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "() => { try { return new ArrayBuffer(1e9) } catch (e) { return e.name } }") ==
        "\"RangeError\"");
  CHECK(run(pool, "() => { try { new ArrayBuffer(1e9) } catch { throw new Error('mine') } }") ==
        "function_threw: Error: mine (line 1, column 52)");
  CHECK(run(pool, "() => { throw new RangeError('Array buffer allocation failed') }")
            .rfind("function_threw", 0) == 0);
}

TEST_CASE("code that looks for a way out finds none") {
  FunctionPool pool(small_pool());
  for (const Hostile& hostile : curious) expect(pool, hostile);
}

TEST_CASE("there are at least forty-five kinds of hostile code") {
  CHECK(std::size(endless) + std::size(greedy) + std::size(curious) >= 45);
}

TEST_CASE("compiling hostile code does not run it") {
  FunctionPool pool(small_pool());
  const Effort effort;
  CHECK(pool.check("(() => { while (true) {} })()").ok());
  CHECK(pool.check("function f() { while (true) {} }").ok());
  CHECK(effort.spent() < Millis(1'000));
}

}  // namespace millrace::test
