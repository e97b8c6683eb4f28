// What users read when their code is wrong: which error, where in their own text.

#include "tests/functions/function_caller.h"
#include "tests/support/catch.h"

namespace millrace::test {
namespace {

std::string check(FunctionPool& pool, const std::string& code) {
  const Outcome outcome = pool.check(code);
  return outcome.ok()
             ? "ok"
             : std::string(wire_name(outcome.error().code)) + ": " + outcome.error().message;
}

}  // namespace

TEST_CASE("a throw names message, line and column of the user's code") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "function (parameters) {\n  return parameters.a.b.c;\n}") ==
        "function_threw: TypeError: Cannot read properties of undefined (reading 'b') "
        "(line 2, column 23)");
  CHECK(run(pool, "() => { throw new RangeError('no') }") ==
        "function_threw: RangeError: no (line 1, column 15)");
  CHECK(run(pool, "\n\nasync () => {\n  await null;\n  throw new Error('late');\n}") ==
        "function_threw: Error: late (line 5, column 9)");
  CHECK(run(pool, "() => {\n  missing();\n}") ==
        "function_threw: ReferenceError: missing is not defined (line 2, column 3)");
}

TEST_CASE("endless recursion names the line of the user's code where the stack was full") {
  FunctionPool pool(small_pool());
  for (const char* const code :
       {"() => {\n  const f = () => f();\n  return f();\n}",
        "async () => {\n  const f = () => f();\n  await null;\n  return f();\n}",
        "() => {\n  class A { constructor() { new A(); } }\n  return new A();\n}"}) {
    INFO(code);
    const std::string error = run(pool, code);
    INFO(error);
    CHECK(error.rfind(
              "function_threw: RangeError: Maximum call stack size exceeded (line 2, column ", 0) ==
          0);
  }
}

TEST_CASE("an error while the code is evaluated names the line of its first word") {
  FunctionPool pool(small_pool());
  const std::string missing = "function_threw: ReferenceError: module is not defined";
  CHECK(run(pool, "module.exports = () => 1") == missing + " (line 1, column 1)");
  CHECK(run(pool, "// a\n/* ü\n b */ module.exports = () => 1") == missing + " (line 3, column 6)");
  CHECK(run(pool, "\n  module.exports = () => {\n  return 1;\n}") ==
        missing + " (line 2, column 2)");
}

TEST_CASE("places are those of the user's text, whatever stands before its first word") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "/* ü😀 */ () => { throw 1 }") == "function_threw: 1 (line 1, column 19)");
  CHECK(run(pool, "/*\n*/  () => {\nthrow 1 }") == "function_threw: 1 (line 3, column 1)");
  CHECK(check(pool, "// a\n  () => { const = 1 }") ==
        "function_syntax: SyntaxError: Unexpected token '=' (line 2, column 17)");
  CHECK(check(pool, "// a\n\n() => {\n") ==
        "function_syntax: SyntaxError: Unexpected token ')' (at the end of the code)");
}

TEST_CASE("an error inside a library names the line that called it") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "(p, l) => {\n  return l.jsonwebtoken.verify('x', 'y');\n}") ==
        "function_threw: JsonWebTokenError: jwt malformed (line 2, column 25)");
}

TEST_CASE("the stack holds the user's frames only") {
  FunctionPool pool(small_pool());
  const auto outcome =
      call(pool, function("function (p, l) {\n  function inner() { throw new Error('x'); }\n"
                          "  return l.lodash.map([1], () => inner());\n}"));
  REQUIRE_FALSE(outcome.result.ok());
  const auto& frames = outcome.result.error().details;
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].message == "at inner (line 2, column 28)");
  CHECK(frames[1].message == "at line 3, column 34");
  CHECK(frames[2].message == "at line 3, column 19");
}

TEST_CASE("thrown values that are no errors keep their text") {
  FunctionPool pool(small_pool());
  CHECK(run(pool, "() => { throw 'plain' }") == "function_threw: plain (line 1, column 9)");
  CHECK(run(pool, "() => { throw { code: 5 } }") ==
        "function_threw: {\"code\":5} (line 1, column 9)");
  CHECK(run(pool, "async () => { throw 5 }") == "function_threw: 5");
  CHECK(run(pool, "() => Promise.reject(new TypeError('r'))") ==
        "function_threw: TypeError: r (line 1, column 22)");
}

TEST_CASE("a long message comes whole, so that secrets are taken out of it before it is cut") {
  FunctionPool pool(small_pool());
  const std::string text(20'000, 'x');
  const std::string place = " (line 1, column 15)";
  CHECK(run(pool, "() => { throw new Error('x'.repeat(20000)) }") ==
        "function_threw: Error: " + text + place);
  CHECK(run(pool, "() => { throw 'x'.repeat(20000) }") ==
        "function_threw: " + text + " (line 1, column 9)");
  CHECK(run(pool, "() => { throw ['x'.repeat(20000)] }") ==
        "function_threw: [\"" + text + "\"] (line 1, column 9)");
  CHECK(run(pool, "() => { throw new Error('x'.repeat(1e6)) }") ==
        "function_threw: Error: " + std::string(64u << 10, 'x') + place);
}

TEST_CASE("syntax errors name line and column") {
  FunctionPool pool(small_pool());
  CHECK(check(pool, "function (p) {\n  const = 5;\n}") ==
        "function_syntax: SyntaxError: Unexpected token '=' (line 2, column 9)");
  CHECK(check(pool, "function (p) {\n  return 1;\n") ==
        "function_syntax: SyntaxError: Unexpected token ')' (at the end of the code)");
  CHECK(check(pool, "  ") == "function_syntax: the code is empty");
  CHECK(check(pool, "// only a comment") == "function_syntax: the code is empty");
  CHECK(run(pool, "function (p) { let let = 1 }").rfind("function_syntax: SyntaxError", 0) == 0);
  CHECK(check(pool, "p => { with (p) {} }").rfind("function_syntax: SyntaxError: Strict mode", 0) ==
        0);
}

TEST_CASE("what is not one function is refused") {
  FunctionPool pool(small_pool());
  for (const char* const code :
       {"1+1", "}) ; evil(", "1) ; (1", "1], [1", "p => p, 1) ; (2", "x", "'text'", "{}",
        "class A {}", "...x", "return 1", "await 1", "`", "/*", "p => 1 /*", ",", "()"}) {
    INFO(code);
    CHECK(check(pool, code).rfind("function_syntax", 0) == 0);
    CHECK(run(pool, code).rfind("function_syntax", 0) == 0);
  }
  for (const char* const code : {"(1)", "(() => 5)()", "function () {}()"}) {
    INFO(code);
    CHECK(run(pool, code).rfind("function_syntax", 0) == 0);
  }
}

TEST_CASE("every form of a function is accepted") {
  FunctionPool pool(small_pool());
  for (const char* const code :
       {"function (parameters, libraries) { return 1 }", "function named() { return 1 }", "() => 1",
        "async () => 1", "async function () { return 1 }", "(a, b) => 1", "a => 1",
        "async a => { return 1 }", "() => 1;", "() => 1 ; ; // end; of code",
        "() => 1; /* a;b */\n", "// first\n() => 1",
        "/* a */ async /* b */ function f() { return 1 } // c", "(function () { return 1 })",
        "({ a }) => 1", "function () { return 1; };\n\n",
        "({ a } = {}, ...rest) => { return 1 /* ; */ }"}) {
    INFO(code);
    CHECK(check(pool, code) == "ok");
    CHECK(run(pool, code) == "1");
  }
}

TEST_CASE("code too large to be a function is refused by the check") {
  FunctionPool pool(small_pool());
  const std::string code = "() => '" + std::string(limits::function_code_bytes_max, 'x') + "'";
  CHECK(check(pool, code).rfind("function_syntax: the code is larger", 0) == 0);
}

}  // namespace millrace::test
