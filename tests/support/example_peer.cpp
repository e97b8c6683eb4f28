#include "tests/support/example_peer.h"

#include "http/wire/multipart_form.h"
#include "http/wire/url_text.h"
#include "runtime/digests/sha256.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/base64_text.h"
#include "runtime/text/percent_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>
#include <utility>

namespace millrace::tests {
namespace {

constexpr std::size_t flaky_failures = 2;

/// The smallest GIF there is: one transparent dot.
constexpr std::array<unsigned char, 43> dot{
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00,
    0x00, 0xff, 0xff, 0xff, 0x21, 0xf9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x01, 0x44, 0x00, 0x3b, 0x0a};

void answer_json(PeerConnection& connection, int status, const Json& body) {
  connection.answer(status, to_text(body), "Content-Type: application/json\r\n");
}

std::pair<std::string, std::string> path_and_query(const std::string& target) {
  const auto mark = target.find('?');
  if (mark == std::string::npos) return {target, ""};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

/// Headers that say something of a request, not of the client that sent it.
bool is_shown(std::string_view lower_name) {
  return lower_name == "content-type" || lower_name == "authorization" ||
         lower_name.starts_with("x-");
}

JsonObject shown_headers(const PeerRequest& request) {
  JsonObject headers;
  std::size_t begin = request.head.find("\r\n") + 2;
  for (auto end = request.head.find("\r\n", begin); end != begin && end != std::string::npos;
       begin = end + 2, end = request.head.find("\r\n", begin)) {
    const std::string line = request.head.substr(begin, end - begin);
    const auto colon = line.find(':');
    const std::string name = lower_case(line.substr(0, colon));
    if (is_shown(name)) headers.emplace(name, line.substr(line.find_first_not_of(" ", colon + 1)));
  }
  return headers;
}

Json shown_parts(const std::vector<ReceivedPart>& parts) {
  JsonArray shown;
  for (const ReceivedPart& part : parts) {
    if (!part.is_file) {
      shown.push_back(JsonObject{{"name", part.name}, {"text", part.content}});
      continue;
    }
    shown.push_back(JsonObject{{"name", part.name},
                               {"fileName", part.file_name},
                               {"type", part.content_type},
                               {"bytes", part.content.size()}});
  }
  return shown;
}

Json shown_body(const PeerRequest& request) {
  const std::string type = request.header("content-type");
  if (type.starts_with("multipart/form-data")) {
    const auto parts = parse_multipart_form(type, request.body);
    return parts ? shown_parts(*parts) : Json(parts.error().message);
  }
  if (type.starts_with("application/json")) {
    if (auto value = parse_json(request.body)) return std::move(*value);
  }
  if (request.body.empty()) return nullptr;
  if (is_valid_utf8(request.body)) return Json(request.body);
  return JsonObject{{"bytes", request.body.size()}};
}

Json echo(const PeerRequest& request) {
  const auto [path, query] = path_and_query(request.target);
  JsonObject headers = shown_headers(request);
  // Its boundary is another one each time.
  if (Json* const type = headers.if_contains("content-type")) {
    if (type->get_string().starts_with("multipart/form-data")) *type = "multipart/form-data";
  }
  return JsonObject{{"method", request.method},
                    {"query", query},
                    {"headers", std::move(headers)},
                    {"body", shown_body(request)}};
}

void contacts(PeerConnection& connection, const PeerRequest& request) {
  if (request.header("authorization") != "Bearer ada-token") {
    return answer_json(connection, 401, JsonObject{{"error", "who are you?"}});
  }
  JsonObject contact{{"id", "c-1"}};
  const Json body = shown_body(request);
  if (const auto* const fields = body.if_object()) contact.insert(fields->begin(), fields->end());
  answer_json(connection, request.method == "POST" ? 201 : 200,
              JsonObject{{"data", std::move(contact)}});
}

Json page(const std::string& query) {
  const auto of = [](JsonArray items, Json next) {
    return JsonObject{{"items", std::move(items)}, {"next", std::move(next)}};
  };
  if (query == "after=2") return of({3, 4}, "4");
  if (query == "after=4") return of({5}, nullptr);
  return of({1, 2}, "2");
}

/// The first file of a form, or the whole body.
void send_file_back(PeerConnection& connection, const PeerRequest& request) {
  const std::string type = request.header("content-type");
  std::string headers = "Content-Type: " + type + "\r\n";
  if (!type.starts_with("multipart/form-data")) {
    connection.answer(200, request.body, headers);
    return;
  }
  const auto parts = parse_multipart_form(type, request.body);
  if (!parts) return answer_json(connection, 400, JsonObject{{"error", parts.error().message}});
  const auto file = std::find_if(parts->begin(), parts->end(),
                                 [](const ReceivedPart& part) { return part.is_file; });
  if (file == parts->end()) return answer_json(connection, 400, JsonObject{{"error", "no file"}});
  headers = "Content-Type: " + file->content_type + "\r\n";
  headers += "Content-Disposition: attachment; filename=\"" + file->file_name + "\"\r\n";
  connection.answer(200, file->content, headers);
}

void file(PeerConnection& connection, const PeerRequest& request) {
  if (request.method == "POST") return send_file_back(connection, request);
  connection.answer(200, {reinterpret_cast<const char*>(dot.data()), dot.size()},
                    "Content-Type: image/gif\r\n"
                    "Content-Disposition: attachment; filename=\"dot.gif\"\r\n");
}

/// The field of a form or a query; empty: it has none.
std::string field_of(std::string_view form, std::string_view name) {
  const auto fields = parse_form(form);
  if (!fields) return {};
  const auto found = std::find_if(fields->begin(), fields->end(),
                                  [&](const auto& field) { return field.first == name; });
  return found == fields->end() ? std::string() : found->second;
}

/// RFC 7636, 4.2, method S256.
std::string challenge_of(std::string_view verifier) {
  const Sha256 hash = sha256(verifier);
  std::string text = base64_encode({reinterpret_cast<const char*>(hash.data()), hash.size()});
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text.substr(0, text.find('='));
}

JsonObject granted(std::string access_token) {
  return JsonObject{
      {"access_token", std::move(access_token)}, {"token_type", "Bearer"}, {"expires_in", 3'600}};
}

void status(PeerConnection& connection, const std::string& path, const std::string& query) {
  int code = 0;
  const std::string digits = path.substr(path.rfind('/') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), code);
  if (code < 200 || code > 599) code = 404;
  std::string headers = "Content-Type: application/json\r\n";
  if (query.starts_with("retryAfter=")) headers += "Retry-After: " + query.substr(11) + "\r\n";
  connection.answer(code, to_text(JsonObject{{"status", code}}), headers);
}

}  // namespace

ExamplePeer::ExamplePeer(std::uint16_t port, std::ostream* log)
    : log_(log),
      peer_(
          MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest& request) {
            reply(connection, request);
          }),
          nullptr, port) {}

std::vector<PeerRequest> ExamplePeer::requests(std::string_view target) const {
  const std::lock_guard lock(mutex_);
  std::vector<PeerRequest> found;
  for (const PeerRequest& each : requests_) {
    if (each.target == target) found.push_back(each);
  }
  return found;
}

void ExamplePeer::remember(const PeerRequest& request) {
  constexpr std::size_t body_bytes_max = 64u << 10;
  PeerRequest kept = request;
  kept.body.resize(std::min(kept.body.size(), body_bytes_max));
  kept.body.shrink_to_fit();
  const std::lock_guard lock(mutex_);
  if (log_ != nullptr) {
    *log_ << request.method << ' ' << request.target;
    if (!request.body.empty()) *log_ << ", " << request.body.size() << " bytes";
    *log_ << std::endl;
  }
  requests_.push_back(std::move(kept));
}

std::size_t ExamplePeer::attempts_of(const PeerRequest& request) const {
  const auto same_target = requests(request.target);
  const std::string key = request.header("idempotency-key");
  return static_cast<std::size_t>(std::count_if(
      same_target.begin(), same_target.end(),
      [&](const PeerRequest& each) { return each.header("idempotency-key") == key; }));
}

/// RFC 6749, 4.1: whoever is asked says yes at once.
void ExamplePeer::authorize(PeerConnection& connection, const std::string& query) {
  const std::string back = field_of(query, "redirect_uri");
  const std::string challenge = field_of(query, "code_challenge");
  if (back.empty() || challenge.empty()) {
    return answer_json(connection, 400, JsonObject{{"error", "invalid_request"}});
  }
  const std::lock_guard lock(mutex_);
  const std::string code = "code-" + std::to_string(codes_.size() + 1);
  codes_[code] = challenge;
  connection.answer(302, {},
                    "Location: " + back + (back.find('?') == std::string::npos ? "?" : "&") +
                        "code=" + code + "&state=" + percent_encode_text(field_of(query, "state")) +
                        "\r\n");
}

/// RFC 6749, 4.4: credentials in the header or in the form; 4.1.3: a code, once, with its verifier; 6: a refresh token,
/// once, for another pair.
void ExamplePeer::token(PeerConnection& connection, const PeerRequest& request) {
  const std::string grant = field_of(request.body, "grant_type");
  if (grant == "client_credentials") return answer_json(connection, 200, granted("granted-token"));
  const std::lock_guard lock(mutex_);
  const auto code = codes_.find(field_of(request.body, "code"));
  const bool is_good =
      grant == "authorization_code"
          ? code != codes_.end() && std::exchange(code->second, {}) ==
                                        challenge_of(field_of(request.body, "code_verifier"))
          : grant == "refresh_token" && tokens_.erase(field_of(request.body, "refresh_token")) > 0;
  if (!is_good) return answer_json(connection, 400, JsonObject{{"error", "invalid_grant"}});
  const std::string number = std::to_string(++pairs_);
  JsonObject pair = granted("access-" + number);
  pair["refresh_token"] = "refresh-" + number;
  tokens_.insert({"Bearer access-" + number, "refresh-" + number});
  answer_json(connection, 200, pair);
}

void ExamplePeer::me(PeerConnection& connection, const PeerRequest& request) {
  const std::lock_guard lock(mutex_);
  if (!tokens_.contains(request.header("authorization"))) {
    return answer_json(connection, 401, JsonObject{{"error", "who are you?"}});
  }
  answer_json(connection, 200, JsonObject{{"id", "ada-1"}, {"name", "Ada"}});
}

void ExamplePeer::reply(PeerConnection& connection, const PeerRequest& request) {
  remember(request);
  const auto [path, query] = path_and_query(request.target);
  if (path == "/echo") return answer_json(connection, 200, echo(request));
  if (path == "/contacts") return contacts(connection, request);
  if (path == "/pages") return answer_json(connection, 200, page(query));
  if (path == "/file") return file(connection, request);
  if (path == "/authorize") return authorize(connection, query);
  if (path == "/token") return token(connection, request);
  if (path == "/me") return me(connection, request);
  if (path.starts_with("/status/")) return status(connection, path, query);
  if (path == "/flaky") {
    const std::size_t attempt = attempts_of(request);
    return answer_json(connection, attempt > flaky_failures ? 200 : 503,
                       JsonObject{{"attempt", attempt}});
  }
  if (path == "/never") {
    connection.wait_for_close();
    ++given_up_;
    return;
  }
  answer_json(connection, 404, JsonObject{{"error", "there is no " + path + " here"}});
}

}  // namespace millrace::tests
