#pragma once
// Access tokens of the client credentials grant, kept until shortly before they expire. Bounded: the
// one that was not used for longest gives way.
//
// Keys are hashes over project and credentials, so that projects never share a token and a secret is
// not kept longer than its request. Not thread-safe: belongs to the caller's one thread.

#include "http/outbound/client_credentials.h"
#include "runtime/base/recent_map.h"
#include "runtime/outbound/http_caller.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace millrace {

class TokenCache {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit TokenCache(std::size_t entries_max) : entries_(entries_max) {}

  static std::string key(const ProjectId& project, const ClientCredentials& credentials);

  std::optional<std::string> find(const std::string& key, Time now);
  void store(const std::string& key, const TokenGrant& grant, ClientAuthentication how, Time now);
  /// Forgets this token; a newer one under the key stays.
  void drop(const std::string& key, const std::string& token);
  /// How the token server took the client's secret last time; in the header if it is not known.
  ClientAuthentication authentication(const std::string& key) const;

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string token;  // empty: none
    Time expires;
    ClientAuthentication how;
  };

  RecentMap<std::string, Entry> entries_;
};

}  // namespace millrace
