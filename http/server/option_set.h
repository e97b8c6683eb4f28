#pragma once
// Options that are declared once, each with its name, its help and how its value is read. From that
// come the flag (`--data-dir`), the environment variable (`MILLRACE_DATA_DIR`), the key of the config
// file (`data-dir = …`) and the line of `--print-config`. One piece of code reads all three sources,
// so that an option means the same wherever it is written:
//
//   - The flag wins over the environment, the environment over the file; what wins is taken whole.
//   - An option that is repeatable takes several values by being repeated, and several between commas
//     in one place; blanks around a value do not count. Any other that is given twice in one source
//     is an error.
//   - An empty value counts as not given.
//   - An error names the place of the value: `--listen`, `MILLRACE_LISTEN`, `server.conf:3: listen`.
//
// Used by one thread, at the start.

#include "runtime/base/clock.h"
#include "runtime/base/result.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace millrace {

/// Takes one value; an error says what is wrong with it, without its place.
using OptionReader = std::function<Outcome(const std::string& value)>;

// Readers into a field, which must live as long as the options.
OptionReader text_into(std::string& field);
OptionReader count_into(std::size_t& field, std::size_t min = 0);
OptionReader duration_into(Millis& field, Millis min = Millis(0));
OptionReader switch_into(bool& field);  // true yes on 1, false no off 0
OptionReader choice_into(std::string& field, std::vector<std::string> words);

struct OptionDeclaration {
  enum class Kind : std::uint8_t {
    single,
    repeatable,  // `read` is called for each value
    on_off,      // as a flag it needs no value
    hidden,      // a single one whose value is never shown
  };
  std::string name;
  std::string help;
  OptionReader read;
  std::string otherwise = {};  // read when no source says anything, unless empty
  Kind kind = Kind::single;
};

class OptionSet {
 public:
  explicit OptionSet(CLI::App& app) : app_(app) {}
  OptionSet(const OptionSet&) = delete;
  OptionSet& operator=(const OptionSet&) = delete;

  void add(OptionDeclaration declaration);

  /// After the command line is parsed, once: reads every value. `config_file` empty: there is none.
  /// Errors: invalid_request, with the nearest name for an unknown key of the file.
  Outcome resolve(const std::string& config_file);

  /// Every option with its effective value, as a config file that has the same meaning; hidden values
  /// are left out.
  std::string config_text() const;

  std::vector<std::string> names() const;
  OptionDeclaration::Kind kind(const std::string& name) const;

 private:
  struct Given {
    std::string value;
    std::string place;
  };
  struct Option {
    OptionDeclaration declaration;
    const CLI::Option* flag;
    std::vector<Given> in_file;
    std::vector<std::string> effective;
  };

  const Option* find(std::string_view name) const;
  Outcome read_config_file(const std::string& path);
  Outcome read_line(std::string_view line, const std::string& place);
  static std::vector<Given> given(const Option& option);
  static Outcome resolve(Option& option);

  CLI::App& app_;
  std::deque<Option> options_;  // in the order of their declaration
};

/// `data-dir` is MILLRACE_DATA_DIR.
std::string environment_name(std::string option);

}  // namespace millrace
