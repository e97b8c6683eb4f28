#include "http/server/server_options.h"

#include "http/server/admin_key.h"
#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <sys/stat.h>

namespace millrace {
namespace {

struct CommandLine {
  explicit CommandLine(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());
    app.parse(words);
  }
  CLI::App app;
  ServerOptionsParser parser{app};
};

Result<ServerOptions> read(std::vector<std::string> words) {
  return CommandLine(std::move(words)).parser.options();
}

std::string refusal(std::vector<std::string> words) {
  const auto options = read(std::move(words));
  return options ? "accepted" : options.error().message;
}

/// A directory of the test's own, gone afterwards.
struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name) << text;
    return path + "/" + name;
  }
  std::string path;
};

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

}  // namespace

TEST_CASE("without options the server listens on loopback with documented limits", "[http]") {
  const auto options = read({});
  REQUIRE(options.ok());
  CHECK(options->listen.text() == "127.0.0.1:8080");
  CHECK(options->listen.is_loopback());
  CHECK(options->http.limits.head == Millis(10'000));
  CHECK(options->http.threads.threads_max == limits::connections_max);
  CHECK(options->api.response_hold == Millis(55'000));
  CHECK_FALSE(options->in_memory);
}

TEST_CASE("flags are read, and mistakes in them named", "[http]") {
  const auto options = read({"--listen", "[::1]:0", "--drain-time=5m", "--in-memory",
                             "--durability", "relaxed", "--public-url", "https://x/"});
  REQUIRE(options.ok());
  CHECK(options->listen.port == 0);
  CHECK(options->drain == Millis(300'000));
  CHECK(options->in_memory);
  CHECK(options->relaxed_durability);
  CHECK(options->api.public_url == "https://x");
  CHECK_THAT(refusal({"--listen", "8080"}), says("HOST:PORT"));
  CHECK_THAT(refusal({"--idle-time", "long"}), says("--idle-time"));
  CHECK_THAT(refusal({"--connections-max", "0"}), says("at least 1"));
}

TEST_CASE("a flag wins over the environment, the environment over the file", "[http]") {
  const Folder folder;
  const auto file = folder.write("config",
                                 "# a comment\nlisten = 127.0.0.1:1\n"
                                 "drain-time = \"1s\"\nin-memory = true\n"
                                 "data-dir = /from/file\n");
  ::setenv("MILLRACE_DRAIN_TIME", "2s", 1);
  ::setenv("MILLRACE_LISTEN", "127.0.0.1:2", 1);
  const auto options = read({"--config", file, "--listen", "127.0.0.1:3"});
  ::unsetenv("MILLRACE_DRAIN_TIME");
  ::unsetenv("MILLRACE_LISTEN");
  REQUIRE(options.ok());
  CHECK(options->listen.port == 3);
  CHECK(options->drain == Millis(2'000));
  CHECK(options->data_dir == "/from/file");
  CHECK(options->in_memory);
}

TEST_CASE("a comment behind a value and a byte order mark are no part of a config file", "[http]") {
  const Folder folder;
  const auto file = folder.write("config",
                                 "\xef\xbb\xbf"
                                 "data-dir = /a/b # where it is\n"
                                 "listen = 127.0.0.1:1\t# here\n"
                                 "admin-key = \"a # b\" # with blanks\n"
                                 "ca-file = /x#y\n");
  const auto options = read({"--config", file});
  REQUIRE(options.ok());
  CHECK(options->data_dir == "/a/b");
  CHECK(options->listen.port == 1);
  CHECK(options->admin_key == "a # b");
  CHECK(options->outbound.extra_ca_file == "/x#y");
}

TEST_CASE("times that leave clients no time at all are refused", "[http]") {
  for (const char* const option : {"--idle-time", "--request-head-time", "--transfer-time"}) {
    CHECK_THAT(refusal({option, "0s"}), says(option) && says("at least 1ms"));
    CHECK(read({option, "1ms"}).ok());
  }
  CHECK(read({"--response-hold", "0s", "--drain-time", "0s"}).ok());
}

TEST_CASE("an unknown key of a config file is refused with the nearest one", "[http]") {
  const Folder folder;
  const auto file = folder.write("config", "\ndata-dri = x\n");
  CHECK_THAT(refusal({"--config", file}), says(":2: ") && says("did you mean 'data-dir'?"));
  CHECK_THAT(refusal({"--config", folder.write("b", "nonsense")}), says("name = value"));
  CHECK_THAT(refusal({"--config", folder.write("c", "durability = maybe")}), says(":1: "));
  CHECK_THAT(refusal({"--config", folder.path + "/missing"}), says("cannot be read"));
  CHECK_THAT(refusal({"--config", folder.path}), says("cannot be read"));
}

TEST_CASE("the printed configuration is a config file and hides the admin key", "[http]") {
  CommandLine line({"--admin-key", "n0t-shown", "--listen", "127.0.0.1:7", "--in-memory",
                    "--egress-allow", "10.0.0.0/8", "--egress-allow", "127.0.0.1/32"});
  REQUIRE(line.parser.options().ok());
  const auto text = line.parser.config_text();
  CHECK(text.find("n0t-shown") == std::string::npos);
  CHECK_THAT(text, says("\nlisten = 127.0.0.1:7\n") && says("\nin-memory = true\n"));
  const Folder folder;
  const auto again = read({"--config", folder.write("config", text)});
  REQUIRE(again.ok());
  CHECK(again->listen.port == 7);
  CHECK(again->outbound.egress_allow.size() == 2);
}

TEST_CASE("an admin key is made once, for its owner's eyes only, and found again", "[http]") {
  const Folder folder;
  SeededRandom random(1);
  const auto made = load_or_make_admin_key(folder.path, random);
  REQUIRE(made.ok());
  CHECK(made->key.size() > 20);
  const auto mode = std::filesystem::status(made->file).permissions();
  CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(load_or_make_admin_key(folder.path, random)->key == made->key);
  CHECK_FALSE(load_or_make_admin_key("/proc/nowhere", random).ok());
}

}  // namespace millrace
