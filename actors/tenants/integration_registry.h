#pragma once
// How a project's integrations are put, shown and removed; runs read them from the project's view. Its
// resources likewise, by another registry: they are integrations of types of their own
// (runtime/integrations/resource.h), and neither registry sees those of the other.
// Thread-safe. Blocks on the disk: for request threads only.

#include "actors/tenants/project_views.h"
#include "actors/tenants/stored.h"
#include "storage/tables/wake_table.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

class IntegrationRegistry {
 public:
  using Entry = ProjectIntegrations::Entry;

  enum class Of : std::uint8_t { integrations, resources };

  IntegrationRegistry(ProjectViews& projects, const Clock& clock, Of of = Of::integrations)
      : projects_(projects), clock_(clock), of_(of) {}

  /// The type of what has this name here: of an integration, the name itself.
  std::string type_of(const std::string& name) const;

  /// Told of a wake that was stored with a change. Before the first change.
  using TellWake = std::function<void(const storage::WakeRow&)>;
  void tell_wakes(TellWake tell) { tell_wake_ = std::move(tell); }

  /// Durable when it returns. Errors: invalid_definition with all findings, invalid_request (the type
  /// is not 1 to 128 letters, digits, '.', '_' or '-'), limit_exceeded, not_found (no such project).
  Result<Stored> put(const ProjectId& project, const std::string& name, const Json& definition);
  /// One that was checked and is not stored yet.
  struct Compiled {
    std::string type;
    std::string text;  // of its definition
    std::shared_ptr<const Integration> integration;
  };
  /// Of either. Errors: those of `put` that are about the integration alone.
  static Result<Compiled> compile(const std::string& type, const Json& definition);
  /// What changes of the project in the same commit.
  using AlsoChange = std::function<Outcome(ProjectView& next, storage::WriteBatch& batch)>;
  /// Stores all of them in one commit. Errors: limit_exceeded, not_found, those of `also`.
  Outcome put_all(const ProjectId& project, const std::vector<Compiled>& all,
                  const AlsoChange& also = {});
  /// The catalog as it is with these in it.
  Result<std::shared_ptr<const IntegrationCatalog>> catalog_with(
      const ProjectId& project, const std::vector<Compiled>& all) const;

  /// Credentials stay: they serve again when the integration is put again. Error: not_found.
  Outcome remove(const ProjectId& project, const std::string& name);

  /// Error: not_found, with the nearest name.
  Result<Entry> get(const ProjectId& project, const std::string& name) const;
  /// Of either: what an account is connected with.
  Result<Entry> get_any(const ProjectId& project, const std::string& type) const;
  /// In the order of their names.
  Result<std::vector<Entry>> list(const ProjectId& project) const;
  /// All of a project, of both: a snapshot that never changes. Never null.
  Result<std::shared_ptr<const IntegrationCatalog>> catalog(const ProjectId& project) const;

 private:
  ProjectViews& projects_;
  /// Adds the wake by which the subscriptions of its webhooks follow; `next` null: it is removed.
  void follow(const ProjectId& project, const std::string& type, const Integration* now,
              const Integration* next, storage::WriteBatch& batch,
              std::vector<storage::WakeRow>& wakes) const;
  void tell(const std::vector<storage::WakeRow>& wakes) const;

  const Clock& clock_;
  const Of of_;
  TellWake tell_wake_;
};

}  // namespace millrace
