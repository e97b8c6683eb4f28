#include "http/wire/streamed_body.h"

#include <utility>

namespace millrace {
namespace {

/// Asking is what sends the head, or the piece before (ConnectionStream::is_writable).
bool is_writable(const httplib::DataSink& sink) { return !sink.is_writable || sink.is_writable(); }

}  // namespace

void set_streamed_body(httplib::Response& response, const std::string& content_type,
                       StreamedBody body) {
  const auto write_to = [](httplib::DataSink& sink) {
    return [&sink](std::string_view bytes) { return sink.write(bytes.data(), bytes.size()); };
  };
  if (body.size) {
    // httplib asks until it has got so much, so a body that ends before that is broken.
    response.set_content_provider(
        *body.size, content_type,
        [next = std::move(body.next), write_to](std::size_t, std::size_t, httplib::DataSink& sink) {
          return is_writable(sink) && next(write_to(sink)) == StreamedBody::Next::more;
        });
    return;
  }
  response.set_chunked_content_provider(
      content_type, [next = std::move(body.next), write_to](std::size_t, httplib::DataSink& sink) {
        if (!is_writable(sink)) return false;
        const StreamedBody::Next went = next(write_to(sink));
        if (went == StreamedBody::Next::end) sink.done();
        return went != StreamedBody::Next::broken;
      });
}

}  // namespace millrace
