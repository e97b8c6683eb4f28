#include "actors/gateway/delivery_code.h"

#include "runtime/digests/sha256.h"
#include "runtime/secrets/redaction.h"
#include "runtime/text/header_text.h"
#include "runtime/text/hex_text.h"

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <span>

namespace millrace {
namespace {

constexpr int status_min = 200;
constexpr int status_max = 599;
constexpr std::size_t headers_max = 50;
/// What is about the connection, says how the body is written, or would speak for this server's other pages.
constexpr std::array<std::string_view, 10> own_headers{
    "connection", "content-length", "content-type",      "date",   "keep-alive", "server",
    "set-cookie", "trailer",        "transfer-encoding", "upgrade"};

Error wrong(const std::string& what) {
  return {ErrorCode::function_output,
          "the verifying code returns {status, headers, body, persist}: " + what};
}

std::shared_ptr<const FunctionSource> source_of(const CodeCheck& check,
                                                const DeliveryCode::Asked& asked) {
  FunctionSource source;
  source.project = asked.project;
  // Another code is another function: nothing of the one before is seen by it.
  const auto hash = sha256(check.code);
  source.identity = "webhook:" + asked.integration + '/' + asked.webhook.name + '@' +
                    to_hex(std::span<const std::uint8_t>(hash.data(), hash.size()));
  source.code = check.code;
  source.limits.time = DeliveryCode::time_max;
  source.limits.output_bytes = DeliveryCode::output_bytes_max;
  return std::make_shared<const FunctionSource>(std::move(source));
}

/// What is given to the code goes to `given`.
Result<std::string> parameters_of(const CodeCheck& check, const DeliveryCode::Asked& asked,
                                  Redaction& given) {
  JsonObject headers;  // all of them: the proof may be the caller's authorization
  for (const auto& [name, value] : asked.raw.headers) {
    headers.emplace(name, utf8_of_header(asked.raw.header(name).value_or(value)));
  }
  JsonObject secrets;
  for (const auto& [name, secret] : check.secrets) {
    auto plain = rendered(secret, asked.secrets);
    if (!plain) return plain.error();
    for (const std::string& of_project : secret.secrets) {
      if (const auto part = asked.secrets(of_project)) given.add(*part, masked_secret(of_project));
    }
    given.add(*plain, masked_secret(name));  // also of one that is written out
    secrets.emplace(name, std::move(*plain));
  }
  return to_text(JsonObject{{"headers", std::move(headers)},
                            {"query", asked.parts.query},
                            {"params", asked.parts.query},
                            {"body", asked.parts.body},
                            {"rawBody", utf8_of_header(asked.raw.body)},
                            {"url", asked.raw.url},
                            {"method", asked.raw.method},
                            {"secrets", std::move(secrets)}});
}

Outcome read_headers(const Json& given, CodeAnswer& answer) {
  const auto* const object = given.if_object();
  if (object == nullptr || object->size() > headers_max) return wrong("`headers` is an object");
  for (const auto& member : *object) {
    const std::string name(member.key());
    const std::string value = member.value().is_string() ? std::string(member.value().get_string())
                                                         : to_text(member.value());
    if (!is_header_name(name) || !is_header_value(value))
      return wrong("no header can be so: " + name);
    const std::string lower = lower_case(name);
    if (lower == "content-type") answer.content_type = value;
    if (std::find(own_headers.begin(), own_headers.end(), lower) == own_headers.end()) {
      answer.headers.emplace_back(name, value);
    }
  }
  return Done{};
}

Result<CodeVerdict> verdict_of(const std::string& text, const Redaction& given) {
  auto returned = parse_json(text, limits::stored_depth_max);
  if (returned) given.apply_to(*returned);
  const auto* const object = returned ? returned->if_object() : nullptr;
  if (object == nullptr) return wrong("it returned something else");
  CodeVerdict verdict;
  if (const Json* const status = object->if_contains("status"); status != nullptr) {
    const double number = status->is_number() ? status->to_number<double>() : 0;
    if (!(number >= status_min && number <= status_max)) return wrong("`status` is 200 to 599");
    verdict.answer.status = static_cast<int>(number);
  }
  if (const Json* const persist = object->if_contains("persist"); persist != nullptr) {
    if (!persist->is_bool()) return wrong("`persist` is true or false");
    verdict.is_persisted = persist->get_bool();
  }
  if (const Json* const headers = object->if_contains("headers");
      headers != nullptr && !headers->is_null()) {
    if (auto read = read_headers(*headers, verdict.answer); !read) return read.error();
  }
  const Json* const body = object->if_contains("body");
  if (body == nullptr || body->is_null()) return verdict;
  const bool is_text = body->is_string();
  verdict.answer.body = is_text ? std::string(body->get_string()) : to_text(*body);
  if (verdict.answer.content_type.empty()) {
    verdict.answer.content_type = is_text ? "text/plain; charset=utf-8" : "application/json";
  }
  return verdict;
}

}  // namespace

Result<CodeVerdict> DeliveryCode::ask(const CodeCheck& check, const Asked& asked) {
  const auto place = places_.take(asked.project, waiting_max);
  if (!place.is_taken()) {
    return Error(ErrorCode::overloaded, "too many deliveries of the project are verified already");
  }
  Redaction given;
  auto parameters = parameters_of(check, asked, given);
  if (!parameters) return parameters.error();
  const auto promise = std::make_shared<std::promise<FunctionOutcome>>();
  auto answer = promise->get_future();
  const auto call = functions_.run(
      {source_of(check, asked), std::move(*parameters), {}},
      [promise](FunctionOutcome outcome) { promise->set_value(std::move(outcome)); });
  if (answer.wait_for(patience) != std::future_status::ready) {
    functions_.cancel(call);
    return Error(ErrorCode::overloaded, "the verifying code had no turn, or not enough of the processor, in time");
  }
  const FunctionOutcome outcome = answer.get();
  if (outcome.result) return verdict_of(*outcome.result, given);
  const Error& failed = outcome.result.error();
  const std::string why = given.apply(failed.message);
  // A check that throws has not found the delivery to be right.
  if (failed.code != ErrorCode::function_threw) return Error(failed.code, why);
  return Error(ErrorCode::unauthorized, "the verifying code threw: " + why);
}

}  // namespace millrace
