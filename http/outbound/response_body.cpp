#include "http/outbound/response_body.h"

#include <algorithm>

namespace millrace {
namespace {

/// Grows by doubling, as a string does by itself, but never beyond `max`.
void make_room(std::string& text, std::size_t needed, std::size_t max) {
  if (needed <= text.capacity()) return;
  std::string larger;
  larger.reserve(std::min(std::max(needed, 2 * text.capacity()), max));
  larger.append(text);
  text.swap(larger);
}

}  // namespace

ResponseBody::~ResponseBody() { in_flight_.now -= std::min(body_->size(), in_flight_.now); }

std::optional<Error> ResponseBody::take(const ResponseHead& head, std::string_view bytes) {
  if (!has_begun_ && !bytes.empty()) {
    has_begun_ = true;
    if (auto problem = unpacker_.begin(head.status(), head.headers(), bytes)) return problem;
  }
  return unpacker_.feed(bytes, [this](std::string_view unpacked) { return append(unpacked); });
}

std::optional<Error> ResponseBody::append(std::string_view bytes) {
  if (bytes.size() > in_flight_.max - std::min(in_flight_.max, in_flight_.now)) {
    return Error(ErrorCode::overloaded,
                 "was given up: the responses that are being received fill the memory set aside "
                 "for them");
  }
  make_room(*body_, body_->size() + bytes.size(), bytes_max_);
  body_->append(bytes);
  in_flight_.now += bytes.size();
  return std::nullopt;
}

}  // namespace millrace
