#pragma once
// How projects are made and given keys; everything else reads them as views. Thread-safe. Blocks on the
// disk: for request threads only.

#include "actors/tenants/project_views.h"
#include "runtime/base/random.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ProjectRegistry {
 public:
  ProjectRegistry(const storage::OrderedStore& store, ProjectViews& projects, const Clock& clock,
                  Random& random)
      : table_(store), projects_(projects), clock_(clock), random_(random) {}

  /// Sees to it that every API key leads to its project, once for a store that an earlier program
  /// wrote. Call once before serving.
  Outcome index_api_keys();

  struct Created {
    ProjectId id;
    std::string api_key;  // shown this once; only its hash is stored
  };
  /// `id` empty: a UUID is chosen. Error: conflict (the id is taken), invalid_request (not an id:
  /// letters, digits, `.`, `_`, `-`, at most 128).
  Result<Created> create(const std::string& id, const std::string& name);
  /// A new API key; the old one stops working. Error: not_found.
  Result<Created> rotate_api_key(const ProjectId& project);

  /// What was set; zeros: nothing. Error: not_found.
  Result<ProjectLimits> limits(const ProjectId& project) const;
  /// In the place of those before. Runs that have begun go on. Error: not_found.
  Outcome put_limits(const ProjectId& project, const ProjectLimits& limits);

  struct Described {
    std::string name;
    ProjectSettings settings;
  };
  /// Error: not_found.
  Result<Described> describe(const ProjectId& project) const;
  /// `change` is given how it is now; its error leaves everything as it is. What holds then. Error: not_found.
  Result<Described> change(const ProjectId& project,
                           const std::function<Outcome(Described&)>& change);

  Result<bool> exists(const ProjectId& project) const;
  /// The project whose key it is, if there is one. The disk is asked at most once, however many
  /// projects there are; not at all when `expected`, in memory, has the key.
  Result<std::optional<ProjectId>> project_of_key(std::string_view key,
                                                  const ProjectId& expected) const;
  /// All of them: reads the whole list from the disk.
  Result<std::vector<ProjectId>> list() const;

  /// Errors: not_found, limit_exceeded (too many keys), invalid_request (the id is none, or the text
  /// is too large). That it is an RSA key is checked by the caller.
  Outcome put_signing_key(const ProjectId& project, const SigningKeyId& kid,
                          const std::string& pem);
  Outcome remove_signing_key(const ProjectId& project, const SigningKeyId& kid);
  /// Null when the project does not exist.
  Result<std::shared_ptr<const SigningKeys>> signing_keys(const ProjectId& project) const;

 private:
  /// Puts the row with a new key in place of the one it has.
  Created give_key(storage::ProjectRow& row, storage::WriteBatch& batch);

  const storage::ProjectTable table_;
  ProjectViews& projects_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace millrace
