#pragma once
// Port: what runs need of their tenant beyond the workflow. Implemented over the registries of secrets,
// users, credentials and integrations; answers from memory, from any thread, actors included.

#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"
#include "runtime/workflows/workflow.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What a run begins with, once all conditions of a live run hold.
struct RunGrant {
  JsonObject settings;  // the workflow's over the integration's
  JsonObject user_meta;
  std::string credential;  // empty: the workflow has no integration
};

class TenantValues {
 public:
  virtual ~TenantValues() = default;

  /// May this user's run of the workflow begin? `credential` chooses one of several accounts; empty:
  /// the first. Errors: integration_inactive, credential_missing, credential_invalid,
  /// workflow_disabled, settings_missing, user_disabled, secrets_locked.
  virtual Result<RunGrant> grant(const ProjectId& project, const UserId& user,
                                 const Workflow& workflow, const std::string& credential) const = 0;

  /// The plain text. Errors: secret_missing, secrets_locked.
  virtual Result<std::string> secret(const ProjectId& project, const std::string& name) const = 0;

  /// What it was until a moment ago, for redaction alone.
  virtual std::vector<std::string> former_secrets(const ProjectId& project,
                                                  const std::string& name) const = 0;

  /// The account of the user for the integration: `credential` and no other, or when that is empty the
  /// first. Errors: integration_inactive, credential_missing, credential_invalid, secrets_locked.
  virtual Result<SharedCredential> credential(const ProjectId& project, const UserId& user,
                                              std::string_view integration,
                                              const std::string& credential) const = 0;
};

}  // namespace millrace
