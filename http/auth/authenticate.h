#pragma once
// Who is calling? Three kinds of credentials, all as `Authorization: Bearer …` (docs/http.md):
//
//   admin key     made or configured with the instance; makes projects
//   API key       one per project; manages that project
//   user token    RS256, signed by the project's application for one of its users
//
// Errors: unauthorized (401) says what is missing; not_found (404) when the caller is somebody, but
// of another project, or the project does not exist; and those of the store. A wrong key costs the same
// work however many projects there are. Thread-safe; may block on the disk.

#include "http/auth/user_token.h"
#include "http/auth/verified_tokens.h"
#include "runtime/base/recent_map.h"
#include "runtime/base/result.h"
#include "runtime/digests/sha256.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ProjectRegistry;

class Authenticate {
 public:
  Authenticate(const ProjectRegistry& projects, const Clock& clock, std::string_view admin_key);

  /// `authorization` is the header's value, empty when there is none.
  Outcome as_admin(std::string_view authorization) const;
  Outcome as_project(const ProjectId& project, std::string_view authorization) const;
  Outcome as_project_or_admin(const ProjectId& project, std::string_view authorization) const;
  Result<UserId> as_user(const ProjectId& project, std::string_view authorization);

 private:
  using Keys = std::shared_ptr<const std::vector<VerificationKey>>;
  struct ParsedKeys {
    std::uint64_t revision = 0;
    Keys keys;
  };
  /// What is dropped is parsed again on demand: 30 us a key.
  static constexpr std::size_t parsed_projects_max = 10'000;

  bool is_admin_key(std::string_view key) const;
  /// Parsed once per revision of the project's keys.
  Result<ParsedKeys> keys_of(const ProjectId& project);

  const ProjectRegistry& projects_;
  const Clock& clock_;
  /// Compared instead of the key: equal lengths, and nothing to learn from timing.
  const Sha256 admin_digest_;
  VerifiedTokens verified_;
  std::mutex keys_mutex_;
  RecentMap<ProjectId, ParsedKeys> parsed_{parsed_projects_max};
};

}  // namespace millrace
