#pragma once
// A resource is the company's own API. It is an integration in everything but whose it is: it has a name
// where an integration has a type, and its account belongs to the project (level `app`) or to each connected
// user (level `user`).
//
//   PUT /projects/{p}/resources/api
//   { "level": "app", "baseUrl": "https://api.acme.example/v1",
//     "auth": { "type": "bearer", "token": "{{secrets.API_TOKEN}}" },
//     "actions": {…},
//     "webhooks": { "userCreated": { "route": "body.userId", "verify": {…} } } }
//
// Inside, it is the integration of type `resource:<name>`: stored, compiled, frozen, connected and called as
// one. No integration of a user can have such a type (base/id_text.h), so none is ever taken for the other.

#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"
#include "runtime/secrets/secret_text.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

class ObjectReader;
struct Integration;
struct IntegrationAuth;

inline constexpr std::string_view resource_type_prefix = "resource:";

std::string resource_type(std::string_view name);
bool is_resource_type(std::string_view type);
/// `api` of `resource:api`; an integration's name is its type.
std::string_view own_name(std::string_view type);
/// `resource "api"`, `integration "crm"`.
std::string described(std::string_view type);

/// What a resource has besides.
struct Resource {
  enum class Level : std::uint8_t {
    app,   // one account, the project's: `fields`
    user,  // each user connects one
  };
  Level level = Level::app;
  /// Of level app: the fields of its credential, by name; rendered when a request leaves.
  std::map<std::string, SecretText> fields{};
};

Resource read_resource(ObjectReader& definition);

/// The type of what a step calls, as it names it under `integration` or `resource`. Nothing: neither.
std::optional<std::string> read_called_type(ObjectReader& step);
/// The project's own credential, which stands beside `type` in `auth`. Of level user none may.
void read_own_credential(ObjectReader& auth_reader, const IntegrationAuth& auth,
                         Resource& resource);

/// What its base URL and its actions know as `settings` are those that its own account was connected with,
/// and not those of the workflow: in a run they are `settings["resource:<name>"]`. One that is not declared is
/// a finding.
void keep_settings_apart(Integration& integration, ObjectReader& definition);

/// True if the account is the project's and no user has one.
bool is_of_project(const Integration& integration);
/// The project's own account, as its secrets are now; its id is empty. `revision`: grows with them.
/// Errors: those of `secrets`.
Result<SharedCredential> credential_of_project(const Integration& integration,
                                               std::uint64_t revision, const SecretSource& secrets);

}  // namespace millrace
