#include "tests/scenarios/request_rule_text.h"

#include "runtime/text/hex_text.h"
#include "tests/scenarios/error_named.h"

#include <charconv>
#include <optional>

namespace millrace {
namespace {

Error mistake(std::string what) { return Error(ErrorCode::invalid_request, std::move(what)); }

/// Reads a rule from its front. The first mistake stops it.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Result<RequestRule> whole() {
    auto rule = sequence();
    if (rule && !rest_.empty()) return mistake("a server cannot do this: " + std::string(rest_));
    return rule;
  }

 private:
  Result<RequestRule> sequence() {
    if (take("when url has ")) return choice();
    auto first = one();
    if (!first) return first;
    std::uint32_t attempts = 1;
    if (const auto count = times()) attempts = *count;
    if (!take(", then ")) return first;
    auto then = sequence();
    if (!then) return then;
    return first_attempts(attempts, std::move(*first), std::move(*then));
  }

  Result<RequestRule> choice() {
    const auto text = quoted();
    if (!text || !take(": ")) return mistake("expected when url has \"...\": <rule>");
    auto then = sequence();
    if (!then) return then;
    if (!take(", otherwise ")) return mistake("expected `, otherwise <rule>`");
    auto otherwise = sequence();
    if (!otherwise) return otherwise;
    return when_url_has(*text, std::move(*then), std::move(*otherwise));
  }

  Result<RequestRule> one() {
    if (take("echoes")) return echoing_request();
    if (take("fails with ")) {
      const auto code = error_named(word());
      if (!code) return code.error();
      take(" ");
      const auto message = quoted();
      if (!message) return mistake("expected the error's message in quotes");
      return failing_request(*code, *message);
    }
    if (take("answers ")) return answer();
    return mistake("a server cannot do this: " + std::string(rest_));
  }

  Result<RequestRule> answer() {
    int status = 0;
    const std::string digits = word();
    std::from_chars(digits.data(), digits.data() + digits.size(), status);
    if (status < 100 || status > 599) return mistake("expected a status, got " + digits);
    std::vector<HttpHeader> headers;
    while (take(" with ")) {
      std::string name = word();
      take(" ");
      const auto text = quoted();
      headers.push_back({std::move(name), text ? *text : word()});
    }
    if (rest_.empty() || rest_.starts_with(",") || starts_with_times()) {
      return answering_bytes(status, "", "", std::move(headers));
    }
    take(" ");
    if (rest_.starts_with("{") || rest_.starts_with("[")) {
      auto value = parse_json(json_text());
      if (!value) return value.error();
      return answering(status, *value, std::move(headers));
    }
    const auto quoted_type = quoted();
    const std::string type = quoted_type ? *quoted_type : word();
    if (take(" hex ")) {
      auto bytes = parse_hex(word());
      if (!bytes) return mistake("expected hex digits");
      return answering_bytes(status, type, std::move(*bytes), std::move(headers));
    }
    take(" ");
    auto text = quoted();
    if (!text) return mistake("expected a text in quotes behind its type");
    return answering_bytes(status, type, std::move(*text), std::move(headers));
  }

  // --- parts -----------------------------------------------------------------------------------

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  /// Up to a space or comma.
  std::string word() {
    const std::string found(rest_.substr(0, rest_.find_first_of(" ,")));
    rest_.remove_prefix(found.size());
    return found;
  }

  std::optional<std::string> quoted() {
    if (!rest_.starts_with('"')) return std::nullopt;
    const auto value = parse_json(json_text());
    if (!value || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
  }

  /// A JSON object, array or string, whatever is inside.
  std::string json_text() {
    std::size_t depth = 0;
    bool is_in_text = false;
    std::size_t end = 0;
    while (end < rest_.size()) {
      const char c = rest_[end++];
      if (is_in_text && c == '\\') {
        ++end;
      } else if (c == '"') {
        is_in_text = !is_in_text;
      } else if (!is_in_text && (c == '{' || c == '[')) {
        ++depth;
      } else if (!is_in_text && (c == '}' || c == ']')) {
        --depth;
      }
      if (depth == 0 && !is_in_text) break;
    }
    const std::string found(rest_.substr(0, end));
    rest_.remove_prefix(found.size());
    return found;
  }

  bool starts_with_times() const {
    const auto digit = rest_.find_first_not_of("0123456789", 1);
    return digit != std::string_view::npos && digit > 1 && rest_.substr(digit).starts_with(" time");
  }

  std::optional<std::uint32_t> times() {
    if (!starts_with_times()) return std::nullopt;
    take(" ");
    const std::string count = word();
    if (!take(" times")) take(" time");
    return static_cast<std::uint32_t>(std::stoul(count));
  }

  std::string_view rest_;
};

}  // namespace

Result<RequestRule> read_request_rule(std::string_view text) { return Reader(text).whole(); }

}  // namespace millrace
