#include "runtime/triggers/trigger_catalog.h"

#include <array>

namespace millrace {
namespace {

constexpr std::array kinds{&request_trigger_kind,
                           &event_trigger_kind,
                           &webhook_trigger_kind,
                           &integration_trigger_kind,
                           &integration_enabled_trigger_kind,
                           &oauth_trigger_kind,
                           &scheduler_trigger_kind,
                           &poll_trigger_kind,
                           &resource_trigger_kind};
static_assert(kinds.size() == std::variant_size_v<Trigger>);

}  // namespace

const TriggerKind* find_trigger_kind(std::string_view type) {
  for (const TriggerKind* const kind : kinds) {
    if (kind->type == type) return kind;
  }
  return nullptr;
}

const TriggerKind& kind_of(const Trigger& trigger) { return *kinds[trigger.index()]; }

const std::vector<std::string>& trigger_types() {
  static const std::vector<std::string> types = [] {
    std::vector<std::string> all;
    for (const TriggerKind* const kind : kinds) all.emplace_back(kind->type);
    return all;
  }();
  return types;
}

Result<Json> as_it_came(const Trigger&, Json output, const SecretSource&) { return output; }

std::vector<Template*> no_templates(Trigger&) { return {}; }

}  // namespace millrace
