#include "tests/support/test_project.h"

#include "http/auth/base64url.h"
#include "http/auth/user_token.h"
#include "tests/support/poll_until.h"

#include <stdexcept>

namespace millrace::tests {
namespace {

constexpr const char* signing_key_id = "main";

/// For calls that only prepare what a test is about.
Json must(const Call& call, const Answer& answer, int status) {
  if (answer.status == status) return answer.json;
  throw std::runtime_error(call.method + " " + call.path + " was answered " +
                           std::to_string(answer.status) + ": " + answer.text);
}

bool is_final(const std::string& status) {
  return status == "SUCCEEDED" || status == "FAILED" || status == "CANCELLED";
}

}  // namespace

const RsaKeyPair& first_key_pair() {
  static const RsaKeyPair keys = generate_key_pair();
  return keys;
}

const RsaKeyPair& second_key_pair() {
  static const RsaKeyPair keys = generate_key_pair();
  return keys;
}

TestProject::TestProject(const ServerProcess& server, const RsaKeyPair& keys)
    : server_(server), signing_key_(*parse_private_key(keys.private_pem)) {
  const Call create{"POST", "/projects", admin_key, "{}"};
  const Json created = must(create, call_server(port(), create), 201);
  id_ = string_at(created, "/id");
  api_key_ = string_at(created, "/apiKey");
  const Call put_key{"PUT", path("/signing-keys/") + signing_key_id, api_key_,
                     to_text(JsonObject{{"pem", keys.public_pem}})};
  must(put_key, call_server(port(), put_key), 200);
}

std::string TestProject::execution_path(const std::string& execution) {
  return "/task-history/workflow-executions/" + execution;
}

Answer TestProject::get(const std::string& rest) const {
  return call_server(port(), {"GET", path(rest), api_key_});
}

Answer TestProject::put(const std::string& rest, const std::string& body) const {
  return call_server(port(), {"PUT", path(rest), api_key_, body});
}

Answer TestProject::post(const std::string& rest, const std::string& body) const {
  return call_server(port(), {"POST", path(rest), api_key_, body});
}

Answer TestProject::remove(const std::string& rest) const {
  return call_server(port(), {"DELETE", path(rest), api_key_});
}

void TestProject::deploy(const std::string& workflow, const std::string& definition) const {
  const std::string rest = "/workflows/" + workflow;
  must({"PUT", rest}, put(rest, definition), 200);
  must({"POST", rest + "/deploy"}, post(rest + "/deploy"), 200);
}

void TestProject::deploy_steps(const std::string& workflow, const std::string& steps) const {
  deploy(workflow,
         R"({"name":")" + workflow + R"(","trigger":{"type":"request"},"steps":[)" + steps + "]}");
}

std::string TestProject::token(const std::string& user) const {
  const UserTokenClaims claims{UserId(user), SigningKeyId(signing_key_id), Millis(3'600'000)};
  return mint_user_token(signing_key_, claims, SystemClock().now());
}

Answer TestProject::trigger(const std::string& workflow, const std::string& body,
                            const std::string& user) const {
  return call_server(port(), {"POST", path("/sdk/triggers/" + workflow), token(user), body});
}

std::string TestProject::start(const std::string& workflow, const std::string& body,
                               const std::string& user) const {
  const Json accepted = must({"POST", workflow}, trigger(workflow, body, user), 202);
  return string_at(accepted, "/executionId");
}

Json TestProject::execution(const std::string& id) const {
  return must({"GET", execution_path(id)}, get(execution_path(id)), 200);
}

Json TestProject::wait_for_status(const std::string& id, const std::string& status) const {
  Json shown;
  const bool has_ended = poll_until([&] {
    shown = execution(id);
    const std::string now = string_at(shown, "/status");
    return now == status || is_final(now);
  });
  if (has_ended && string_at(shown, "/status") == status) return shown;
  throw std::runtime_error("the run did not become " + status + ": " + to_text(shown));
}

Json TestProject::wait_until_ended(const std::string& id) const {
  Json shown;
  const bool has_ended = poll_until([&] {
    shown = execution(id);
    return is_final(string_at(shown, "/status"));
  });
  if (has_ended) return shown;
  throw std::runtime_error("the run has not ended: " + to_text(shown));
}

Json TestProject::step(const std::string& execution, const std::string& step) const {
  const std::string rest = execution_path(execution) + "/step-executions/" + step;
  return must({"GET", rest}, get(rest), 200);
}

std::string base64url_token_part(const Json& part) { return base64url_encode(to_text(part)); }

std::string signed_token(const RsaKeyPair& keys, const Json& header, const Json& claims) {
  const std::string text = base64url_token_part(header) + "." + base64url_token_part(claims);
  const auto key = parse_private_key(keys.private_pem);
  return text + "." + base64url_encode(sign_rs256(*key, text));
}

Json claims_of(const std::string& user) {
  const auto now = std::chrono::floor<std::chrono::seconds>(SystemClock().now());
  const auto seconds = now.time_since_epoch().count();
  return JsonObject{{"sub", user}, {"iat", seconds}, {"exp", seconds + 3'600}};
}

}  // namespace millrace::tests
