#include "http/api/query_names.h"

#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <string>
#include <vector>

namespace millrace {
namespace {

std::vector<std::string> query_names(const Route& route) {
  std::vector<std::string> names;
  for (const RouteParameter& each : declared(route.parameters)) {
    if (each.in == RouteParameter::In::query) names.emplace_back(each.name);
  }
  return names;
}

Error not_known(const std::string& name, std::vector<std::string> known) {
  const std::string refused = "the query parameter '" + name + "' is not known here";
  if (known.empty()) return {ErrorCode::invalid_request, refused + ": this route takes none"};
  const std::string nearest = nearest_name(name, known);
  const auto first = std::find(known.begin(), known.end(), nearest);
  if (first != known.end()) std::rotate(known.begin(), first, first + 1);
  std::string list;
  for (const std::string& each : known) list += (list.empty() ? "" : ", ") + each;
  return {ErrorCode::invalid_request,
          refused + did_you_mean(nearest) + (nearest.empty() ? "; known: " : " Known: ") + list};
}

}  // namespace

bool refuses_other_parameters(const Route& route) {
  switch (route.access) {
    case Access::admin_key:
    case Access::project_key:
    case Access::project_or_admin:
    case Access::project_key_or_user:
      return true;
    case Access::open:
    case Access::url_key:
    case Access::user_token:
    case Access::user_token_or_ticket:
      break;
  }
  return route.only_declared_query;
}

Outcome check_query_names(const Route& route, const FormFields& query) {
  if (query.empty() || !refuses_other_parameters(route)) return Done{};
  const std::vector<std::string> known = query_names(route);
  for (const auto& [name, value] : query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) return not_known(name, known);
  }
  return Done{};
}

}  // namespace millrace
