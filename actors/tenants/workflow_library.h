#pragma once
// Workflows: drafts, immutable versions, what is deployed. Compiled versions are cached. Thread-safe;
// writes are durable when they return. Blocks on the disk and, at deploy, on the function engine:
// call it from request threads only.
//
// Workflows do not wait for each other: changes of one workflow exclude each other while they read its
// row and commit, and nothing at all is held while JavaScript is checked. A draft that was changed
// meanwhile is checked again.
//
// Drafts are kept as the text that was written (runtime/drafts/draft_text.h). Whoever changes one may say which one he
// has seen (draft_condition.h): that is decided under the workflow's lock, in which the change is committed, so
// of two who have seen the same draft one is told `draft_changed`.

#include "actors/tenants/keyed_locks.h"
#include "runtime/base/log.h"
#include "runtime/base/random.h"
#include "runtime/base/recent_map.h"
#include "runtime/drafts/draft_condition.h"
#include "runtime/drafts/draft_text.h"
#include "runtime/workflows/workflow.h"
#include "storage/group_commit.h"
#include "storage/tables/project_table.h"
#include "storage/tables/wake_table.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

class ShardOwnership;

class WorkflowLibrary {
 public:
  /// The integrations of a project as they are now. Never null. Blocks on the disk.
  using Integrations =
      std::function<Result<std::shared_ptr<const IntegrationCatalog>>(const ProjectId&)>;

  WorkflowLibrary(const storage::OrderedStore& store, storage::GroupCommit& commits,
                  const ShardOwnership& ownership, const Clock& clock, Random& random,
                  FunctionEngine& functions, Integrations integrations, LogSink log = {});

  struct Entry {
    WorkflowId id;
    Json draft;
    WorkflowVersion latest_version = 0;
    WorkflowVersion deployed_version = 0;  // 0: not deployed
    Instant updated{};
    /// The draft as it was written; empty in lists.
    std::string text{};
  };
  struct Version {
    WorkflowVersion version = 0;
    Json definition;
    Instant deployed_at{};
  };
  struct VersionText {
    WorkflowVersion version = 0;
    std::string text;  // the definition as it was written
    Instant deployed_at{};
  };

  /// Told of the wakes that a change of what is live brings, once they are durable: of a schedule that is new, of
  /// subscriptions that may be wanted now; null: nobody is. Returns at once. To be set while nobody deploys.
  using TellWake = std::function<void(const storage::WakeRow&)>;
  void tell_wakes(TellWake tell) { tell_wake_ = std::move(tell); }

  /// While it is held, what is live of the workflow stays as it is, and so do the rows of its schedule, for all
  /// but the holder. Nobody who holds one may ask the library for anything but `version`.
  KeyedLocks::Hold hold(const ProjectId& project, const WorkflowId& id);

  /// Saves the draft; the live version is untouched. The workflow as it was stored with it. Errors: invalid_definition,
  /// limit_exceeded, draft_changed.
  Result<Entry> put_draft(const ProjectId& project, const WorkflowId& id, const DraftText& draft,
                          const DraftCondition& condition = {});
  Outcome put_draft(const ProjectId& project, const WorkflowId& id, const Json& definition);
  /// What becomes of a draft's text. Called under the workflow's lock: pure, and bounded.
  using ChangeText = std::function<Result<std::string>(const std::string& text)>;
  /// Reads, changes and saves the draft while nobody else can. Errors: those of `change`, not_found, and as above.
  Result<Entry> change_draft(const ProjectId& project, const WorkflowId& id,
                             const DraftCondition& condition, const ChangeText& change);
  Result<Entry> get(const ProjectId& project, const WorkflowId& id) const;
  Result<std::vector<Entry>> list(const ProjectId& project) const;
  /// Of those that are deployed, what each page of an application asks for, with the live definition in place of the
  /// draft: read once, until something changes.
  using Live = std::shared_ptr<const std::vector<Entry>>;
  Result<Live> live(const ProjectId& project);
  /// Removes draft and deployment; versions stay for the runs that use them. Errors: not_found, draft_changed.
  Outcome remove(const ProjectId& project, const WorkflowId& id,
                 const DraftCondition& condition = {});

  struct Deployment {
    WorkflowVersion version = 0;
    /// It was live already: with this definition, and integrations that are as they were then.
    bool is_unchanged = false;
    std::vector<std::string> secrets{};  // that it names, in their order
    std::string event{};                 // the app event that starts it; empty: something else does
  };
  /// Validates the draft (definition and every function's syntax), freezes it as the next version and
  /// makes it live. Errors: not_found, invalid_definition with all findings at once, conflict (the
  /// draft changed whenever it had been checked), draft_changed (it is not the one that the caller has seen).
  Result<Deployment> deploy(const ProjectId& project, const WorkflowId& id,
                            const DraftCondition& condition = {});
  /// What deploy would say of the draft, or, if one is given, of that definition, which need not be of a workflow that
  /// there is. Nothing is stored. Errors as deploy.
  Result<Deployment> validate(const ProjectId& project, const WorkflowId& id,
                              const std::optional<DraftText>& definition);

  struct Draft {
    WorkflowId id;
    Json definition;
    std::string text{};  // as it was written; empty: it is written out
  };
  enum class Change : std::uint8_t { added, changed, unchanged };
  struct Planned {
    WorkflowId id;
    Change change = Change::added;
    WorkflowVersion version = 0;         // that is live then
    std::vector<std::string> secrets{};  // that it names, in their order
    std::string event{};                 // the app event that starts it; empty: something else does
  };
  struct Refusal {
    WorkflowId id;
    Error why;
  };
  struct Plan {
    std::vector<Planned> workflows;  // as the drafts are listed
    std::vector<Refusal> refused;    // not empty: nothing was done
  };
  /// Commits the rows, together with others of the project if need be. Not called for a plan.
  using CommitRows = std::function<Outcome(storage::WriteBatch batch)>;
  /// Saves and deploys all of them in one commit, or none. `catalog` is what their integrations will be;
  /// `commit` empty: it is only said what would be done. Error: conflict (a draft changed whenever it had been
  /// checked), and those of `commit`. Each id is listed once.
  Result<Plan> deploy_all(const ProjectId& project, const std::vector<Draft>& drafts,
                          const IntegrationCatalog& catalog, const CommitRows& commit);
  Outcome undeploy(const ProjectId& project, const WorkflowId& id);
  Result<std::vector<Version>> versions(const ProjectId& project, const WorkflowId& id) const;
  /// Error not_found, also when there is no such workflow any more.
  Result<VersionText> version_text(const ProjectId& project, const WorkflowId& id,
                                   WorkflowVersion version) const;

  /// Where a workflow whose live version is public can be called without a token.
  struct Endpoint {
    std::string key;  // unguessable; made with the first such version, and kept
    std::string method;
    UserId run_as;
  };
  /// Nothing: it has none, or is not deployed. Error: not_found.
  Result<std::optional<Endpoint>> endpoint(const ProjectId& project, const WorkflowId& id);
  /// Gives the endpoint another key; the one before is worth nothing from then on. Errors: not_found,
  /// conflict (it has none).
  Result<Endpoint> rotate_endpoint(const ProjectId& project, const WorkflowId& id);

  /// The live version, compiled. What was accepted when it was deployed is not checked again: it goes on
  /// running whatever rules there are today. Errors: not_found, workflow_not_deployed,
  /// format_not_supported (there is something in it that this program cannot execute; logged).
  Result<std::shared_ptr<const Workflow>> deployed(const ProjectId& project, const WorkflowId& id);
  /// Any version, compiled: what a run in flight stays on.
  Result<std::shared_ptr<const Workflow>> version(const ProjectId& project, const WorkflowId& id,
                                                  WorkflowVersion version);

 private:
  /// A version that has been checked and is not stored yet.
  struct Checked {
    std::shared_ptr<const Workflow> workflow;
    storage::WorkflowVersionRow row;
    FoundBy found_by;
  };

  /// One of several that are deployed together: its row before and after, and what is to be live.
  struct Step {
    std::optional<storage::WorkflowRow> before;
    storage::WorkflowRow next;
    Checked checked;
    Change change = Change::added;
  };

  /// For "did you mean": of the live workflows on requests, whose rows are small.
  std::vector<std::string> names_near(const ProjectId& project) const;
  /// Error not_found.
  Result<storage::WorkflowRow> row_of(const ProjectId& project, const WorkflowId& id) const;
  /// What is wrong with it before it is compiled; what is to be stored otherwise.
  Result<DraftText> accepted_draft(const WorkflowId& id, const DraftText& draft) const;
  /// The row with this draft, stored. Under the workflow's lock.
  Result<Entry> store_draft(const ProjectId& project, storage::WorkflowRow next,
                            const DraftText& draft);
  /// The row that takes a draft: what is there, or a new one that goes on counting its versions.
  Result<storage::WorkflowRow> row_for_draft(const ProjectId& project, const WorkflowId& id,
                                             const std::optional<storage::WorkflowRow>& now) const;
  Result<Checked> check(const ProjectId& project, const storage::WorkflowRow& row,
                        const IntegrationCatalog& catalog);
  /// The deployed version is what was checked.
  Result<bool> is_live_already(const ProjectId& project, const storage::WorkflowRow& row,
                               const Checked& checked) const;
  /// The row with the checked version live, and that version's row added.
  void go_live(const ProjectId& project, storage::WorkflowRow& row, const Checked& checked,
               storage::WriteBatch& batch);
  void note_deployed(const ProjectId& project, const WorkflowId& id, const Checked& checked);
  Result<Step> plan_step(const ProjectId& project, const Draft& draft,
                         const IntegrationCatalog& catalog);
  /// Adds the row with what it is found by, and what its schedule needs when `live` is live (null: nothing). The
  /// wakes to be told, once that is stored. Under the workflow's lock.
  Result<std::vector<storage::WakeRow>> put_live(const ProjectId& project, const FoundBy& before,
                                                 const storage::WorkflowRow& row,
                                                 const Workflow* live,
                                                 storage::WriteBatch& batch) const;
  void tell(const std::vector<storage::WakeRow>& wakes) const;
  /// False when a workflow is no longer as it was checked.
  Result<bool> apply(const ProjectId& project, std::vector<Step>& steps, const CommitRows& commit);
  /// The row of the workflow with that definition as its draft, which is not stored.
  Result<storage::WorkflowRow> row_with(const ProjectId& project, const WorkflowId& id,
                                        const DraftText& definition) const;
  /// False when the draft is no longer the one that was checked.
  Result<bool> make_live(const ProjectId& project, const storage::WorkflowRow& seen,
                         const Checked& checked);
  Result<std::shared_ptr<const Workflow>> compile(const ProjectId& project, const WorkflowId& id,
                                                  const storage::WorkflowVersionRow& row) const;
  Outcome commit(const ProjectId& project, storage::WriteBatch batch);

  /// Null: not known. Else the version, or why it cannot be executed.
  using Compiled = Result<std::shared_ptr<const Workflow>>;
  std::optional<Compiled> cached(const std::string& version_key);
  void remember(const std::string& version_key, Compiled workflow, std::size_t definition_bytes);
  /// 0: not known.
  WorkflowVersion known_live(const std::string& workflow_key);
  /// 0: it is not deployed. Under the workflow's lock.
  void note_live(const std::string& workflow_key, WorkflowVersion version);

  const storage::OrderedStore& store_;
  storage::ProjectTable table_;
  storage::GroupCommit& commits_;
  const ShardOwnership& ownership_;
  const Clock& clock_;
  Random& random_;
  FunctionEngine& functions_;
  const Integrations integrations_;
  const LogSink log_;
  TellWake tell_wake_;

  /// Of workflows (read, decide, commit, publish) and of versions (compiled once, by whoever comes
  /// first), both by the keys of their rows.
  KeyedLocks locks_;

  std::mutex cache_mutex_;                        // for moments only
  RecentMap<std::string, Compiled> compiled_;     // by the key of the version
  RecentMap<std::string, WorkflowVersion> live_;  // by the key of the workflow
  struct ListedLive {
    std::uint64_t changes = 0;  // when it was read
    Live list;
  };
  RecentMap<ProjectId, ListedLive> listed_live_;
  /// Of all projects, counted when they are on the disk or may be: what was read under another count may be old.
  std::atomic<std::uint64_t> changes_{0};
};

}  // namespace millrace
