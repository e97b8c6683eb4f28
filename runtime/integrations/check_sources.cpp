#include "runtime/integrations/check_sources.h"

#include "runtime/integrations/data_source.h"
#include "runtime/integrations/nearest_action.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>

namespace millrace {
namespace {

void check_parameter(const IntegrationAction& action, const std::string& name,
                     const std::string& pointer, Findings& findings) {
  if (name.empty()) return;
  std::vector<std::string> names;
  for (const ActionParameter& each : action.parameters) names.push_back(each.name);
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  findings.push_back(finding_at("", pointer,
                                "the action `" + action.name + "` declares no such parameter",
                                "a parameter of the action", name, nearest_name(name, names)));
}

}  // namespace

void check_sources(const std::vector<Setting>& settings, const Integration& integration,
                   Findings& findings) {
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const DataSource* const source = settings[i].source.get();
    if (source == nullptr || source->action.empty()) continue;
    const std::string pointer = "/settings/" + std::to_string(i) + "/source/";
    const IntegrationAction* const action = find_action(integration, source->action);
    if (action == nullptr) {
      findings.push_back(finding_at(
          "", pointer + "action", "the integration \"" + integration.type + "\" has no such action",
          "an action of the integration", source->action,
          nearest_action(integration, source->action)));
      continue;
    }
    check_parameter(*action, source->page_parameter, pointer + "pageParameter", findings);
    check_parameter(*action, source->search_parameter, pointer + "searchParameter", findings);
  }
}

}  // namespace millrace
