#pragma once
// For tests of what workflows ask of other servers: one server whose workflows may reach loopback, and
// the peer that they find there.

#include "tests/support/example_peer.h"
#include "tests/support/test_project.h"

namespace millrace::tests {

/// The options of such a server, for tests that need one of their own.
std::vector<std::string> open_server_options();

ServerProcess& open_server();
ExamplePeer& example_peer();

/// An HTTP request step; `rest` is what follows the URL, such as `, "body": 1`.
std::string request_step(const std::string& id, const std::string& method, const std::string& url,
                         const std::string& rest = {});
/// A Response step with this body, JSON text.
std::string response_step(const std::string& body);

}  // namespace millrace::tests
