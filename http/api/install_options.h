#pragma once
// Which account an installation by the browser SDK connects: `installOptions` of its requests.

#include "http/api/api_call.h"

#include <string>

namespace millrace {

struct InstallOptions {
  bool may_add = false;     // one more account of the same integration
  std::string again;        // the account to be connected again, by its id or external id
  std::string external_id;  // the application's own name for the account; empty: none
};

/// What is not known here is the SDK's own. Error: invalid_request.
Result<InstallOptions> read_install_options(const JsonObject& options);

/// The account that is connected again; empty: one more, or the one of the external id. Without the wish for
/// several, and without a name, it is the one that there is.
Result<std::string> account_to_install(const ApiCall& call, ApiServices& services,
                                       const std::string& integration,
                                       const InstallOptions& options);

}  // namespace millrace
