#include "http/outbound/token_cache.h"

#include "runtime/digests/sha256.h"

#include <algorithm>
#include <string_view>

namespace millrace {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds lifetime_max = 24h;

/// How long a token is used: never to its last second, since requests take time.
std::chrono::seconds useful_life(std::chrono::seconds lifetime) {
  const auto bounded = std::min(lifetime, lifetime_max);
  return bounded - std::min<std::chrono::seconds>(60s, bounded / 5);
}

}  // namespace

std::string TokenCache::key(const ProjectId& project, const ClientCredentials& credentials) {
  std::string fields;
  for (const std::string_view each :
       {std::string_view(project.text), std::string_view(credentials.token_url),
        std::string_view(credentials.client_id), std::string_view(credentials.client_secret),
        std::string_view(credentials.scope)}) {
    // The length before each field: no two lists of fields give one text.
    fields += std::to_string(each.size()) + ":";
    fields += each;
  }
  const Sha256 digest = sha256(fields);
  return {digest.begin(), digest.end()};
}

std::optional<std::string> TokenCache::find(const std::string& key, Time now) {
  const Entry* const entry = entries_.find(key);
  if (entry == nullptr || entry->token.empty() || entry->expires <= now) return std::nullopt;
  return entry->token;
}

void TokenCache::store(const std::string& key, const TokenGrant& grant, ClientAuthentication how,
                       Time now) {
  entries_.put(key, {grant.token, now + useful_life(grant.lifetime), how});
}

void TokenCache::drop(const std::string& key, const std::string& token) {
  Entry* const entry = entries_.find(key);
  if (entry != nullptr && entry->token == token) entry->token.clear();
}

ClientAuthentication TokenCache::authentication(const std::string& key) const {
  const Entry* const entry = entries_.peek(key);
  return entry == nullptr ? ClientAuthentication::header : entry->how;
}

}  // namespace millrace
