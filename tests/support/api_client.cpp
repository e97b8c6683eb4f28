#include "tests/support/api_client.h"

#include "runtime/text/ascii_text.h"

#include <httplib.h>

#include <stdexcept>

namespace millrace::tests {

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(lower_case(name));
  return found == headers.end() ? std::string() : found->second;
}

std::string Answer::at(std::string_view pointer) const { return text_at(json, pointer); }

namespace {

AnswerCheck answer_check = nullptr;

Answer send(std::uint16_t port, const Call& call) {
  httplib::Client client("127.0.0.1", port);
  client.set_connection_timeout(10);
  client.set_read_timeout(90);
  client.set_write_timeout(90);
  client.set_tcp_nodelay(true);
  client.set_url_encode(false);
  httplib::Request request;
  request.method = call.method;
  request.path = call.path;
  request.body = call.body;
  if (!call.body.empty()) request.set_header("Content-Type", call.content_type);
  if (!call.bearer.empty()) request.set_header("Authorization", "Bearer " + call.bearer);
  for (const auto& [name, value] : call.headers) request.headers.emplace(name, value);
  const auto response = client.send(request);
  Answer answer;
  if (!response) return answer;
  answer.status = response->status;
  answer.text = response->body;
  for (const auto& [name, value] : response->headers) answer.headers[lower_case(name)] = value;
  if (auto json = parse_json(answer.text, limits::stored_depth_max)) answer.json = *std::move(json);
  return answer;
}

}  // namespace

void check_answers_by(AnswerCheck check) { answer_check = check; }

Answer call_server(std::uint16_t port, const Call& call) {
  Answer answer = send(port, call);
  if (answer_check != nullptr) answer_check(port, call, answer);
  return answer;
}

std::string text_at(const Json& value, std::string_view pointer) {
  boost::system::error_code missing;
  const Json* const found = value.find_pointer(pointer, missing);
  return found == nullptr ? std::string() : to_text(*found);
}

std::string string_at(const Json& value, std::string_view pointer) {
  boost::system::error_code missing;
  const Json* const found = value.find_pointer(pointer, missing);
  if (found == nullptr || !found->is_string()) {
    throw std::runtime_error("no string at " + std::string(pointer) + " in " + to_text(value));
  }
  return std::string(found->get_string());
}

Json json_of(std::string_view text) {
  auto value = parse_json(text, limits::stored_depth_max);
  if (!value) throw std::runtime_error(value.error().message + ": " + std::string(text));
  return *std::move(value);
}

}  // namespace millrace::tests
