#pragma once
// Port: what a run needs of its tenant beyond the workflow. A run holds one view for as long as it is in
// memory; the view always answers as things are now and never waits for the disk, so actors may ask it.
// Implemented over the views of project and user (stored_tenants.h).

#include "runtime/admission/project_limits.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"
#include "runtime/workflows/workflow.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What a run begins with, once all conditions of a live run hold.
struct RunGrant {
  JsonObject settings;  // the workflow's over the integration's
  JsonObject user_meta;
  std::string
      credential;  // with its configuration: account_text.h; empty: the workflow has no integration
};

/// One user of one project. Thread-safe.
class TenantView {
 public:
  virtual ~TenantView() = default;

  /// Grows whenever what `grant` answers may have changed. Costs next to nothing.
  virtual std::uint64_t version() const = 0;

  /// What was set for the project.
  virtual ProjectLimits limits() const = 0;

  /// May a run of the workflow begin? `credential` chooses one of several accounts and a configuration of it
  /// (account_text.h); empty: the first, and its default configuration.
  /// Errors: integration_inactive, credential_missing, credential_invalid, workflow_disabled,
  /// settings_missing, user_disabled, permission_denied, secrets_locked.
  virtual Result<RunGrant> grant(const Workflow& workflow, const std::string& credential) const = 0;

  /// The accounts on which the user has the workflow enabled, in the order of connecting, each with every
  /// configuration in which it is (account_text.h): what comes in for the user and not for an account of his is
  /// for each of these. One empty text stands for a workflow that needs no account.
  virtual std::vector<std::string> enabled_on(const Workflow& workflow) const = 0;

  /// What is known of the user; empty if nothing is.
  virtual JsonObject user_meta() const = 0;

  /// The plain text. Errors: secret_missing, secrets_locked.
  virtual Result<std::string> secret(const std::string& name) const = 0;

  /// What it was until a moment ago, for redaction alone.
  virtual std::vector<std::string> former_secrets(const std::string& name) const = 0;

  /// The account of the user for the integration: `credential` (a text of account_text.h) and no other, or when
  /// that is empty the first. Errors: integration_inactive, credential_missing, credential_invalid, secrets_locked.
  virtual Result<SharedCredential> credential(std::string_view integration,
                                              const std::string& credential) const = 0;
};

using SharedTenant = std::shared_ptr<const TenantView>;

/// Where the views come from. Thread-safe.
class Tenants {
 public:
  virtual ~Tenants() = default;

  /// Blocks on the disk when project or user are not in memory: for request threads and the storage
  /// reader, never for actors. Errors: those of the store, corrupt_data.
  virtual Result<SharedTenant> view(const ProjectId& project, const UserId& user) const = 0;
};

}  // namespace millrace
