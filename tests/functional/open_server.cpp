#include "tests/functional/open_server.h"

namespace millrace::tests {

std::vector<std::string> open_server_options() {
  return {"--history-requests-max", "0", "--egress-allow", "127.0.0.0/8"};
}

ServerProcess& open_server() {
  static ServerProcess server(open_server_options());
  if (!server.is_running()) server.start();
  return server;
}

ExamplePeer& example_peer() {
  static ExamplePeer peer;
  return peer;
}

std::string request_step(const std::string& id, const std::string& method, const std::string& url,
                         const std::string& rest) {
  return R"({"id": ")" + id + R"(", "type": "request", "method": ")" + method + R"(", "url": ")" +
         url + "\"" + rest + "}";
}

std::string response_step(const std::string& body) {
  return R"({"id": "reply", "type": "response", "body": )" + body + "}";
}

}  // namespace millrace::tests
