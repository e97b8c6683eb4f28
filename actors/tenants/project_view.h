#pragma once
// Everything that runs and requests need of a project, as it was at one revision: an immutable value
// whose parts are shared between revisions.

#include "actors/tenants/project_events.h"
#include "actors/tenants/project_integrations.h"
#include "actors/tenants/project_secrets.h"
#include "storage/tables/project_table.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace millrace {

struct SigningKeys {
  /// The project's revision at which they were read or changed: another set of keys has another one,
  /// which lets a token cache notice.
  std::uint64_t revision = 0;
  std::vector<storage::SigningKeyRow> keys;
};

struct ProjectView {
  storage::ProjectRow row;
  /// Grows by one with every change, in the same commit; the stored one tells whether a view is still
  /// true (storage/tables/project_table.h).
  std::uint64_t revision = 0;
  std::shared_ptr<const SigningKeys> keys = std::make_shared<const SigningKeys>();
  std::shared_ptr<const ProjectSecrets> secrets = std::make_shared<const ProjectSecrets>();
  std::shared_ptr<const ProjectIntegrations> integrations =
      std::make_shared<const ProjectIntegrations>();
  std::shared_ptr<const ProjectEvents> events = std::make_shared<const ProjectEvents>();

  /// False: there is no such project, and nothing of it.
  bool exists() const { return !row.id.empty(); }
  std::size_t bytes() const {
    std::size_t bytes = 1'000 + secrets->bytes() + integrations->bytes() + events->bytes();
    for (const auto& key : keys->keys) bytes += key.pem.size();
    return bytes;
  }
};

using SharedProject = std::shared_ptr<const ProjectView>;

}  // namespace millrace
