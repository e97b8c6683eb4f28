// `millrace-example-peer [PORT]`: the third party of docs/steps.md and docs/oauth.md, for readers who try its examples.
// Says on standard output where it listens, then each request as it arrives.

#include "tests/support/example_peer.h"

#include <charconv>
#include <csignal>
#include <cstring>
#include <iostream>

int main(int argc, char** argv) {
  std::uint16_t port = 9000;
  if (argc > 1) {
    const char* const end = argv[1] + std::strlen(argv[1]);
    const auto read = std::from_chars(argv[1], end, port);
    if (argc > 2 || read.ec != std::errc() || read.ptr != end) {
      std::cerr << "usage: millrace-example-peer [PORT]\n";
      return 2;
    }
  }
  sigset_t endings;
  sigemptyset(&endings);
  sigaddset(&endings, SIGINT);
  sigaddset(&endings, SIGTERM);
  sigprocmask(SIG_BLOCK, &endings, nullptr);  // before any thread, so that all of them inherit it
  try {
    const millrace::tests::ExamplePeer peer(port, &std::cout);
    std::cout << "listening on " << peer.url() << std::endl;
    int signal = 0;
    sigwait(&endings, &signal);
  } catch (const std::exception& error) {
    std::cerr << "millrace-example-peer: " << error.what() << " on port " << port << '\n';
    return 1;
  }
}
