#include "runtime/definitions/build.h"

#include "runtime/base/limits.h"
#include "runtime/definitions/compiled_form/finding_log.h"
#include "runtime/definitions/compiled_form/read_conditions.h"
#include "runtime/definitions/compiled_form/secret_names.h"
#include "runtime/definitions/compiled_form/source_reader.h"
#include "runtime/reading/object_reader.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <utility>

namespace millrace {
namespace {

using compiled_form::is_secret_name;
using compiled_form::is_uuid;
using compiled_form::says_nothing;
using compiled_form::secret_name;
using compiled_form::text_member;
using Kind = BuildItem::Kind;

CompiledFinding finding(std::string_view code, FindingWeight weight, std::string pointer,
                        std::string message) {
  return {code, weight, finding_at("", std::move(pointer), std::move(message))};
}

const JsonObject* object_member(const JsonObject& object, std::string_view key) {
  const Json* const found = object.if_contains(key);
  return found == nullptr ? nullptr : found->if_object();
}

/// Visits a collection that is written as an object by ids, or as a list of objects with ids.
void for_each(
    const Json* collection, const std::string& pointer,
    const std::function<void(const std::string& id, const Json&, const std::string&)>& visit) {
  if (collection == nullptr) return;
  if (const auto* const object = collection->if_object()) {
    for (const auto& member : *object) {
      visit(std::string(member.key()), member.value(), pointer + '/' + pointer_token(member.key()));
    }
  } else if (const auto* const list = collection->if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Json& each = (*list)[i];
      const std::string id =
          each.is_object() ? text_member(each.get_object(), "id").value_or("") : std::string();
      visit(id, each, pointer + '/' + std::to_string(i));
    }
  }
}

/// The first of some members that is text and not empty.
std::string first_text(const Json& value, std::initializer_list<std::string_view> keys) {
  if (!value.is_object()) return {};
  for (const std::string_view key : keys) {
    auto text = text_member(value.get_object(), key);
    if (text && !text->empty()) return std::move(*text);
  }
  return {};
}

// --- settings -----------------------------------------------------------------------------------

struct InputType {
  std::string_view there;
  std::string_view here;
};

constexpr std::array<InputType, 18> input_types{{
    {"TEXT", "text"},
    {"TEXTAREA", "text"},
    {"TEXT_NO_VARS", "text"},
    {"TEXTAREA_NO_VARS", "text"},
    {"NUMBER", "number"},
    {"EMAIL", "email"},
    {"URL", "url"},
    {"PASSWORD", "password"},
    {"BOOLEAN_INPUT", "boolean"},
    {"SWITCH", "boolean"},
    {"ENUM", "enum"},
    {"EDITABLE_ENUM", "enum"},
    {"CUSTOM_DROPDOWN", "enum"},
    {"DYNAMIC_ENUM", "field"},
    {"EDITABLE_DYNAMIC_ENUM", "field"},
    {"COMBO_INPUT", "field"},
    {"DYNAMIC_COMBO_INPUT", "field"},
    {"FIELD_MAPPER", "mapping"},
}};

std::optional<std::string_view> setting_type(std::string_view input_type) {
  for (const InputType& each : input_types) {
    if (each.there == input_type) return each.here;
  }
  return std::nullopt;
}

/// One input of a form; nothing for one that cannot be referred to.
std::optional<JsonObject> read_input(const Json& input, const std::string& pointer,
                                     BuildItem& item) {
  const std::string id = first_text(input, {"id"});
  if (id.empty()) {
    item.findings.push_back(
        finding("not_understood", FindingWeight::note, pointer,
                "an input without an `id` is left out: nothing can refer to it"));
    return std::nullopt;
  }
  const std::string type = first_text(input, {"type"});
  const auto known = setting_type(type);
  if (!known) {
    item.findings.push_back(
        finding("no_counterpart", FindingWeight::note, pointer + "/type",
                "there is no setting of type `" + type + "`: it is a text until you change it"));
  }
  JsonObject setting{{"id", id}, {"type", known.value_or("text")}};
  const JsonObject& given = input.get_object();
  const Json* const required = given.if_contains("required");
  if (required != nullptr && required->is_bool()) setting.emplace("required", *required);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> texts{
      {{"title", "title"},
       {"tooltip", "description"},
       {"subtitle", "description"},
       {"placeholder", "placeholder"}}};
  for (const auto& [there, here] : texts) {
    const auto text = text_member(given, there);
    if (text && !text->empty()) setting.emplace(here, *text);
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> values{
      {{"values", "options"},
       {"options", "options"},
       {"defaultValue", "default"},
       {"default", "default"}}};
  for (const auto& [there, here] : values) {
    const Json* const value = given.if_contains(there);
    if (value != nullptr && !value->is_null()) setting.emplace(here, *value);
  }
  return setting;
}

JsonArray read_inputs(const JsonObject* meta, const std::string& pointer, BuildItem& item) {
  JsonArray settings;
  const Json* const inputs = meta == nullptr ? nullptr : meta->if_contains("inputs");
  if (inputs == nullptr || !inputs->is_array()) return settings;
  for (std::size_t i = 0; i < inputs->get_array().size(); ++i) {
    auto setting =
        read_input(inputs->get_array()[i], pointer + "/inputs/" + std::to_string(i), item);
    if (setting) settings.emplace_back(std::move(*setting));
  }
  return settings;
}

// --- the whole ----------------------------------------------------------------------------------

class Build {
 public:
  explicit Build(const JsonObject& build) : build_(build) {}

  std::vector<BuildItem> read() {
    for_each(build_.if_contains("secrets"), "/secrets",
             [&](const auto& id, const Json& secret, const auto& pointer) {
               note_secret(id, secret, pointer);
             });
    for_each(build_.if_contains("events"), "/events",
             [&](const auto& id, const Json& event, const auto& pointer) {
               note_event(id, event, pointer);
             });
    for_each(build_.if_contains("resources"), "/resources",
             [&](const auto& id, const Json& resource, const auto& pointer) {
               add_waiting(Kind::resource, id, first_text(resource, {"name", "slug"}), pointer,
                           "waits_for_resources",
                           "a build has nothing of a resource but its name: put one under this id "
                           "(PUT …/resources/" +
                               id + "), or what uses it is refused at deploy");
             });
    for_each(build_.if_contains("integrations"), "/integrations",
             [&](const auto& type, const Json& integration, const auto& pointer) {
               const std::string named = first_text(integration, {"type"});
               note_integration(named.empty() ? type : named, integration, pointer);
             });
    note_other_members();
    return std::move(items_);
  }

 private:
  BuildItem& add(Kind kind, std::string id, std::string name) {
    items_.push_back({kind, std::move(id), std::move(name), nullptr, {}});
    return items_.back();
  }

  void add_waiting(Kind kind, const std::string& id, const std::string& name,
                   const std::string& pointer, std::string_view code, std::string message) {
    add(kind, id, name)
        .findings.push_back(finding(code, FindingWeight::waits, pointer, std::move(message)));
  }

  /// Nothing of a build is passed over without a word.
  void note_other_members() {
    constexpr std::array<std::string_view, 7> known{
        "projectId", "secrets", "events", "resources", "integrations", "persona", "buildHash"};
    for (const auto& member : build_) {
      const std::string_view key = member.key();
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      const std::string hint =
          key == "workflows" ? "; workflows stand under `integrations.<type>.workflows`" : "";
      add(Kind::member, std::string(key), "")
          .findings.push_back(
              finding("not_understood", FindingWeight::fatal, '/' + pointer_token(key),
                      "`" + std::string(key) + "` means nothing in a build" + hint));
    }
  }

  /// `{id: "NAME"}`, `{id: {"key": "NAME"}}` or `[{"id", "key"}]`. A text that is no name may be a value,
  /// and is shown to nobody.
  void note_secret(const std::string& id, const Json& secret, const std::string& pointer) {
    std::string given =
        secret.is_string() ? std::string(secret.get_string()) : first_text(secret, {"key", "name"});
    // Also written the other way round.
    const bool is_turned = !is_uuid(id) && is_uuid(given);
    const std::string key = is_turned ? given : id;
    if (is_turned) given = id;
    const bool is_named = is_uuid(key) && is_secret_name(given);
    const std::string name = is_named ? given : secret_name(key);
    if (key.empty()) return;
    around_.secrets.emplace(key, name);
    add_waiting(Kind::secret, name, "", pointer, "waits_for_secret",
                "a build holds no values: put the secret `" + name + "`");
  }

  void note_event(const std::string& id, const Json& event, const std::string&) {
    const std::string given = first_text(event, {"name"});
    const std::string name = given.empty() ? id : given;
    around_.events.emplace(id, name);
    const std::string own_id = first_text(event, {"id"});
    if (!own_id.empty()) around_.events.emplace(own_id, name);
    BuildItem& item = add(Kind::event, name, "");
    const JsonObject* const object = event.if_object();
    item.definition = JsonObject();
    for (const std::string_view key : {"sampleData", "schema"}) {
      const Json* const example = object == nullptr ? nullptr : object->if_contains(key);
      if (example != nullptr && !example->is_null()) item.definition = *example;
    }
  }

  void note_integration(const std::string& type, const Json& given, const std::string& pointer) {
    BuildItem& item = add(Kind::integration, type, first_text(given, {"name"}));
    if (!given.is_object()) {
      item.findings.push_back(finding("not_understood", FindingWeight::fatal, pointer,
                                      "an integration is an object with `config` and `workflows`"));
      return;
    }
    const JsonObject& integration = given.get_object();
    const JsonObject* const config = object_member(integration, "config");
    const JsonObject* const values = config == nullptr ? nullptr : object_member(*config, "values");
    const std::string place = pointer + "/config/values";
    put_skeleton(item, values, pointer, place);
    for_each(integration.if_contains("customTriggers"), pointer + "/customTriggers",
             [&](const auto& id, const Json& webhook, const auto& at) {
               add_waiting(Kind::webhook, id, first_text(webhook, {"name"}), at,
                           "waits_for_webhooks",
                           "webhooks of `" + type +
                               "` cannot start anything yet: declare it under `webhooks` of the "
                               "integration when they can");
             });
    const JsonObject* const meta =
        values == nullptr ? nullptr : object_member(*values, "workflowMeta");
    for_each(integration.if_contains("workflows"), pointer + "/workflows",
             [&](const auto& id, const Json& workflow, const auto& at) {
               note_workflow(type, id, workflow, at,
                             meta == nullptr ? nullptr : object_member(*meta, id),
                             place + "/workflowMeta/" + pointer_token(id));
             });
  }

  /// A build says how an integration looks, and nothing of how it is spoken to. The host under
  /// `.invalid` exists nowhere (RFC 2606), and nothing runs until somebody switches it on.
  void put_skeleton(BuildItem& item, const JsonObject* values, const std::string& pointer,
                    const std::string& place) {
    JsonObject definition{{"name", item.name.empty() ? item.id : item.name},
                          {"isActive", false},
                          {"baseUrl", "https://base-url.invalid"}};
    if (values != nullptr) {
      for (const std::string_view key : {"description", "overview", "accentColor"}) {
        const auto text = text_member(*values, key);
        if (text && !text->empty()) definition.emplace(key, *text);
      }
      const JsonObject* const shared = object_member(*values, "sharedMeta");
      JsonArray settings = read_inputs(shared, place + "/sharedMeta", item);
      if (!settings.empty()) definition.emplace("settings", std::move(settings));
    }
    item.findings.push_back(
        finding("waits_for_integration", FindingWeight::waits, pointer,
                "a build says nothing of `baseUrl`, `auth` and `actions`: put `" + item.id +
                    "` with them, and with `\"isActive\": true`"));
    item.definition = std::move(definition);
  }

  void note_workflow(const std::string& type, const std::string& key, const Json& given,
                     const std::string& pointer, const JsonObject* meta,
                     const std::string& meta_pointer) {
    const std::string own_id = first_text(given, {"id"});
    BuildItem& item = add(Kind::workflow, own_id.empty() ? key : own_id,
                          first_text(given, {"name", "description"}));
    if (!given.is_object()) {
      item.findings.push_back(finding("not_understood", FindingWeight::fatal, pointer,
                                      "a workflow is an object with `steps`"));
      return;
    }
    if (!workflow_ids_.insert(item.id).second) {
      item.findings.push_back(finding(
          "id_taken", FindingWeight::fatal, pointer,
          "another workflow of the build has the id `" + item.id +
              "`, and a project has one of each: give this one another, and import it again"));
      return;
    }
    around_.integration = type;
    auto translation = read_compiled_form(given, around_);
    if (!translation) return;  // the whole build is not nested deeper than one workflow may be
    item.findings = translation->findings;
    for (CompiledFinding& each : item.findings) each.detail.path = pointer + each.detail.path;
    if (translation->has(FindingWeight::fatal)) return;
    Json draft = draft_with_open_points(std::move(*translation));
    if (meta != nullptr) add_meta(draft.get_object(), *meta, meta_pointer, item);
    item.definition = std::move(draft);
  }

  /// What the portal shows of it.
  void add_meta(JsonObject& draft, const JsonObject& meta, const std::string& pointer,
                BuildItem& item) const {
    for (const std::string_view key : {"infoText", "description"}) {
      const auto text = text_member(meta, key);
      if (text && !text->empty()) draft.emplace(key, *text);
    }
    for (const std::string_view key : {"hidden", "defaultEnabled"}) {
      const Json* const value = meta.if_contains(key);
      if (value != nullptr && *value == Json(true)) draft.emplace(key, true);
    }
    const Json* const order = meta.if_contains("order");
    if (order != nullptr && order->is_int64()) draft.emplace("order", *order);
    JsonArray settings = read_inputs(&meta, pointer, item);
    if (!settings.empty()) draft.emplace("settings", std::move(settings));
    add_permissions(draft, meta, pointer + "/permissions", item);
  }

  /// A tree of conditions over the user, as a step's.
  void add_permissions(JsonObject& draft, const JsonObject& meta, const std::string& pointer,
                       BuildItem& item) const {
    const Json* const permissions = meta.if_contains("permissions");
    if (permissions == nullptr || says_nothing(*permissions)) return;
    const compiled_form::StepNames no_names;
    const std::string no_step;
    compiled_form::FindingLog log;
    const compiled_form::SourceReader sources(no_names, around_, no_step, log);
    JsonArray groups = compiled_form::read_condition_tree(sources, *permissions, pointer);
    if (log.size() == 0) {
      draft.emplace("permissions", std::move(groups));
      return;
    }
    draft.emplace("permissions", *permissions);
    item.findings.push_back(finding("waits_for_permissions", FindingWeight::waits, pointer,
                                    "these permissions have no counterpart (" +
                                        log.take().front().detail.message +
                                        "): the draft keeps them, and deploying refuses them until "
                                        "they are conditions over `user.meta`"));
  }

  const JsonObject& build_;
  CompiledSurroundings around_;
  std::set<std::string> workflow_ids_;
  std::vector<BuildItem> items_;
};

}  // namespace

std::string_view wire_name(BuildItem::Kind kind) {
  switch (kind) {
    case Kind::integration:
      return "integration";
    case Kind::workflow:
      return "workflow";
    case Kind::event:
      return "event";
    case Kind::resource:
      return "resource";
    case Kind::webhook:
      return "webhook";
    case Kind::secret:
      return "secret";
    case Kind::member:
      return "member";
  }
  return "workflow";
}

Result<std::vector<BuildItem>> read_build(const Json& build) {
  if (is_deeper_than(build, limits::json_depth_max)) {
    return Error(ErrorCode::invalid_json, "the build is nested deeper than " +
                                              std::to_string(limits::json_depth_max) + " levels");
  }
  const auto* const object = build.if_object();
  const Json* const integrations =
      object == nullptr ? nullptr : object->if_contains("integrations");
  if (integrations == nullptr || !integrations->is_structured()) {
    const std::string hint =
        is_compiled_form(build) ? "; this is one workflow: put it as a workflow" : std::string();
    return invalid_definition(
        {finding_at("", "/integrations",
                    "this is no build, which has its workflows under `integrations`" + hint,
                    "an object of integrations by their types", "nothing")});
  }
  return Build(*object).read();
}

}  // namespace millrace
