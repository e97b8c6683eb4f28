#include "http/outbound/token_cache.h"

#include "runtime/base/check.h"

#include <openssl/evp.h>

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
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(EVP_Digest(fields.data(), fields.size(), digest, &size, EVP_sha256(), nullptr) == 1,
        "SHA-256 is missing");
  return {reinterpret_cast<const char*>(digest), size};
}

std::optional<std::string> TokenCache::find(const std::string& key, Time now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  const Entry& entry = *found->second;
  if (entry.token.empty() || entry.expires <= now) return std::nullopt;
  return entry.token;
}

void TokenCache::store(const std::string& key, const TokenGrant& grant, ClientAuthentication how,
                       Time now) {
  const Time expires = now + useful_life(grant.lifetime);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    *found->second = {key, grant.token, expires, how};
    return;
  }
  entries_.push_front({key, grant.token, expires, how});
  by_key_[key] = entries_.begin();
  if (entries_.size() > entries_max_) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

void TokenCache::drop(const std::string& key, const std::string& token) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end() && found->second->token == token) found->second->token.clear();
}

ClientAuthentication TokenCache::authentication(const std::string& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? ClientAuthentication::header : found->second->how;
}

}  // namespace millrace
