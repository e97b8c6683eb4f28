#include "runtime/oauth/token_fields.h"

#include "runtime/text/time_text.h"

#include <algorithm>

namespace millrace {
namespace {

std::string text_of(const JsonObject& fields, std::string_view key) {
  const Json* const value = fields.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<Instant> time_of(const JsonObject& fields, std::string_view key) {
  const std::string text = text_of(fields, key);
  return text.empty() ? std::nullopt : parse_time(text);
}

}  // namespace

TokenState token_state(const JsonObject& fields, Instant now) {
  const auto end = time_of(fields, "expiresAt");
  if (!end) return TokenState::good;
  if (now >= *end) return TokenState::ended;
  const auto due = time_of(fields, "refreshAt").value_or(*end - refresh_early_default);
  return now >= due ? TokenState::due : TokenState::good;
}

std::string refresh_token_of(const JsonObject& fields) { return text_of(fields, "refreshToken"); }

JsonObject token_fields(JsonObject before, const TokenGiven& given, Instant now, Millis early) {
  before["accessToken"] = given.access_token;
  if (!given.refresh_token.empty()) before["refreshToken"] = given.refresh_token;
  before.erase("expiresAt");
  before.erase("refreshAt");
  if (!given.lifetime) return before;
  // A token that lives shorter than that would be refreshed with each request.
  const Millis ahead = std::min(early, *given.lifetime / 2);
  before["expiresAt"] = to_text(now + *given.lifetime);
  before["refreshAt"] = to_text(now + *given.lifetime - ahead);
  return before;
}

}  // namespace millrace
