#pragma once
// Answers of an HTTP caller that has them whole, as if they arrived piece by piece: for tests of what passes
// answers on, with a caller that is scripted. Bodies up to the window of a stream.

#include "runtime/outbound/http_streams.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace millrace {

class WholeStreams final : public HttpStreams {
 public:
  static constexpr std::size_t piece_bytes = 7;

  explicit WholeStreams(HttpCaller& http) : http_(http) {}

  CallId open(HttpRequest request, std::shared_ptr<ResponseStream> into) override {
    request.redirects_max = 0;
    return http_.call(std::move(request), [into = std::move(into)](const HttpOutcome& outcome) {
      if (!outcome) return into->end(outcome.error());
      into->begin(*outcome);
      std::string_view left = outcome->body == nullptr ? "" : std::string_view(*outcome->body);
      for (; !left.empty(); left.remove_prefix(std::min(piece_bytes, left.size()))) {
        const auto put = into->put(left.substr(0, piece_bytes));
        if (put != ResponseStream::Put::taken) throw std::logic_error("larger than the window");
      }
      into->end(std::nullopt);
    });
  }
  void resume(CallId) override {}
  void cancel(CallId call) override { http_.cancel(call); }

 private:
  HttpCaller& http_;
};

}  // namespace millrace
