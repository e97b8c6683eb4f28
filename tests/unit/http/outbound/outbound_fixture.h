#pragma once
// A caller whose egress is open for 127.0.0.1 only, and calls that are waited for.

#include "http/outbound/curl_http_caller.h"
#include "tests/support/catch.h"
#include "tests/support/misbehaving_peer.h"

#include <future>
#include <memory>
#include <string>
#include <utility>

namespace millrace::tests {

inline OutboundOptions open_for_loopback() {
  OutboundOptions options;
  options.egress_allow = {IpRange::of(*IpAddress::parse("127.0.0.1"))};
  return options;
}

inline std::unique_ptr<CurlHttpCaller> make_caller(OutboundOptions options = open_for_loopback()) {
  auto made = CurlHttpCaller::make(std::move(options), [](LogLevel, const std::string&) {});
  REQUIRE(made.ok());
  return std::move(*made);
}

inline HttpRequest request_to(std::string url, std::string method = "GET") {
  HttpRequest request;
  request.project = ProjectId("p");
  request.method = std::move(method);
  request.url = std::move(url);
  return request;
}

inline SharedBytes bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

inline HttpOutcome send(HttpCaller& caller, HttpRequest request) {
  std::promise<HttpOutcome> answered;
  caller.call(std::move(request),
              [&](HttpOutcome outcome) { answered.set_value(std::move(outcome)); });
  return answered.get_future().get();
}

/// The outcome of a plain GET from a peer with that script.
inline HttpOutcome get_from(MisbehavingPeer::Script script) {
  MisbehavingPeer peer(std::move(script));
  const auto caller = make_caller();
  return send(*caller, request_to(peer.url()));
}

inline std::string code_of(const HttpOutcome& outcome) {
  return outcome.ok() ? "status " + std::to_string(outcome->status)
                      : std::string(wire_name(outcome.error().code));
}

/// A peer that reads one request, sends these bytes, and closes.
inline MisbehavingPeer::Script saying(std::string text) {
  return [text = std::move(text)](PeerConnection& connection) {
    if (connection.read_request()) connection.send(text);
  };
}

}  // namespace millrace::tests
