// Environment secrets over the API, and the key that seals them.

#include "http/server/secrets_key.h"
#include "storage/tables/secret_table.h"
#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

#include <filesystem>
#include <fstream>
#include <stdlib.h>

namespace millrace {
namespace {

using tests::TemporaryDirectory;

const std::string path = "/projects/p1/secrets";
const std::string key_text = std::string(64, 'a');
const ProjectId project("p1");

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

std::string body(std::string_view value) { return to_text(JsonObject{{"value", value}}); }

struct Environment {
  explicit Environment(const std::string& key) { ::setenv("MILLRACE_SECRETS_KEY", key.c_str(), 1); }
  ~Environment() { ::unsetenv("MILLRACE_SECRETS_KEY"); }
};

}  // namespace

TEST_CASE("a secret is put, listed without its value, replaced and removed", "[http]") {
  ApiFixture api;
  const auto created = api.call("PUT", path + "/KEY", api.api_key, body("v4lue-1"));
  CHECK(created.status == 201);
  CHECK(created.text == R"({"name":"KEY"})");
  CHECK(api.secrets_of(project)->values()->at("KEY") == Json("v4lue-1"));
  CHECK(api.call("PUT", path + "/KEY", api.api_key, body("v4lue-2")).status == 200);
  CHECK(api.secrets_of(project)->values()->at("KEY") == Json("v4lue-2"));
  const auto list = api.call("GET", path, api.api_key);
  CHECK(list.text.find("v4lue") == std::string::npos);
  REQUIRE(list["secrets"].as_array().size() == 1);
  CHECK(list["secrets"].as_array()[0].at("name") == Json("KEY"));
  CHECK(list["secrets"].as_array()[0].at("isLocked") == Json(false));
  CHECK(list["secrets"].as_array()[0].as_object().contains("dateUpdated"));
  CHECK(api.call("DELETE", path + "/KEY", api.api_key).status == 204);
  CHECK(api.call("DELETE", path + "/KEY", api.api_key).code() == "not_found");
  CHECK(api.secrets_of(project)->values()->get_object().empty());
}

TEST_CASE("a snapshot of secrets stays as it was when it was taken", "[http]") {
  ApiFixture api;
  REQUIRE(api.secrets.put(project, "A", "one-1").ok());
  const auto before = api.secrets_of(project)->values();
  REQUIRE(api.secrets.put(project, "A", "two-2").ok());
  REQUIRE(api.secrets.remove(project, "A").ok());
  CHECK(before->at("A") == Json("one-1"));
}

TEST_CASE("what a secret was is known for an hour after it is replaced or removed", "[http]") {
  ApiFixture api;
  using Values = std::vector<std::string>;
  const auto formers = [&] { return api.secrets_of(project)->former_values("A", api.clock.now()); };
  REQUIRE(api.secrets.put(project, "A", "one-1").ok());
  CHECK(formers().empty());
  REQUIRE(api.secrets.put(project, "A", "two-2").ok());
  api.clock.advance(std::chrono::minutes(40));
  REQUIRE(api.secrets.put(project, "B", "other").ok());
  REQUIRE(api.secrets.remove(project, "A").ok());
  CHECK(formers() == Values{"one-1", "two-2"});
  CHECK(api.secrets_of(ProjectId("p2"))->former_values("A", api.clock.now()).empty());
  api.clock.advance(std::chrono::minutes(40));
  CHECK(formers() == Values{"two-2"});
  for (int i = 0; i < 100; ++i) {
    REQUIRE(api.secrets.put(project, "A", "value-" + std::to_string(i)).ok());
  }
  CHECK(formers().size() == ProjectSecrets::formers_max);
  CHECK(formers().back() == "value-98");
}

TEST_CASE("secrets of one project are none of another's", "[http]") {
  ApiFixture api;
  api.make_project("p2");
  REQUIRE(api.secrets.put(project, "A", "one-1").ok());
  CHECK(api.secrets_of(ProjectId("p2"))->values()->get_object().empty());
  CHECK(api.secrets.names(ProjectId("p2"))->empty());
}

TEST_CASE("what is not a secret is refused and never repeated", "[http]") {
  ApiFixture api;
  for (const std::string& name : {std::string("1A"), std::string("A-B"), std::string("A%20B"),
                                  std::string("%C3%A4"), std::string(129, 'A')}) {
    INFO(name);
    const auto refused = api.call("PUT", path + "/" + name, api.api_key, body("v4lue"));
    CHECK(refused.code() == "invalid_request");
    CHECK(refused.text.find("v4lue") == std::string::npos);
  }
  for (const char* const text : {"", "{}", R"({"value":""})", R"({"value":null})", R"(["v4lue"])",
                                 R"({"value":{"v4lue":1}})", R"({"value":"v4lue)"}) {
    INFO(text);
    const auto refused = api.call("PUT", path + "/KEY", api.api_key, text);
    CHECK(refused.status == 400);
    CHECK(refused.text.find("v4lue") == std::string::npos);
  }
  const auto large = api.call("PUT", path + "/KEY", api.api_key,
                              body(std::string(limits::secret_bytes_max + 1, 'v')));
  CHECK(large.code() == "limit_exceeded");
  CHECK(large.text.find("vvvv") == std::string::npos);
  CHECK(api.call("GET", path, api.api_key)["secrets"].as_array().empty());
}

TEST_CASE("a secret too short to be found in an echo is not stored", "[http]") {
  ApiFixture api;
  for (const char* const value : {"~", "~~~", "\u00e4~"}) {
    const auto refused = api.call("PUT", path + "/PIN", api.api_key, body(value));
    CHECK(refused.status == 400);
    CHECK(refused.code() == "invalid_request");
    CHECK_THAT(refused.text, says("fewer than 4 bytes"));
    CHECK(refused.text.find(value) == std::string::npos);
  }
  CHECK(api.call("PUT", path + "/PIN", api.api_key, body("1234")).status == 201);
  CHECK(api.secrets.names(project)->size() == 1);
}

TEST_CASE("the number of a project's secrets is bounded", "[http]") {
  ApiFixture api;
  for (std::size_t i = 0; i < limits::secrets_per_project_max; ++i) {
    REQUIRE(api.secrets.put(project, "S" + std::to_string(i), "v4lue").ok());
  }
  const auto refused = api.secrets.put(project, "ONE_MORE", "v4lue");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::limit_exceeded);
  CHECK(api.secrets.put(project, "S7", "again").ok());
}

TEST_CASE("a secret that is not stored is not used either", "[http]") {
  ApiFixture api;
  api.store().fail_next_commits(1, ErrorCode::storage_failed);
  CHECK(api.call("PUT", path + "/KEY", api.api_key, body("v4lue")).status == 503);
  CHECK(api.secrets_of(project)->values()->get_object().empty());
}

TEST_CASE("an absent secret is named with the nearest one", "[http]") {
  ApiFixture api;
  REQUIRE(api.secrets.put(project, "CRM_TOKEN", "v4lue").ok());
  const Error error = api.secrets_of(project)->why_absent("CRM_TOKNE");
  CHECK(error.code == ErrorCode::secret_missing);
  CHECK_THAT(error.message, says("CRM_TOKEN"));
}

TEST_CASE("a server with another key starts and says which key its secrets need", "[http]") {
  storage::MemoryStore store;
  ShardOwnership ownership;
  REQUIRE(ownership.claim(store, ShardSet::all()).ok());
  storage::GroupCommit commits(store, {});
  const ManualClock clock;
  SeededRandom random{1};
  const storage::Sealer right(*storage::SealingKey::parse(key_text));
  const storage::Sealer wrong(storage::SealingKey::make());
  {
    ProjectViews views(store, {commits, ownership}, right, {});
    REQUIRE(ProjectRegistry(store, views, clock, random).create("p1", "").ok());
    SecretRegistry secrets(views, clock, right);
    REQUIRE(secrets.put(project, "OLD", "s3cret").ok());
  }
  std::string log;
  ProjectViews views(store, {commits, ownership}, wrong,
                     [&](LogLevel, const std::string& line) { log += line; });
  SecretRegistry secrets(views, clock, wrong);
  const auto held = [&] { return (*views.now(project))->secrets; };
  CHECK(held()->values()->get_object().empty());
  CHECK_THAT(log, says(right.key_id()));
  CHECK(secrets.names(project)->front().is_locked);
  const Error error = held()->why_absent("OLD");
  CHECK(error.code == ErrorCode::secrets_locked);
  CHECK_THAT(error.message, says("OLD") && says(right.key_id()));
  // Put again, it opens.
  REQUIRE(secrets.put(project, "OLD", "newer").ok());
  CHECK(held()->values()->at("OLD") == Json("newer"));
  CHECK_FALSE(secrets.names(project)->front().is_locked);
  ProjectViews again(store, {commits, ownership}, wrong, {});
  CHECK((*again.now(project))->secrets->values()->at("OLD") == Json("newer"));
}

TEST_CASE("a secrets key is made once, for its owner's eyes only, and found again", "[http]") {
  const TemporaryDirectory directory;
  const auto made = load_secrets_key("", directory.path());
  REQUIRE(made.ok());
  const std::string file = secrets_key_file_in(directory.path());
  CHECK_THAT(made->source, says(file));
  CHECK(made->is_new);
  CHECK(std::filesystem::status(file).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  const auto found = load_secrets_key("", directory.path());
  REQUIRE(found.ok());
  CHECK(found->key.id() == made->key.id());
  CHECK_FALSE(found->is_new);
}

TEST_CASE("a given secrets key is used instead of a kept one", "[http]") {
  const TemporaryDirectory directory;
  const std::string id = storage::SealingKey::parse(key_text)->id();
  const std::string file = directory.path() + "/given";
  std::ofstream(file) << key_text << "\n";
  CHECK(load_secrets_key(file, directory.path())->key.id() == id);
  {
    const Environment environment(key_text);
    CHECK_FALSE(load_secrets_key(file, directory.path()).ok());
  }
  {
    const Environment environment(key_text);
    CHECK(load_secrets_key("", directory.path())->key.id() == id);
    // Taken, it is gone from the environment.
    CHECK(::getenv("MILLRACE_SECRETS_KEY") == nullptr);
  }
  CHECK_FALSE(std::filesystem::exists(secrets_key_file_in(directory.path())));
}

TEST_CASE("a secrets key that is none is refused with its place and not its text", "[http]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/given";
  CHECK_THAT(load_secrets_key(file, directory.path()).error().message, says(file));
  std::ofstream(file) << "n0t-a-key";
  const auto refused = load_secrets_key(file, directory.path());
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().message, says(file) && !says("n0t-a-key"));
  const Environment environment("n0t-a-key");
  const auto from_environment = load_secrets_key("", directory.path());
  REQUIRE_FALSE(from_environment.ok());
  CHECK_THAT(from_environment.error().message, says("MILLRACE_SECRETS_KEY") && !says("n0t-a-key"));
}

}  // namespace millrace
