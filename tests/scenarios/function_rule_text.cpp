#include "tests/scenarios/function_rule_text.h"

#include "tests/scenarios/error_named.h"

#include <regex>

namespace millrace {
namespace {

std::string nested_arrays(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

}  // namespace

Result<FunctionRule> read_function_rule(std::string_view view) {
  const std::string text(view);
  std::smatch found;
  const auto is = [&](const char* pattern) {
    return std::regex_match(text, found, std::regex(pattern));
  };
  if (text == "echoes") return echoing();
  if (is("doubles (\\w+)")) return doubling(found[1]);
  if (is("returns parameter (\\w+)")) return returning_parameter(found[1]);
  if (is("returns (\\d+) nested arrays"))
    return returning_text(nested_arrays(std::stoul(found[1])));
  if (is("returns (.+)")) {
    auto value = parse_json(found[1].str());
    if (!value) return value.error();
    return returning(std::move(*value));
  }
  if (is("throws \"(.*)\"")) return throwing(found[1]);
  if (is("fails with (\\w+) \"(.*)\"")) {
    const auto code = error_named(found[1]);
    if (!code) return code.error();
    return failing(*code, found[2]);
  }
  if (is("fails (\\d+) times? with (\\w+) \"([^\"]*)\", then (.+)")) {
    const auto code = error_named(found[2]);
    auto then = read_function_rule(found[4].str());
    if (!code) return code.error();
    if (!then) return then;
    return failing_first(static_cast<std::uint32_t>(std::stoul(found[1])), *code, found[3],
                         std::move(*then));
  }
  if (is("logs (\\w+) \"([^\"]*)\", then (.+)")) {
    auto then = read_function_rule(found[3].str());
    if (!then) return then;
    return logging(found[1], found[2], std::move(*then));
  }
  if (is("when (\\w+) is ([^:]+): (.+), otherwise (.+)")) {
    auto value = parse_json(found[2].str());
    auto then = read_function_rule(found[3].str());
    auto otherwise = read_function_rule(found[4].str());
    if (!value) return value.error();
    if (!then) return then;
    if (!otherwise) return otherwise;
    return when_parameter(found[1], std::move(*value), std::move(*then), std::move(*otherwise));
  }
  return Error(ErrorCode::invalid_request, "a function cannot do this: " + text);
}

}  // namespace millrace
