#pragma once
// A project on a server under test, seen from both sides: the backend, which holds the API key and
// signs tokens for its users, and those users. Each test makes its own, so that tests share a
// server and nothing else. Survives restarts of the server. Any thread may use one project.
//
// Calls that a test examines return the Answer; steps on the way there throw with the server's
// words.

#include "http/auth/signing_key.h"
#include "tests/support/api_client.h"
#include "tests/support/server_process.h"

#include <string>

namespace millrace::tests {

/// RSA keys take long to make, so the tests of a process share these two pairs.
const RsaKeyPair& first_key_pair();
const RsaKeyPair& second_key_pair();

class TestProject {
 public:
  /// Made on the server at once, with `keys` as its signing key "main".
  explicit TestProject(const ServerProcess& server, const RsaKeyPair& keys = first_key_pair());

  const std::string& id() const { return id_; }
  const std::string& api_key() const { return api_key_; }
  std::uint16_t port() const { return server_.port(); }
  /// "/projects/<id>" and the given rest.
  std::string path(const std::string& rest) const { return "/projects/" + id_ + rest; }
  static std::string execution_path(const std::string& execution);

  /// With the API key, below the project's path.
  Answer get(const std::string& rest) const;
  Answer put(const std::string& rest, const std::string& body) const;
  Answer post(const std::string& rest, const std::string& body = {}) const;
  Answer remove(const std::string& rest) const;

  /// Stores the draft and makes it live. `definition` is JSON text.
  void deploy(const std::string& workflow, const std::string& definition) const;
  /// A workflow on a request without validations. `steps` is the JSON text of the array's inside.
  void deploy_steps(const std::string& workflow, const std::string& steps) const;

  std::string token(const std::string& user = "user-1") const;
  /// As a user.
  Answer trigger(const std::string& workflow, const std::string& body = "{}",
                 const std::string& user = "user-1") const;
  /// Triggers a workflow without Response step; returns the execution's id.
  std::string start(const std::string& workflow, const std::string& body = "{}",
                    const std::string& user = "user-1") const;

  /// The history entry with its steps.
  Json execution(const std::string& id) const;
  /// Polls until it has this status; throws when it gets another final one.
  Json wait_for_status(const std::string& id, const std::string& status) const;
  /// Polls until it has ended, in whatever way.
  Json wait_until_ended(const std::string& id) const;
  /// Input, output and attempts of one step execution.
  Json step(const std::string& execution, const std::string& step) const;

 private:
  const ServerProcess& server_;
  std::string id_;
  std::string api_key_;
  RsaKey signing_key_;
};

/// A token with any header and claims, signed as RS256 whatever the header says.
std::string signed_token(const RsaKeyPair& keys, const Json& header, const Json& claims);
std::string base64url_token_part(const Json& part);
/// Claims of a token that is good for an hour.
Json claims_of(const std::string& user);

}  // namespace millrace::tests
