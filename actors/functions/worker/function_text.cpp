#include "actors/functions/worker/function_text.h"

#include "actors/functions/worker/thrown_value.h"
#include "actors/functions/worker/v8_text.h"

#include <algorithm>
#include <string_view>

namespace millrace::worker {
namespace {

constexpr std::string_view only_function =
    "the code must be one function: `function (parameters, libraries) {...}`, an arrow function, "
    "or async";

/// Where blanks and comments (and semicolons, when asked) that begin at `at` end.
std::size_t skip_blanks(std::string_view code, std::size_t at, bool semicolons) {
  while (at < code.size()) {
    const char c = code[at];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || (semicolons && c == ';')) {
      ++at;
    } else if (code.substr(at, 2) == "//") {
      at = std::min(code.find('\n', at), code.size());
    } else if (code.substr(at, 2) == "/*") {
      const std::size_t end = code.find("*/", at + 2);
      if (end == std::string_view::npos) return at;
      at = end + 2;
    } else {
      return at;
    }
  }
  return at;
}

/// Blanks out semicolons after the expression, which parentheses do not bear. A semicolon counts as
/// such when only blanks, comments and semicolons follow it; one inside a last comment does not.
std::string without_last_semicolons(std::string code) {
  std::size_t at = code.size();
  for (int tries = 0; tries < 64 && at > 0; ++tries) {
    at = code.rfind(';', at - 1);
    if (at == std::string::npos) break;
    if (skip_blanks(code, at, true) == code.size()) code[at] = ' ';
  }
  return code;
}

struct Start {
  int line = 0;
  int column = 0;
};

/// `start` is where the text begins in what the user wrote.
v8::MaybeLocal<v8::UnboundScript> compile(v8::Isolate* isolate, const std::string& text,
                                          Start start) {
  v8::Local<v8::String> source_text;
  if (!to_v8(isolate, text).ToLocal(&source_text)) return {};
#if V8_MAJOR_VERSION >= 12
  v8::ScriptOrigin origin(literal(isolate, user_script), start.line, start.column);
#else
  v8::ScriptOrigin origin(isolate, literal(isolate, user_script), start.line, start.column);
#endif
  v8::ScriptCompiler::Source source(source_text, origin);
  return v8::ScriptCompiler::CompileUnboundScript(isolate, &source);
}

/// Compiles the code in parentheses, directly before its first word: V8 takes the place of the first
/// one for that of some errors.
v8::MaybeLocal<v8::UnboundScript> compile_in_parentheses(v8::Isolate* isolate,
                                                         const std::string& code) {
  constexpr std::string_view opening = "'use strict';(";
  const std::size_t first = skip_blanks(code, 0, false);
  const std::string_view before = std::string_view(code).substr(0, first);
  v8::Local<v8::String> indent;
  if (!to_v8(isolate, before.substr(before.rfind('\n') + 1)).ToLocal(&indent)) return {};
  const Start start{static_cast<int>(std::count(before.begin(), before.end(), '\n')),
                    indent->Length() - static_cast<int>(opening.size())};
  return compile(isolate, std::string(opening) + code.substr(first) + "\n)", start);
}

bool compiles(v8::Isolate* isolate, const std::string& text) {
  v8::TryCatch caught(isolate);
  return !compile(isolate, text, {}).IsEmpty();
}

/// Sorts out plain expressions without running them. What it lets through and is no function after
/// all (a call, an assignment) is refused when it is first run.
bool may_be_function(v8::Isolate* isolate, const std::string& code) {
  const std::string_view start = std::string_view(code).substr(skip_blanks(code, 0, false));
  if (start.starts_with('(') || start.starts_with("function") || start.starts_with("async")) {
    return true;
  }
  // An arrow function cannot be an operand of `||`; nearly every other expression can.
  return !compiles(isolate, "void 0 ||\n" + code + "\n");
}

}  // namespace

std::variant<v8::Local<v8::UnboundScript>, Failure> compile_function(v8::Isolate* isolate,
                                                                     v8::Local<v8::Context> context,
                                                                     const std::string& given) {
  if (skip_blanks(given, 0, true) == given.size()) {
    return Failure{ErrorCode::function_syntax, "the code is empty", {}};
  }
  const std::string code = without_last_semicolons(given);
  v8::TryCatch caught(isolate);
  v8::Local<v8::UnboundScript> script;
  if (!compile_in_parentheses(isolate, code).ToLocal(&script)) {
    const auto lines = static_cast<int>(std::count(code.begin(), code.end(), '\n')) + 1;
    return describe_syntax_error(isolate, context, caught, lines);
  }
  if (!compiles(isolate, "'use strict';[\n" + code + "\n]") || !may_be_function(isolate, code)) {
    return Failure{ErrorCode::function_syntax, std::string(only_function), {}};
  }
  return script;
}

}  // namespace millrace::worker
