#include "http/server/option_set.h"

#include "runtime/base/check.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/duration_text.h"
#include "runtime/text/nearest_name.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace millrace {
namespace {

Error invalid(std::string message) { return {ErrorCode::invalid_request, std::move(message)}; }

Error not_a(const std::string& what, const std::string& value) {
  return invalid("'" + value + "' is not " + what);
}

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// What stands between quotes, or before a comment: a `#` with a blank before it begins one.
std::string_view value_in(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"') {
    const auto quote = text.find('"', 1);
    const std::string_view behind =
        quote == std::string_view::npos ? text : trimmed(text.substr(quote + 1), all_white_space);
    if (behind.empty() || behind.front() == '#') return text.substr(1, quote - 1);
    if (text.back() == '"') return text.substr(1, text.size() - 2);
  }
  if (text.starts_with('#')) return {};
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    const char before = text[at - 1];
    if (before == ' ' || before == '\t') return trimmed(text.substr(0, at), all_white_space);
  }
  return text;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = list.find(',');
    parts.emplace_back(trimmed(list.substr(0, comma), all_white_space));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

OptionReader text_into(std::string& field) {
  return [&field](const std::string& value) -> Outcome {
    field = value;
    return Done{};
  };
}

OptionReader count_into(std::size_t& field, std::size_t min) {
  return [&field, min](const std::string& value) -> Outcome {
    std::size_t count = 0;
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, count);
    if (read.ec != std::errc() || read.ptr != end) return not_a("a whole number", value);
    if (count < min) return invalid("must be at least " + std::to_string(min));
    field = count;
    return Done{};
  };
}

OptionReader duration_into(Millis& field, Millis min) {
  return [&field, min](const std::string& value) -> Outcome {
    const auto duration = parse_duration(value);
    if (!duration) return not_a("a duration such as 500ms, 30s or 5m", value);
    if (*duration < min) return invalid("must be at least " + duration_text(min));
    field = *duration;
    return Done{};
  };
}

OptionReader switch_into(bool& field) {
  return [&field](const std::string& value) -> Outcome {
    const std::string word = lower_case(std::string_view(value));
    const bool is_on = word == "true" || word == "1" || word == "yes" || word == "on";
    const bool is_off = word == "false" || word == "0" || word == "no" || word == "off";
    if (!is_on && !is_off) return not_a("true or false", value);
    field = is_on;
    return Done{};
  };
}

OptionReader choice_into(std::string& field, std::vector<std::string> words) {
  return [&field, words = std::move(words)](const std::string& value) -> Outcome {
    if (std::find(words.begin(), words.end(), value) == words.end()) {
      return not_a("one of " + CLI::detail::join(words, ", "), value);
    }
    field = value;
    return Done{};
  };
}

std::string environment_name(std::string option) {
  for (char& c : option) {
    if (c == '-') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return "MILLRACE_" + option;
}

void OptionSet::add(OptionDeclaration declaration) {
  CHECK(find(declaration.name) == nullptr, "an option is declared twice: " + declaration.name);
  using Kind = OptionDeclaration::Kind;
  const std::string help =
      declaration.help + " (environment: " + environment_name(declaration.name) + ")";
  const std::string flag_name = "--" + declaration.name;
  CLI::Option* flag = nullptr;
  if (declaration.kind == Kind::on_off) {
    flag = app_.add_flag(flag_name, help);
  } else {
    flag = app_.add_option(
        flag_name, [](const CLI::results_t&) { return true; }, help);
    // Whether it may be repeated is for `resolve` to say, as of the other sources.
    if (declaration.kind == Kind::repeatable) {
      flag->expected(1, CLI::detail::expected_max_vector_size);
    } else {
      flag->expected(1)->allow_extra_args(false);
    }
    flag->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    flag->default_str(declaration.otherwise);
  }
  options_.push_back({std::move(declaration), flag, {}, {}});
}

const OptionSet::Option* OptionSet::find(std::string_view name) const {
  for (const auto& option : options_) {
    if (option.declaration.name == name) return &option;
  }
  return nullptr;
}

Outcome OptionSet::resolve(const std::string& config_file) {
  if (auto read = read_config_file(config_file); !read) return read;
  for (auto& option : options_) {
    if (auto resolved = resolve(option); !resolved) return resolved;
  }
  return Done{};
}

Outcome OptionSet::read_config_file(const std::string& path) {
  if (path.empty()) return Done{};
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    return invalid("the config file '" + path + "' cannot be read");
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (number == 1 && line.starts_with(byte_order_mark)) line.erase(0, byte_order_mark.size());
    const std::string place = path + ":" + std::to_string(number) + ": ";
    if (auto read = read_line(line, place); !read) return read;
  }
  return Done{};
}

Outcome OptionSet::read_line(std::string_view line, const std::string& place) {
  line = trimmed(line, all_white_space);
  if (line.empty() || line.front() == '#') return Done{};
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return invalid(place + "not a line \"name = value\"");
  const std::string name(trimmed(line.substr(0, equals), all_white_space));
  const std::string_view value = value_in(trimmed(line.substr(equals + 1), all_white_space));
  for (auto& option : options_) {
    if (option.declaration.name != name) continue;
    option.in_file.push_back({std::string(value), place + name});
    return Done{};
  }
  const std::string nearest = nearest_name(name, names());
  return invalid(place + "there is no option '" + name + "'" +
                 (nearest.empty() ? std::string() : "; did you mean '" + nearest + "'?"));
}

/// The values of the source that wins.
std::vector<OptionSet::Given> OptionSet::given(const Option& option) {
  const bool is_list = option.declaration.kind == OptionDeclaration::Kind::repeatable;
  const auto values_of = [&](const std::vector<Given>& source) {
    std::vector<Given> values;
    for (const auto& each : source) {
      const auto parts = is_list ? split(each.value) : std::vector{each.value};
      for (const auto& part : parts) {
        if (!part.empty()) values.push_back({part, each.place});
      }
    }
    return values;
  };
  std::vector<Given> flags;
  for (const auto& value : option.flag->results()) {
    flags.push_back({value, "--" + option.declaration.name});
  }
  if (auto values = values_of(flags); !values.empty()) return values;
  const std::string variable = environment_name(option.declaration.name);
  if (const char* const value = std::getenv(variable.c_str())) {
    if (auto values = values_of({{value, variable}}); !values.empty()) return values;
  }
  return values_of(option.in_file);
}

Outcome OptionSet::resolve(Option& option) {
  auto values = given(option);
  const bool is_list = option.declaration.kind == OptionDeclaration::Kind::repeatable;
  if (values.empty() && !option.declaration.otherwise.empty()) {
    values.push_back({option.declaration.otherwise, "--" + option.declaration.name});
  }
  if (values.size() > 1 && !is_list) {
    return invalid(values[1].place + ": given twice, and it takes one value");
  }
  for (const auto& each : values) {
    if (auto read = option.declaration.read(each.value); !read) {
      return invalid(each.place + ": " + read.error().message);
    }
    option.effective.push_back(each.value);
  }
  return Done{};
}

std::string OptionSet::config_text() const {
  std::string text;
  for (const auto& option : options_) {
    const auto& [name, help, read, otherwise, kind] = option.declaration;
    text += "# " + help + "\n";
    if (kind == OptionDeclaration::Kind::hidden && !option.effective.empty()) {
      text += "# " + name + " is set, and not shown\n";
    } else if (option.effective.empty()) {
      text += name + " =\n";
    } else {
      for (const auto& value : option.effective) text += name + " = " + value + "\n";
    }
    text += "\n";
  }
  return text;
}

std::vector<std::string> OptionSet::names() const {
  std::vector<std::string> all;
  for (const auto& option : options_) all.push_back(option.declaration.name);
  return all;
}

OptionDeclaration::Kind OptionSet::kind(const std::string& name) const {
  const Option* const option = find(name);
  CHECK(option != nullptr, "there is no option " + name);
  return option->declaration.kind;
}

}  // namespace millrace
