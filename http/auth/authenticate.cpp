#include "http/auth/authenticate.h"

#include "actors/tenants/project_registry.h"
#include "runtime/text/ascii_text.h"

#include <openssl/crypto.h>

#include <utility>

namespace millrace {
namespace {

Error unauthorized(std::string message) { return {ErrorCode::unauthorized, std::move(message)}; }
Error no_such_project() { return {ErrorCode::not_found, "there is no such project"}; }

std::string quoted(const ProjectId& project) { return '"' + project.text + '"'; }

Result<std::string_view> bearer(std::string_view authorization, const std::string& what) {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.size() > scheme.size() &&
      equal_but_for_case(authorization.substr(0, scheme.size()), scheme)) {
    authorization.remove_prefix(scheme.size());
    while (authorization.starts_with(' ')) authorization.remove_prefix(1);
    return authorization;
  }
  return unauthorized("send the header \"Authorization: Bearer …\" with " + what);
}

}  // namespace

Authenticate::Authenticate(const ProjectRegistry& projects, const Clock& clock,
                           std::string_view admin_key)
    : projects_(projects),
      clock_(clock),
      admin_digest_(sha256(admin_key)),
      parsed_(parsed_projects_max) {}

bool Authenticate::is_admin_key(std::string_view key) const {
  const Sha256 given = sha256(key);
  return ::CRYPTO_memcmp(given.data(), admin_digest_.data(), given.size()) == 0;
}

Outcome Authenticate::as_admin(std::string_view authorization) const {
  const auto key = bearer(authorization, "the instance's admin key");
  if (!key) return key.error();
  if (!is_admin_key(*key)) return unauthorized("this is not the instance's admin key");
  return Done{};
}

Outcome Authenticate::as_project(const ProjectId& project, std::string_view authorization) const {
  const auto key = bearer(authorization, "the project's API key");
  if (!key) return key.error();
  const auto owner = projects_.project_of_key(*key, project);
  if (!owner) return owner.error();
  if (*owner == project) return Done{};
  // Whoever has a key of another project learns nothing about this one, not even that it exists.
  // So this is the same whether there is one or not.
  if (owner->has_value()) {
    return Error(
        ErrorCode::not_found,
        "there is no such project for this API key: one of the two, the project's id in the "
        "URL or the key, is another project's");
  }
  return unauthorized("this is not an API key of the project " + quoted(project) +
                      "; it may have been replaced since");
}

Outcome Authenticate::as_project_or_admin(const ProjectId& project,
                                          std::string_view authorization) const {
  const auto key = bearer(authorization, "the project's API key or the instance's admin key");
  if (!key) return key.error();
  if (!is_admin_key(*key)) return as_project(project, authorization);
  const auto exists = projects_.exists(project);
  if (!exists) return exists.error();
  return *exists ? Outcome(Done{}) : Outcome(no_such_project());
}

Result<UserId> Authenticate::as_user(const ProjectId& project, std::string_view authorization) {
  const auto token = bearer(authorization, "a user token");
  if (!token) return token.error();
  const auto keys = keys_of(project);
  if (!keys) return keys.error();
  const VerifiedTokens::Question question{project, *token, keys->revision};
  const Instant now = clock_.now();
  if (auto user = verified_.find(question, now)) return std::move(*user);
  auto verified = verify_user_token(*token, *keys->keys, now);
  if (!verified) return verified.error();
  verified_.remember(question, verified->user, verified->expires);
  return std::move(verified->user);
}

Result<Authenticate::ParsedKeys> Authenticate::keys_of(const ProjectId& project) {
  const auto current = projects_.signing_keys(project);
  if (!current) return current.error();
  if (*current == nullptr) return no_such_project();
  const std::uint64_t revision = (*current)->revision;
  const std::lock_guard lock(keys_mutex_);
  const ParsedKeys* const known = parsed_.find(project);
  if (known != nullptr && known->revision == revision) return *known;
  auto keys = std::make_shared<std::vector<VerificationKey>>();
  for (const auto& row : (*current)->keys) {
    auto key = parse_public_key(row.pem);
    CHECK(key.ok(), "a stored signing key cannot be parsed: " + row.kid.text);
    keys->push_back({row.kid, std::move(*key)});
  }
  const ParsedKeys parsed{revision, std::move(keys)};
  parsed_.put(project, parsed);
  return parsed;
}

}  // namespace millrace
