#pragma once
// Which account, and which of its configurations, a request is about: what the headers `X-Paragon-Credential` and
// `X-Paragon-Configuration-Id` name, each by an id or by the application's own name for it.

#include "actors/tenants/user_view.h"
#include "http/api/api_call.h"
#include "http/api/route_table.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

inline constexpr RouteParameter selected_account_header{"X-Paragon-Credential", "string",
                                                        "Which account, by its id or external id.",
                                                        RouteParameter::In::header};
inline constexpr RouteParameter selected_configuration_header{
    "X-Paragon-Configuration-Id", "string",
    "Which configuration of the account, by its id or external id; without it the default.",
    RouteParameter::In::header};

AccountNames names_in_headers(const ApiCall& call);

/// The one that is meant: without headers the account that a run would take first. Error: not_found, which says
/// whether it is the account or the configuration that is not there.
Result<ConfiguredAccount> selected_account(const ApiCall& call, ApiServices& services,
                                           std::string_view integration);
/// The account that the path names, and the configuration that the header does.
Result<ConfiguredAccount> account_in_path(const ApiCall& call, ApiServices& services,
                                          const std::string& credential);

/// For whom something runs (account_text.h): all that are meant; empty when nothing is named. What is named and
/// not there stays as it was named, for the run's conditions to say so.
Result<std::vector<std::string>> accounts_for_run(const ApiCall& call, ApiServices& services,
                                                  std::string_view integration);

}  // namespace millrace
