#include "http/api/import_api.h"

#include "actors/tenants/event_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/secret_registry.h"
#include "actors/tenants/workflow_library.h"
#include "http/api/finding_json.h"
#include "http/api/workflows_api.h"
#include "runtime/definitions/build.h"
#include "runtime/reading/findings.h"
#include "runtime/reading/strict_json.h"

#include <array>
#include <set>
#include <utility>

namespace millrace {
namespace {

/// What has become of an item.
enum class Fate : std::uint8_t { imported, unchanged, kept, waiting, left_out };
constexpr std::array<std::string_view, 5> fate_names{"imported", "unchanged", "kept", "waiting",
                                                     "left_out"};

constexpr int server_error = 500;

enum class Existing : std::uint8_t { kept, replaced };

Result<Existing> existing_of(const ApiCall& call) {
  const auto replace = call.query_value("replace").value_or("false");
  if (replace == "true") return Existing::replaced;
  if (replace == "false") return Existing::kept;
  return Error(ErrorCode::invalid_request, "\"replace\" is true or false");
}

class Import {
 public:
  Import(const ApiCall& call, ApiServices& services, Existing existing)
      : project_(call.project), services_(services), existing_(existing) {}

  Result<Reply> run(std::vector<BuildItem> items) {
    const auto secrets = services_.secrets.names(project_);
    if (!secrets) return secrets.error();
    for (const auto& each : *secrets) secrets_.insert(each.name);
    JsonArray list;
    for (BuildItem& item : items) {
      const auto outcome = put(item);
      if (!outcome) return outcome.error();
      ++counts_[static_cast<std::size_t>(*outcome)];
      list.emplace_back(shown(item, *outcome));
    }
    JsonObject summary;
    for (std::size_t i = 0; i < fate_names.size(); ++i) {
      summary.emplace(fate_names[i], counts_[i]);
    }
    return json_reply(200, JsonObject{{"items", std::move(list)}, {"summary", std::move(summary)}});
  }

 private:
  using Became = Result<Fate>;

  static JsonObject shown(const BuildItem& item, Fate outcome) {
    JsonObject object{{"kind", wire_name(item.kind)}, {"id", item.id}};
    if (!item.name.empty()) object.emplace("name", item.name);
    object.emplace("outcome", fate_names[static_cast<std::size_t>(outcome)]);
    object.emplace("findings", findings_json(item.findings));
    return object;
  }

  Became put(BuildItem& item) {
    switch (item.kind) {
      case BuildItem::Kind::integration:
        return put_integration(item);
      case BuildItem::Kind::workflow:
        return put_workflow(item);
      case BuildItem::Kind::secret:
        if (!secrets_.contains(item.id)) return Fate::waiting;
        item.findings.clear();  // somebody has put it
        return Fate::unchanged;
      case BuildItem::Kind::event:
        return put_event(item);
      case BuildItem::Kind::resource:
      case BuildItem::Kind::webhook:
        return Fate::waiting;
      case BuildItem::Kind::member:
        return Fate::left_out;
    }
    return Fate::left_out;
  }

  /// A skeleton never takes the place of what somebody has filled in.
  Became put_integration(BuildItem& item) {
    if (item.definition.is_null()) return Fate::left_out;
    const auto known = services_.integrations.get(project_, item.id);
    if (known) {
      item.findings.clear();
      return Fate::unchanged;
    }
    if (known.error().code != ErrorCode::not_found) return known.error();
    const auto stored = services_.integrations.put(project_, item.id, item.definition);
    return stored ? Became(Fate::imported) : left_out(item, stored.error());
  }

  /// Neither does an example payload.
  Became put_event(BuildItem& item) {
    const auto known = services_.events.get(project_, item.id);
    if (known) return Fate::unchanged;
    if (known.error().code != ErrorCode::not_found) return known.error();
    const auto stored = services_.events.put(project_, item.id, item.definition);
    return stored ? Became(Fate::imported) : left_out(item, stored.error());
  }

  Became put_workflow(BuildItem& item) {
    if (item.definition.is_null()) return Fate::left_out;
    const auto id = read_workflow_id(item.id);
    if (!id) return left_out(item, id.error());
    const auto known = services_.workflows.get(project_, *id);
    if (!known && known.error().code != ErrorCode::not_found) return known.error();
    if (known && known->draft == item.definition) return Fate::unchanged;
    if (known && existing_ == Existing::kept) {
      item.findings.push_back(
          {"already_there", FindingWeight::note,
           finding_at("", "",
                      "the project has another draft of this workflow, which is kept; import with "
                      "`replace=true` (--replace) to put this one in its place")});
      return Fate::kept;
    }
    const auto stored = services_.workflows.put_draft(project_, *id, item.definition);
    return stored ? Became(Fate::imported) : left_out(item, stored.error());
  }

  /// What is wrong with us ends the import; what is wrong with the item is told of it.
  static Became left_out(BuildItem& item, const Error& error) {
    if (http_status(error.code) >= server_error) return error;
    item.findings.push_back(
        {wire_name(error.code), FindingWeight::fatal, finding_at("", "", error.message)});
    for (const ErrorDetail& detail : error.details) {
      item.findings.push_back({wire_name(error.code), FindingWeight::fatal, detail});
    }
    return Fate::left_out;
  }

  const ProjectId& project_;
  ApiServices& services_;
  const Existing existing_;
  std::set<std::string, std::less<>> secrets_;
  std::array<std::uint64_t, fate_names.size()> counts_{};
};

}  // namespace

Result<Reply> import_build(const ApiCall& call, ApiServices& services) {
  const auto existing = existing_of(call);
  if (!existing) return existing.error();
  const auto build = parse_strict_json(call.http.body);
  if (!build) return build.error();
  auto items = read_build(*build);
  if (!items) return items.error();
  return Import(call, services, *existing).run(std::move(*items));
}

namespace {

constexpr Route routes[]{
    {.method = "POST",
     .pattern = "/projects/{project}/import",
     .operation = "importBuild",
     .summary = "Brings a whole build of the original platform into the project, as drafts",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &import_build,
     .stores = true,
     .parameters =
         {project_in_path,
          {"replace", "\"true\"|\"false\"",
           "Whether drafts that the project has already are replaced; `false` unless given."}},
     .body = {"object"},
     .answers = {{200, "What has become of each item.",
                  "{items: [ImportedItem], summary: {[outcome]: integer}}"},
                 {400, "It is no build.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"ImportedItem",
     "{kind: \"integration\"|\"workflow\"|\"event\"|\"resource\"|\"webhook\"|\"secret\"|"
     "\"member\", id: string, "
     "name?: string, outcome: \"imported\"|\"unchanged\"|\"kept\"|\"waiting\"|\"left_out\", "
     "findings: [ImportFinding]}",
     "One thing of a build; `kept` is a draft of the project that differs."},
    {"ImportFinding", finding_shape,
     "What was found about it; `path` leads into what was given, `code` is stable."},
};

}  // namespace

constinit const RouteGroup import_routes{"Import", "Builds of the original platform.", routes,
                                         shapes};

}  // namespace millrace
