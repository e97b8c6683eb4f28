// Every option of `millrace serve`, in each place where it may be written.
#include "http/server/server_options.h"
#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"

#include <CLI/CLI.hpp>

#include <fstream>
#include <map>
#include <stdlib.h>

namespace millrace {
namespace {

using Kind = OptionDeclaration::Kind;

/// Two values of each, other than the default. A new option needs a line here.
const std::map<std::string, std::array<std::string, 2>> samples{
    {"admin-key", {"first-key", "second-key"}},
    {"ca-file", {"/etc/one.pem", "/etc/two.pem"}},
    {"connections-max", {"7", "8"}},
    {"data-dir", {"/one", "/two"}},
    {"drain-time", {"1s", "2s"}},
    {"durability", {"relaxed", "synced"}},
    {"egress-allow", {"10.0.0.0/8", "127.0.0.0/8"}},
    {"function-worker", {"/one", "/two"}},
    {"function-workers-max", {"3", "4"}},
    {"history-requests-max", {"5", "6"}},
    {"idle-time", {"1s", "2s"}},
    {"in-memory", {"true", "false"}},
    {"listen", {"127.0.0.1:1", "127.0.0.1:2"}},
    {"log-level", {"debug", "error"}},
    {"no-proxy", {".one.example", ".two.example"}},
    {"outbound-calls-max", {"9", "10"}},
    {"postgres", {"postgres://one.example/d", "postgres://two.example/d"}},
    {"postgres-schema", {"one", "two"}},
    {"proxy", {"http://one.example:1", "http://two.example:2"}},
    {"public-url", {"https://one.example", "https://two.example"}},
    {"request-body-bytes-max", {"1000", "2000"}},
    {"request-head-time", {"3s", "4s"}},
    {"response-hold", {"5s", "6s"}},
    {"secrets-key-file", {"/one", "/two"}},
    {"transfer-time", {"7s", "8s"}},
};

/// The lines of `--print-config` about one option, or the refusal.
std::string outcome_of(const std::string& name, std::vector<std::string> words) {
  CLI::App app;
  ServerOptionsParser parser(app);
  std::reverse(words.begin(), words.end());
  app.parse(words);
  if (const auto options = parser.options(); !options) return options.error().message;
  std::istringstream lines(parser.config_text());
  std::string shown;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " =") || line.starts_with("# " + name + " is set"))
      shown += line + "\n";
  }
  return shown;
}

std::vector<std::string> all_names() {
  CLI::App app;
  return ServerOptionsParser(app).set().names();
}

Kind kind_of(const std::string& name) {
  CLI::App app;
  return ServerOptionsParser(app).set().kind(name);
}

/// The same values, written once as flags, once into the environment, once into a file.
struct Places {
  explicit Places(const std::string& name, const std::vector<std::string>& values) {
    std::string file;
    std::string list;
    for (const auto& value : values) {
      if (kind_of(name) == Kind::on_off) {
        flags.push_back("--" + name + "=" + value);
      } else {
        flags.insert(flags.end(), {"--" + name, value});
      }
      file += name + " = " + value + "\n";
      list += (list.empty() ? "" : " , ") + value;
    }
    std::ofstream(config) << file;
    ::setenv(variable(name).c_str(), list.c_str(), 1);
    in_environment = outcome_of(name, {});
    ::unsetenv(variable(name).c_str());
    as_flags = outcome_of(name, flags);
    in_file = outcome_of(name, {"--config", config});
  }
  static std::string variable(const std::string& name) { return environment_name(name); }

  tests::TemporaryDirectory directory;
  const std::string config = directory.path() + "/config";
  std::vector<std::string> flags;
  std::string as_flags, in_environment, in_file;
};

}  // namespace

TEST_CASE("every option means the same as a flag, in the environment and in the file", "[http]") {
  REQUIRE(all_names().size() == samples.size());
  for (const auto& name : all_names()) {
    INFO(name);
    REQUIRE(samples.count(name) == 1);
    const std::string value = samples.at(name).front();
    const Places one(name, {value});
    if (kind_of(name) == Kind::hidden) {
      CHECK(one.as_flags == "# " + name + " is set, and not shown\n");
    } else {
      CHECK(one.as_flags == name + " = " + value + "\n");
    }
    CHECK(one.in_environment == one.as_flags);
    CHECK(one.in_file == one.as_flags);
  }
}

TEST_CASE("what is repeatable takes all values of a source, all else is refused twice", "[http]") {
  for (const auto& name : all_names()) {
    INFO(name);
    const auto& [first, second] = samples.at(name);
    const Places two(name, {first, second});
    if (kind_of(name) == Kind::repeatable) {
      CHECK(two.as_flags == name + " = " + first + "\n" + name + " = " + second + "\n");
      CHECK(two.in_environment == two.as_flags);
      CHECK(two.in_file == two.as_flags);
    } else {
      CHECK(two.as_flags == "--" + name + ": given twice, and it takes one value");
      CHECK(two.in_file == two.config + ":2: " + name + ": given twice, and it takes one value");
    }
  }
}

TEST_CASE("an empty value of any option is as if it were not there", "[http]") {
  for (const auto& name : all_names()) {
    INFO(name);
    const std::string otherwise = outcome_of(name, {});
    const Places empty(name, {""});
    if (kind_of(name) != Kind::on_off) CHECK(empty.as_flags == otherwise);
    CHECK(empty.in_environment == otherwise);
    CHECK(empty.in_file == otherwise);
  }
}

TEST_CASE("a flag wins over the environment and that over the file, for every option", "[http]") {
  for (const auto& name : all_names()) {
    if (kind_of(name) == Kind::hidden) continue;
    INFO(name);
    const auto& [first, second] = samples.at(name);
    const Places lower(name, {second});
    const std::string variable = Places::variable(name);
    ::setenv(variable.c_str(), first.c_str(), 1);
    CHECK(outcome_of(name, {"--config", lower.config}) == name + " = " + first + "\n");
    CHECK(outcome_of(name, {"--" + name + "=" + second, "--config", lower.config}) ==
          name + " = " + second + "\n");
    ::unsetenv(variable.c_str());
  }
}

TEST_CASE("a value that cannot be used is named with the place where it stands", "[http]") {
  tests::TemporaryDirectory directory;
  const std::string config = directory.path() + "/config";
  std::ofstream(config) << "# limits\nidle-time = long\n";
  const std::string why = ": 'long' is not a duration such as 500ms, 30s or 5m";
  CHECK(outcome_of("idle-time", {"--config", config}) == config + ":2: idle-time" + why);
  CHECK(outcome_of("idle-time", {"--idle-time", "long"}) == "--idle-time" + why);
  ::setenv("MILLRACE_IDLE_TIME", "long", 1);
  CHECK(outcome_of("idle-time", {}) == "MILLRACE_IDLE_TIME" + why);
  ::unsetenv("MILLRACE_IDLE_TIME");
}

TEST_CASE("a public address that no link can begin with is refused", "[http]") {
  for (const std::string address : {"notaurl", "ftp://a.example", "https://",
                                    "https://a.example/?x=1", "https://a.example#x"}) {
    INFO(address);
    CHECK_THAT(outcome_of("public-url", {"--public-url", address}),
               Catch::Contains("is not the beginning of a URL"));
  }
  CHECK(outcome_of("public-url", {"--public-url", "https://a.example/base/"}) ==
        "public-url = https://a.example/base/\n");
}

TEST_CASE("on and off have the words that people use for them", "[http]") {
  for (const std::string word : {"true", "on", "yes", "1", "TRUE"}) {
    CLI::App app;
    ServerOptionsParser parser(app);
    app.parse("--in-memory=" + word, false);
    CHECK(parser.options()->in_memory);
  }
  CHECK_THAT(outcome_of("in-memory", {"--in-memory=maybe"}), Catch::Contains("in-memory"));
}

}  // namespace millrace
