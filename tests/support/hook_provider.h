#pragma once
// A provider of webhooks that tests subscribe to: it keeps what it was asked for, answers as a test wants it, and
// may lose answers. POST /hooks {"url", "secret", "expires"} makes one, or gives the one that the same
// Idempotency-Key has made, if it minds the key; GET /hooks lists; PATCH and DELETE /hooks/{id}.

#include "runtime/base/json.h"
#include "tests/support/misbehaving_peer.h"

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace millrace::tests {

class HookProvider {
 public:
  struct Hook {
    std::string id;
    std::string url;
    std::string secret;
    std::string key;  // under which it was asked for
  };

  struct Habits {
    int subscribe_status = 201;
    int renew_status = 200;
    int unsubscribe_status = 204;
    int lost_answers = 0;  // of requests that subscribe, and are done
    bool minds_keys = false;
    std::string expires = "null";  // JSON, as it is answered
  };

  HookProvider()
      : peer_(MisbehavingPeer::serving(
            [this](PeerConnection& connection, const PeerRequest& request) {
              reply(connection, request);
            })) {}

  std::string url(std::string_view path = "") const { return peer_.url(path); }
  void take_up(Habits habits) {
    const std::lock_guard lock(mutex_);
    habits_ = std::move(habits);
  }
  std::vector<Hook> hooks() const {
    const std::lock_guard lock(mutex_);
    std::vector<Hook> all;
    for (const auto& [id, hook] : hooks_) all.push_back(hook);
    return all;
  }
  int made() const { return count(made_); }
  int renewed() const { return count(renewed_); }
  int ended() const { return count(ended_); }
  int asked() const { return count(asked_); }  // to subscribe, in whatever way it was answered
  std::string last_authorization() const {
    const std::lock_guard lock(mutex_);
    return authorization_;
  }

 private:
  int count(const int& counter) const {
    const std::lock_guard lock(mutex_);
    return counter;
  }

  static void answer(PeerConnection& connection, int status, std::string_view body) {
    connection.answer(status, body, "Content-Type: application/json\r\n");
  }

  static std::string text_of(const Json& body, std::string_view key) {
    const Json* const value = body.is_object() ? body.get_object().if_contains(key) : nullptr;
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
  }

  std::string shown(const Hook& hook) const {
    return R"({"id": ")" + hook.id + R"(", "url": ")" + hook.url + R"(", "secret": "theirs-)" +
           hook.id + R"(", "expires": )" + habits_.expires + "}";
  }

  void subscribe(PeerConnection& connection, const PeerRequest& request) {
    ++asked_;
    if (habits_.subscribe_status >= 300) {
      answer(connection, habits_.subscribe_status, R"({"error": "no"})");
      return;
    }
    const auto body = parse_json(request.body);
    Hook hook{std::to_string(made_ + 1), body ? text_of(*body, "url") : "",
              body ? text_of(*body, "secret") : "", request.header("idempotency-key")};
    for (const auto& [id, known] : hooks_) {
      if (habits_.minds_keys && known.key == hook.key) {
        answer(connection, 201, shown(known));
        return;
      }
    }
    ++made_;
    hooks_[hook.id] = hook;
    if (habits_.lost_answers > 0) {
      --habits_.lost_answers;
      connection.end();
      return;
    }
    answer(connection, habits_.subscribe_status, shown(hook));
  }

  void reply(PeerConnection& connection, const PeerRequest& request) {
    const std::lock_guard lock(mutex_);
    authorization_ = request.header("authorization");
    const std::string id = request.target.substr(request.target.rfind('/') + 1);
    if (request.method == "POST") {
      subscribe(connection, request);
    } else if (request.method == "GET") {
      std::string list;
      for (const auto& [own, hook] : hooks_) {
        list += (list.empty() ? "" : ", ") + std::string(R"({"id": ")") + own + R"(", "url": ")" +
                hook.url + "\"}";
      }
      answer(connection, 200, R"({"items": [)" + list + "]}");
    } else if (!hooks_.contains(id)) {
      answer(connection, 404, "{}");
    } else if (request.method == "PATCH") {
      ++renewed_;
      answer(connection, habits_.renew_status, shown(hooks_[id]));
    } else {
      if (habits_.unsubscribe_status < 300) {
        ++ended_;
        hooks_.erase(id);
      }
      answer(connection, habits_.unsubscribe_status, "");
    }
  }

  mutable std::mutex mutex_;
  Habits habits_;
  std::map<std::string, Hook> hooks_;
  std::string authorization_;
  int made_ = 0;
  int renewed_ = 0;
  int ended_ = 0;
  int asked_ = 0;
  MisbehavingPeer peer_;  // last: its threads use what is above
};

}  // namespace millrace::tests
