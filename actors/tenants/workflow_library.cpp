#include "actors/tenants/workflow_library.h"

#include "actors/shards/shard_ownership.h"
#include "actors/tenants/follow_poll.h"
#include "actors/tenants/follow_schedule.h"
#include "actors/tenants/named_secrets.h"
#include "runtime/definitions/compile_stored_workflow.h"
#include "runtime/definitions/compile_workflow.h"
#include "runtime/definitions/compiled_form.h"
#include "runtime/definitions/found_by.h"
#include "runtime/definitions/frozen_integrations.h"
#include "runtime/definitions/link_integrations.h"
#include "runtime/drafts/raw_json.h"
#include "runtime/drafts/read_definition.h"
#include "runtime/text/hex_text.h"
#include "runtime/text/nearest_name.h"
#include "runtime/triggers/trigger_catalog.h"
#include "storage/keys.h"
#include "storage/tables/subscription_check.h"
#include "storage/tables/test_data_table.h"
#include "storage/tables/workflow_index_table.h"

#include <array>
#include <list>
#include <set>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t compiled_max = 4'096;
/// Of definition text. What it compiles to is some times as much.
constexpr std::size_t compiled_bytes_max = 64u << 20;
/// Two numbers and a key each.
constexpr std::size_t live_max = 65'536;
/// Of projects; and of draft text, which takes about three times as much.
constexpr std::size_t listed_live_max = 4'096;
constexpr std::size_t listed_live_bytes_max = 32u << 20;
/// Drafts that somebody changes in the moments of their checks: the next deploy will do.
constexpr int deploy_attempts_max = 5;

/// `names`: of those that there are.
Error no_workflow(const WorkflowId& id, const std::vector<std::string>& names = {}) {
  return Error(ErrorCode::not_found,
               "no workflow \"" + id.text + '"' + did_you_mean(nearest_name(id.text, names)));
}

/// Those of `integration` are of webhooks or polls, which the one that is woken tells apart.
bool is_of_webhook(const FoundBy& found_by) {
  return found_by.trigger_kind == webhook_trigger_kind.type ||
         found_by.trigger_kind == integration_trigger_kind.type;
}

Error not_deployed(const WorkflowId& id) {
  return Error(ErrorCode::workflow_not_deployed,
               "workflow \"" + id.text + "\" is not deployed: deploy it first");
}

Result<WorkflowLibrary::Entry> entry_of(const storage::WorkflowRow& row) {
  auto draft = read_definition(row.draft, limits::stored_depth_max);
  if (!draft) return Error(ErrorCode::corrupt_data, "a stored draft is " + draft.error().message);
  return WorkflowLibrary::Entry{
      row.id, std::move(*draft), row.latest_version, row.deployed_version, row.updated, {}};
}

Result<WorkflowLibrary::Entry> whole_entry_of(storage::WorkflowRow row) {
  auto entry = entry_of(row);
  if (entry) entry->text = std::move(row.draft);
  return entry;
}

Result<FrozenIntegrations> frozen_integrations(const storage::WorkflowVersionRow& row) {
  if (row.integrations.empty()) return FrozenIntegrations();
  auto frozen = parse_json(row.integrations, limits::stored_depth_max);
  if (!frozen) return Error(ErrorCode::corrupt_data, frozen.error().message);
  return read_frozen_integrations(*frozen);
}

constexpr int server_error = 500;

/// Whatever the order of its members. Empty is nothing.
bool is_same_json(const std::string& left, const std::string& right) {
  if (left == right) return true;
  if (left.empty() || right.empty()) return false;
  const auto one = parse_json(left, limits::stored_depth_max);
  const auto other = parse_json(right, limits::stored_depth_max);
  return one && other && *one == *other;
}

/// 192 random bits: whoever does not have the URL does not find it.
std::string new_endpoint_key(Random& random) {
  std::array<std::uint8_t, 24> key{};
  random.fill(key);
  return to_hex(key);
}

std::string event_of(const Workflow& workflow) {
  const auto* const event = std::get_if<EventTrigger>(&workflow.trigger);
  return event == nullptr ? std::string() : event->event;
}

bool is_public(const Workflow& workflow) {
  const auto* const request = std::get_if<RequestTrigger>(&workflow.trigger);
  return request != nullptr && request->is_public;
}

/// The row and what it is found by.
void put(storage::WriteBatch& batch, const ProjectId& project, const FoundBy& before,
         const storage::WorkflowRow& row) {
  storage::WorkflowIndexTable::replace(batch, project, row.id, before, row.found_by);
  storage::ProjectTable::put_workflow(batch, project, row);
}

}  // namespace

WorkflowLibrary::WorkflowLibrary(const storage::OrderedStore& store, storage::GroupCommit& commits,
                                 const ShardOwnership& ownership, const Clock& clock,
                                 Random& random, FunctionEngine& functions,
                                 Integrations integrations, LogSink log)
    : store_(store),
      table_(store),
      commits_(commits),
      ownership_(ownership),
      clock_(clock),
      random_(random),
      functions_(functions),
      integrations_(std::move(integrations)),
      log_(std::move(log)),
      compiled_({compiled_max, compiled_bytes_max}),
      live_(live_max),
      listed_live_({listed_live_max, listed_live_bytes_max}) {}

Outcome WorkflowLibrary::commit(const ProjectId& project, storage::WriteBatch batch) {
  const auto fence = ownership_.fence(shard_of(project));
  if (!fence) return fence.error();
  batch.require(*fence);
  auto stored = commits_.commit_and_wait(std::move(batch));
  ++changes_;
  return stored;
}

Result<storage::WorkflowRow> WorkflowLibrary::row_of(const ProjectId& project,
                                                     const WorkflowId& id) const {
  auto row = table_.workflow(project, id);
  if (!row) return row.error();
  if (!*row) return no_workflow(id, names_near(project));
  return std::move(**row);
}

std::vector<std::string> WorkflowLibrary::names_near(const ProjectId& project) const {
  std::vector<std::string> names;
  const auto rows =
      storage::WorkflowIndexTable(store_).workflows_for(project, request_trigger_kind.type, {});
  if (!rows) return names;
  for (const WorkflowId& each : *rows) names.push_back(each.text);
  return names;
}

// --- drafts ---------------------------------------------------------------------------------------

Result<DraftText> WorkflowLibrary::accepted_draft(const WorkflowId& id,
                                                  const DraftText& draft) const {
  if (id.empty() || id.text.size() > limits::id_bytes_max) {
    return Error(ErrorCode::invalid_request,
                 "a workflow id has 1 to " + std::to_string(limits::id_bytes_max) + " bytes");
  }
  if (is_compiled_form(draft.definition)) {
    auto translated = translate_compiled_form(draft.definition);
    if (!translated) return translated.error();
    return accepted_draft(id, written_out(std::move(*translated)));
  }
  if (auto checked = check_draft(draft.definition); !checked) return checked.error();
  if (draft.text.size() > limits::definition_bytes_max) {
    return Error(ErrorCode::limit_exceeded,
                 "a definition has at most " + std::to_string(limits::definition_bytes_max) +
                     " bytes, this one has " + std::to_string(draft.text.size()));
  }
  return draft;
}

Result<storage::WorkflowRow> WorkflowLibrary::row_for_draft(
    const ProjectId& project, const WorkflowId& id,
    const std::optional<storage::WorkflowRow>& now) const {
  if (now) return *now;
  storage::WorkflowRow row;
  row.id = id;
  // It may have been removed and come back: runs of its old versions go on, so numbers go on too.
  auto versions = table_.versions(project, id);
  if (!versions) return versions.error();
  if (!versions->empty()) row.latest_version = versions->back().version;
  return row;
}

Outcome WorkflowLibrary::put_draft(const ProjectId& project, const WorkflowId& id,
                                   const Json& definition) {
  const auto put = put_draft(project, id, written_out(definition));
  if (!put) return put.error();
  return Done{};
}

Result<WorkflowLibrary::Entry> WorkflowLibrary::put_draft(const ProjectId& project,
                                                          const WorkflowId& id,
                                                          const DraftText& draft,
                                                          const DraftCondition& condition) {
  const auto accepted = accepted_draft(id, draft);
  if (!accepted) return accepted.error();
  const KeyedLocks::Hold writing(locks_, storage::keys::workflow(project, id));
  auto row = table_.workflow(project, id);
  if (!row) return row.error();
  // Nobody writes this row before it is committed below: the lock is this workflow's, and the fence its shard's.
  if (auto holds = condition.holds_for(*row ? &(*row)->draft : nullptr); !holds) {
    return holds.error();
  }
  auto next = row_for_draft(project, id, *row);
  if (!next) return next.error();
  return store_draft(project, std::move(*next), *accepted);
}

Result<WorkflowLibrary::Entry> WorkflowLibrary::change_draft(const ProjectId& project,
                                                             const WorkflowId& id,
                                                             const DraftCondition& condition,
                                                             const ChangeText& change) {
  const KeyedLocks::Hold writing(locks_, storage::keys::workflow(project, id));
  auto row = row_of(project, id);
  if (!row) return row.error();
  if (auto holds = condition.holds_for(&row->draft); !holds) return holds.error();
  const auto text = change(row->draft);
  if (!text) return text.error();
  const auto draft = read_draft_text(*text);
  if (!draft) return draft.error();
  const auto accepted = accepted_draft(id, *draft);
  if (!accepted) return accepted.error();
  if (accepted->text == row->draft) return whole_entry_of(std::move(*row));
  return store_draft(project, std::move(*row), *accepted);
}

Result<WorkflowLibrary::Entry> WorkflowLibrary::store_draft(const ProjectId& project,
                                                            storage::WorkflowRow next,
                                                            const DraftText& draft) {
  const FoundBy before = next.found_by;
  next.draft = draft.text;
  next.updated = clock_.now();
  if (next.deployed_version == 0) next.found_by = found_by(draft.definition, Stage::draft);
  storage::WriteBatch batch;
  put(batch, project, before, next);
  if (auto stored = commit(project, std::move(batch)); !stored) return stored.error();
  return whole_entry_of(std::move(next));
}

Result<WorkflowLibrary::Entry> WorkflowLibrary::get(const ProjectId& project,
                                                    const WorkflowId& id) const {
  auto row = row_of(project, id);
  if (!row) return row.error();
  return whole_entry_of(std::move(*row));
}

Result<std::vector<WorkflowLibrary::Entry>> WorkflowLibrary::list(const ProjectId& project) const {
  auto rows = table_.workflows(project);
  if (!rows) return rows.error();
  std::vector<Entry> entries;
  for (const auto& row : *rows) {
    auto entry = entry_of(row);
    if (!entry) return entry.error();
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Result<WorkflowLibrary::Live> WorkflowLibrary::live(const ProjectId& project) {
  const std::uint64_t changes = changes_;  // before anything is read
  {
    const std::lock_guard lock(cache_mutex_);
    const auto* const known = listed_live_.find(project);
    if (known != nullptr && known->changes == changes) return known->list;
  }
  const auto rows = table_.workflows(project);
  if (!rows) return rows.error();
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  for (const auto& row : *rows) {
    if (row.deployed_version == 0) continue;
    auto version = table_.version(project, row.id, row.deployed_version);
    if (!version) return version.error();
    storage::WorkflowRow live = row;
    if (*version) live.draft = std::move((*version)->definition);
    auto entry = entry_of(live);
    if (!entry) return entry.error();
    bytes += live.draft.size();
    entries.push_back(std::move(*entry));
  }
  auto list = std::make_shared<const std::vector<Entry>>(std::move(entries));
  const std::lock_guard lock(cache_mutex_);
  listed_live_.put(project, {changes, list}, bytes);
  return list;
}

Outcome WorkflowLibrary::remove(const ProjectId& project, const WorkflowId& id,
                                const DraftCondition& condition) {
  const std::string key = storage::keys::workflow(project, id);
  const KeyedLocks::Hold writing(locks_, key);
  auto row = row_of(project, id);
  if (!row) return row.error();
  if (auto holds = condition.holds_for(&row->draft); !holds) return holds;
  storage::WriteBatch batch;
  storage::WorkflowIndexTable::replace(batch, project, id, row->found_by, {});
  const auto wake = follow_schedule(store_, batch, project, id, nullptr, clock_.now());
  if (!wake) return wake.error();
  const auto poll = follow_poll(store_, batch, project, id, nullptr, clock_.now());
  if (!poll) return poll.error();
  storage::ProjectTable::remove_workflow(batch, project, id);
  auto forgotten = storage::TestDataTable(store_).remove_all(batch, project, id);
  if (!forgotten) return forgotten.error();
  if (auto removed = commit(project, std::move(batch)); !removed) return removed;
  note_live(key, 0);
  return Done{};
}

// --- deployment -----------------------------------------------------------------------------------

Result<WorkflowLibrary::Deployment> WorkflowLibrary::deploy(const ProjectId& project,
                                                            const WorkflowId& id,
                                                            const DraftCondition& condition) {
  for (int attempt = 0; attempt < deploy_attempts_max; ++attempt) {
    auto row = row_of(project, id);
    if (!row) return row.error();
    // What is made live under the lock is this text, or it is looked at again.
    if (auto holds = condition.holds_for(&row->draft); !holds) return holds.error();
    const auto catalog = integrations_(project);
    if (!catalog) return catalog.error();
    auto checked = check(project, *row, **catalog);  // may take long: no lock is held
    if (!checked) return checked.error();
    const auto is_unchanged = is_live_already(project, *row, *checked);
    if (!is_unchanged) return is_unchanged.error();
    auto secrets = secrets_of(*checked->workflow, **catalog);
    std::string event = event_of(*checked->workflow);
    if (*is_unchanged) {
      return Deployment{row->deployed_version, true, std::move(secrets), std::move(event)};
    }
    auto is_live = make_live(project, *row, *checked);
    if (!is_live) return is_live.error();
    if (*is_live) {
      return Deployment{checked->row.version, false, std::move(secrets), std::move(event)};
    }
  }
  return Error(ErrorCode::conflict, "the draft of \"" + id.text +
                                        "\" was changed while it was checked: deploy it again");
}

Result<storage::WorkflowRow> WorkflowLibrary::row_with(const ProjectId& project,
                                                       const WorkflowId& id,
                                                       const DraftText& definition) const {
  auto accepted = accepted_draft(id, definition);
  if (!accepted) return accepted.error();
  auto now = table_.workflow(project, id);
  if (!now) return now.error();
  auto row = row_for_draft(project, id, *now);
  if (row) row->draft = std::move(accepted->text);
  return row;
}

Result<WorkflowLibrary::Deployment> WorkflowLibrary::validate(
    const ProjectId& project, const WorkflowId& id, const std::optional<DraftText>& definition) {
  const auto row = definition ? row_with(project, id, *definition) : row_of(project, id);
  if (!row) return row.error();
  const auto catalog = integrations_(project);
  if (!catalog) return catalog.error();
  const auto checked = check(project, *row, **catalog);
  if (!checked) return checked.error();
  const auto is_unchanged = is_live_already(project, *row, *checked);
  if (!is_unchanged) return is_unchanged.error();
  return Deployment{*is_unchanged ? row->deployed_version : checked->row.version, *is_unchanged,
                    secrets_of(*checked->workflow, **catalog), event_of(*checked->workflow)};
}

Result<WorkflowLibrary::Checked> WorkflowLibrary::check(const ProjectId& project,
                                                        const storage::WorkflowRow& row,
                                                        const IntegrationCatalog& catalog) {
  const auto definition = read_definition(row.draft);
  if (!definition) return definition.error();
  Checked checked;
  checked.row.version = row.latest_version + 1;
  auto workflow =
      compile_workflow(*definition, {project, row.id, checked.row.version}, &catalog, &functions_);
  if (!workflow) return workflow.error();
  checked.row.definition = row.draft;
  if (const Json used = freeze_integrations(**workflow, catalog); !used.get_object().empty()) {
    checked.row.integrations = to_text(used);
  }
  checked.found_by = found_by(*definition, Stage::deployed);
  checked.workflow = std::move(*workflow);
  return checked;
}

Result<bool> WorkflowLibrary::is_live_already(const ProjectId& project,
                                              const storage::WorkflowRow& row,
                                              const Checked& checked) const {
  if (row.deployed_version == 0) return false;
  const auto live = table_.version(project, row.id, row.deployed_version);
  if (!live) return live.error();
  if (!*live) return false;
  // As the differences between versions have it: what is written otherwise is another version.
  return is_written_alike((*live)->definition, checked.row.definition) &&
         is_same_json((*live)->integrations, checked.row.integrations);
}

void WorkflowLibrary::go_live(const ProjectId& project, storage::WorkflowRow& row,
                              const Checked& checked, storage::WriteBatch& batch) {
  row.found_by = checked.found_by;
  row.latest_version = row.deployed_version = checked.row.version;
  if (is_public(*checked.workflow) && row.endpoint_key.empty()) {
    row.endpoint_key = new_endpoint_key(random_);
  }
  row.updated = clock_.now();
  storage::WorkflowVersionRow version = checked.row;
  version.deployed_at = row.updated;
  storage::ProjectTable::put_version(batch, project, row.id, version);
}

void WorkflowLibrary::note_deployed(const ProjectId& project, const WorkflowId& id,
                                    const Checked& checked) {
  remember(storage::keys::workflow_version(project, id, checked.row.version), checked.workflow,
           checked.row.definition.size());
  note_live(storage::keys::workflow(project, id), checked.row.version);
}

Result<std::vector<storage::WakeRow>> WorkflowLibrary::put_live(const ProjectId& project,
                                                                const FoundBy& before,
                                                                const storage::WorkflowRow& row,
                                                                const Workflow* live,
                                                                storage::WriteBatch& batch) const {
  put(batch, project, before, row);
  std::vector<storage::WakeRow> wakes;
  if (is_of_webhook(before) || is_of_webhook(row.found_by)) {
    // Who has it enabled may want subscriptions by it now, or want them no longer.
    using Check = storage::SubscriptionCheck;
    wakes.push_back(wake_of(Check{Check::Of::workflow, project, row.id.text}, clock_.now()));
    storage::WakeTable::put(batch, wakes.back());
  }
  const auto is_or_was = [&](const TriggerKind& kind) {
    return before.trigger_kind == kind.type || row.found_by.trigger_kind == kind.type;
  };
  const auto add = [&](Result<std::optional<storage::WakeRow>> wake) -> Outcome {
    if (!wake) return wake.error();
    if (*wake) wakes.push_back(std::move(**wake));
    return Done{};
  };
  if (is_or_was(scheduler_trigger_kind)) {
    auto added = add(follow_schedule(store_, batch, project, row.id, live, clock_.now()));
    if (!added) return added.error();
  }
  if (is_or_was(poll_trigger_kind) || is_or_was(integration_trigger_kind)) {
    auto added = add(follow_poll(store_, batch, project, row.id, live, clock_.now()));
    if (!added) return added.error();
  }
  return wakes;
}

void WorkflowLibrary::tell(const std::vector<storage::WakeRow>& wakes) const {
  if (!tell_wake_) return;
  for (const storage::WakeRow& wake : wakes) tell_wake_(wake);
}

KeyedLocks::Hold WorkflowLibrary::hold(const ProjectId& project, const WorkflowId& id) {
  return KeyedLocks::Hold(locks_, storage::keys::workflow(project, id));
}

Result<bool> WorkflowLibrary::make_live(const ProjectId& project, const storage::WorkflowRow& seen,
                                        const Checked& checked) {
  const KeyedLocks::Hold writing(locks_, storage::keys::workflow(project, seen.id));
  auto next = row_of(project, seen.id);
  if (!next) return next.error();
  if (next->draft != seen.draft || next->latest_version != seen.latest_version) return false;
  const FoundBy before = next->found_by;
  storage::WriteBatch batch;
  go_live(project, *next, checked, batch);
  const auto wakes = put_live(project, before, *next, checked.workflow.get(), batch);
  if (!wakes) return wakes.error();
  if (auto stored = commit(project, std::move(batch)); !stored) return stored.error();
  note_deployed(project, seen.id, checked);
  tell(*wakes);
  return true;
}

// --- many together --------------------------------------------------------------------------------

Result<WorkflowLibrary::Step> WorkflowLibrary::plan_step(const ProjectId& project,
                                                         const Draft& draft,
                                                         const IntegrationCatalog& catalog) {
  const DraftText written =
      draft.text.empty() ? written_out(draft.definition) : DraftText{draft.definition, draft.text};
  auto accepted = accepted_draft(draft.id, written);
  if (!accepted) return accepted.error();
  auto now = table_.workflow(project, draft.id);
  if (!now) return now.error();
  auto row = row_for_draft(project, draft.id, *now);
  if (!row) return row.error();
  Step step{std::move(*now), std::move(*row), {}, Change::added};
  step.next.draft = std::move(accepted->text);
  auto checked = check(project, step.next, catalog);
  if (!checked) return checked.error();
  step.checked = std::move(*checked);
  const auto is_unchanged = is_live_already(project, step.next, step.checked);
  if (!is_unchanged) return is_unchanged.error();
  if (step.before) step.change = *is_unchanged ? Change::unchanged : Change::changed;
  return step;
}

Result<WorkflowLibrary::Plan> WorkflowLibrary::deploy_all(const ProjectId& project,
                                                          const std::vector<Draft>& drafts,
                                                          const IntegrationCatalog& catalog,
                                                          const CommitRows& commit) {
  for (int attempt = 0; attempt < deploy_attempts_max; ++attempt) {
    Plan plan;
    std::vector<Step> steps;
    for (const Draft& draft : drafts) {
      auto step = plan_step(project, draft, catalog);
      if (!step && http_status(step.error().code) >= server_error) return step.error();
      if (!step) {
        plan.refused.push_back({draft.id, step.error()});
        continue;
      }
      const bool is_unchanged = step->change == Change::unchanged;
      plan.workflows.push_back(
          {draft.id, step->change,
           is_unchanged ? step->next.deployed_version : step->checked.row.version,
           secrets_of(*step->checked.workflow, catalog), event_of(*step->checked.workflow)});
      steps.push_back(std::move(*step));
    }
    if (commit == nullptr || !plan.refused.empty()) return plan;
    const auto is_applied = apply(project, steps, commit);
    if (!is_applied) return is_applied.error();
    if (*is_applied) return plan;
  }
  return Error(
      ErrorCode::conflict,
      "workflows were changed while they were checked, and nothing was done: deploy again");
}

Result<bool> WorkflowLibrary::apply(const ProjectId& project, std::vector<Step>& steps,
                                    const CommitRows& commit) {
  // In one order: two who deploy together never wait for each other.
  std::set<std::string> keys;
  for (const Step& step : steps) keys.insert(storage::keys::workflow(project, step.next.id));
  std::list<KeyedLocks::Hold> writing;
  for (const std::string& key : keys) writing.emplace_back(locks_, key);
  storage::WriteBatch batch;
  std::vector<storage::WakeRow> wakes;
  for (Step& step : steps) {
    const auto now = table_.workflow(project, step.next.id);
    if (!now) return now.error();
    const bool is_as_seen = now->has_value() == step.before.has_value() &&
                            (!*now || ((*now)->draft == step.before->draft &&
                                       (*now)->latest_version == step.before->latest_version &&
                                       (*now)->deployed_version == step.before->deployed_version));
    if (!is_as_seen) return false;
    const FoundBy before = step.next.found_by;
    if (step.change == Change::unchanged) {
      put(batch, project, before, step.next);
      continue;
    }
    go_live(project, step.next, step.checked, batch);
    const auto own = put_live(project, before, step.next, step.checked.workflow.get(), batch);
    if (!own) return own.error();
    wakes.insert(wakes.end(), own->begin(), own->end());
  }
  auto stored = commit(std::move(batch));
  ++changes_;
  if (!stored) return stored.error();
  for (const Step& step : steps) {
    if (step.change != Change::unchanged) note_deployed(project, step.next.id, step.checked);
  }
  tell(wakes);
  return true;
}

Outcome WorkflowLibrary::undeploy(const ProjectId& project, const WorkflowId& id) {
  const std::string key = storage::keys::workflow(project, id);
  const KeyedLocks::Hold writing(locks_, key);
  auto next = row_of(project, id);
  if (!next) return next.error();
  if (next->deployed_version == 0) return Done{};
  const auto draft = parse_json(next->draft);
  const FoundBy before =
      std::exchange(next->found_by, draft ? found_by(*draft, Stage::draft) : FoundBy());
  next->deployed_version = 0;
  next->updated = clock_.now();
  storage::WriteBatch batch;
  const auto wakes = put_live(project, before, *next, nullptr, batch);
  if (!wakes) return wakes.error();
  if (auto stored = commit(project, std::move(batch)); !stored) return stored;
  note_live(key, 0);
  tell(*wakes);
  return Done{};
}

Result<std::vector<WorkflowLibrary::Version>> WorkflowLibrary::versions(
    const ProjectId& project, const WorkflowId& id) const {
  if (auto row = row_of(project, id); !row) return row.error();
  auto rows = table_.versions(project, id);
  if (!rows) return rows.error();
  std::vector<Version> versions;
  for (const auto& each : *rows) {
    auto definition = parse_json(each.definition);
    if (!definition) return Error(ErrorCode::corrupt_data, definition.error().message);
    versions.push_back({each.version, std::move(*definition), each.deployed_at});
  }
  return versions;
}

Result<WorkflowLibrary::VersionText> WorkflowLibrary::version_text(const ProjectId& project,
                                                                   const WorkflowId& id,
                                                                   WorkflowVersion version) const {
  if (auto row = row_of(project, id); !row) return row.error();
  auto stored = table_.version(project, id, version);
  if (!stored) return stored.error();
  if (!*stored) {
    return Error(ErrorCode::not_found, "the workflow \"" + id.text + "\" has no version " +
                                           std::to_string(version) +
                                           ": GET …/versions lists those that it has");
  }
  return VersionText{version, std::move((*stored)->definition), (*stored)->deployed_at};
}

// --- public endpoints -----------------------------------------------------------------------------

Result<std::optional<WorkflowLibrary::Endpoint>> WorkflowLibrary::endpoint(const ProjectId& project,
                                                                           const WorkflowId& id) {
  auto row = row_of(project, id);
  if (!row) return row.error();
  if (row->deployed_version == 0 || row->endpoint_key.empty()) return std::optional<Endpoint>();
  const auto live = version(project, id, row->deployed_version);
  // What cannot be executed cannot be called either.
  if (!live && live.error().code == ErrorCode::format_not_supported) {
    return std::optional<Endpoint>();
  }
  if (!live) return live.error();
  const auto* const request = std::get_if<RequestTrigger>(&(*live)->trigger);
  if (request == nullptr || !request->is_public) return std::optional<Endpoint>();
  return std::optional(Endpoint{std::move(row->endpoint_key), request->method, request->run_as});
}

Result<WorkflowLibrary::Endpoint> WorkflowLibrary::rotate_endpoint(const ProjectId& project,
                                                                   const WorkflowId& id) {
  auto now = endpoint(project, id);
  if (!now) return now.error();
  if (!*now) {
    return Error(ErrorCode::conflict, "workflow \"" + id.text +
                                          "\" has no endpoint: deploy it with \"public\": true in "
                                          "its request trigger");
  }
  const KeyedLocks::Hold writing(locks_, storage::keys::workflow(project, id));
  auto next = row_of(project, id);
  if (!next) return next.error();
  next->endpoint_key = (*now)->key = new_endpoint_key(random_);
  storage::WriteBatch batch;
  put(batch, project, next->found_by, *next);
  if (auto stored = commit(project, std::move(batch)); !stored) return stored.error();
  return std::move(**now);
}

// --- compiled versions ----------------------------------------------------------------------------

std::optional<WorkflowLibrary::Compiled> WorkflowLibrary::cached(const std::string& version_key) {
  const std::lock_guard lock(cache_mutex_);
  const auto* const found = compiled_.find(version_key);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

void WorkflowLibrary::remember(const std::string& version_key, Compiled workflow,
                               std::size_t definition_bytes) {
  const std::lock_guard lock(cache_mutex_);
  compiled_.put(version_key, std::move(workflow), definition_bytes);
}

WorkflowVersion WorkflowLibrary::known_live(const std::string& workflow_key) {
  const std::lock_guard lock(cache_mutex_);
  const auto* const found = live_.find(workflow_key);
  return found == nullptr ? 0 : *found;
}

void WorkflowLibrary::note_live(const std::string& workflow_key, WorkflowVersion version) {
  const std::lock_guard lock(cache_mutex_);
  if (version == 0) {
    live_.erase(workflow_key);
  } else {
    live_.put(workflow_key, version);
  }
}

Result<std::shared_ptr<const Workflow>> WorkflowLibrary::deployed(const ProjectId& project,
                                                                  const WorkflowId& id) {
  const std::string key = storage::keys::workflow(project, id);
  WorkflowVersion live = known_live(key);
  if (live == 0) {
    // Under the workflow's lock, so that an undeploy in between cannot be overwritten by what was read.
    const KeyedLocks::Hold reading(locks_, key);
    live = known_live(key);  // whoever came before may have read it
    if (live == 0) {
      auto row = row_of(project, id);
      if (!row) return row.error();
      live = row->deployed_version;
      if (live == 0) return not_deployed(id);
      note_live(key, live);
    }
  }
  return version(project, id, live);
}

Result<std::shared_ptr<const Workflow>> WorkflowLibrary::version(const ProjectId& project,
                                                                 const WorkflowId& id,
                                                                 WorkflowVersion version) {
  const std::string key = storage::keys::workflow_version(project, id, version);
  if (auto known = cached(key)) return std::move(*known);
  const KeyedLocks::Hold compiling(locks_, key);
  if (auto known = cached(key)) return std::move(*known);
  auto row = table_.version(project, id, version);
  if (!row) return row.error();
  if (!*row) {
    return Error(ErrorCode::not_found,
                 "workflow \"" + id.text + "\" has no version " + std::to_string(version));
  }
  auto workflow = compile(project, id, **row);
  // A version never changes, so what cannot be executed stays so, and is said once.
  if (!workflow && log_) {
    log_(LogLevel::error, "project \"" + project.text + "\": " + workflow.error().message);
  }
  remember(key, workflow, (*row)->definition.size());
  return workflow;
}

Result<std::shared_ptr<const Workflow>> WorkflowLibrary::compile(
    const ProjectId& project, const WorkflowId& id, const storage::WorkflowVersionRow& row) const {
  const auto cannot_execute = [&](const Error& why) {
    return Error(ErrorCode::format_not_supported,
                 "version " + std::to_string(row.version) + " of the workflow \"" + id.text +
                     "\" cannot be executed by this release: " + why.message +
                     ". Mend the draft and deploy it again",
                 why.details);
  };
  auto definition = read_definition(row.definition, limits::stored_depth_max);
  if (!definition) return cannot_execute(definition.error());
  auto integrations = frozen_integrations(row);
  if (!integrations) return cannot_execute(integrations.error());
  auto workflow = compile_stored_workflow(*definition, {project, id, row.version}, &*integrations);
  if (!workflow) return cannot_execute(workflow.error());
  return workflow;
}

}  // namespace millrace
