#include "tests/crash/load_peer.h"

#include <functional>

namespace millrace::tests {
namespace {

constexpr const char* json_type = "Content-Type: application/json\r\n";

}  // namespace

LoadPeer::LoadPeer()
    : peer_(
          MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest& request) {
            reply(connection, request);
          })) {}

Json LoadPeer::answer_to(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = answers_.find(key);
  return found == answers_.end() ? Json(nullptr) : found->second;
}

std::size_t LoadPeer::repeats() const {
  const std::lock_guard lock(mutex_);
  return repeats_;
}

void LoadPeer::reply(PeerConnection& connection, const PeerRequest& request) {
  const std::string pages = "/pages?page=";
  if (request.target.starts_with(pages)) {
    const int page = std::stoi("0" + request.target.substr(pages.size()));
    const Json next = page < 2 ? Json(std::to_string(page + 1)) : Json(nullptr);
    connection.answer(200, to_text(JsonObject{{"items", JsonArray{page}}, {"next", next}}),
                      json_type);
  } else {
    add(connection, request);
  }
}

void LoadPeer::add(PeerConnection& connection, const PeerRequest& request) {
  const std::string key = request.header("idempotency-key");
  const auto body = parse_json(request.body);
  if (key.empty() || !body) {
    connection.answer(400, "{}", json_type);
    return;
  }
  Json answer;
  {
    const std::lock_guard lock(mutex_);
    const bool is_refused = std::hash<std::string>{}(key) % 4 == 0 && refused_[key]++ == 0;
    if (!is_refused) {
      auto& known = answers_[key];
      if (known.is_null()) {
        known = JsonObject{{"n", body->at("n")}, {"stamp", ++stamps_}};
      } else {
        ++repeats_;
      }
      answer = known;
    }
  }
  connection.answer(answer.is_null() ? 503 : 200, to_text(answer), json_type);
}

}  // namespace millrace::tests
