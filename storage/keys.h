#pragma once
// Every key of every row, in one place. A key is
//
//   shard (2 bytes) | kind (1 byte) | the ids of that kind, tenant first
//
// so that a shard's rows are one range that moves as a whole. All numbers are big endian, so that
// rows sort by them. Text ids may hold any bytes; they are escaped (NUL becomes 00 FF) and ended
// (00 01), so that no id is a prefix of another one and two ids never meet at a field border.
// Keys are stored for ever: a kind and a part number are never reused, fields are never reordered.
// storage/README.md shows the same keys as a table.

#include "runtime/base/calendar_month.h"
#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/base/limits.h"
#include "runtime/base/shard.h"
#include "runtime/execution/branch_path.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage::keys {

/// No key is longer, by the limits of what keys are made of; `WriteBatch` refuses a longer one where it is added, so
/// that nobody else's commit meets it. `end_of_prefix` relies on it.
///
/// Every store holds such keys: the narrowest is an index of PostgreSQL, with 2,692 bytes of a key, or more that compress
/// to that. Only an account's key can have more, whose provider's id is then nothing but NULs, each of them 00 FF.
inline constexpr std::size_t bytes_max = 2'712;

/// Rows that belong to the node, not to a shard.
inline constexpr ShardId node_shard{0xffff};

/// Stored numbers. Retired so far: none.
enum class Kind : std::uint8_t {
  format_version = 1,     // written by the stores alone
  epoch = 2,              // written by the stores alone
  project = 16,           // project
  signing_key = 17,       // project, key id
  workflow = 18,          // project, workflow
  workflow_version = 19,  // project, workflow, version
  secret = 20,            // project, name
  integration = 21,       // project, type
  project_revision = 22,  // project
  api_key = 23,           // hash of the key; on a shard of its own
  credential = 24,        // project, user, credential; on the user's shard
  app_event = 25,         // project, name
  user = 26,              // project, user; on the user's shard
  run_key = 27,           // key id; of the node
  user_erasure = 28,      // project, user; on the user's shard
  history = 32,           // project, start time, execution
  execution = 33,         // execution, part, ...
  unfinished = 34,        // execution
  // Indexes: views, rebuilt by maintenance/back_fill_indexes.h.
  trigger = 40,           // project, kind of trigger, name, workflow
  default_workflow = 41,  // project, integration, workflow
  enabled_workflow = 42,  // project, workflow, user, credential; on the user's shard
  index_state = 43,       // says that the shard has these rows
  timer = 48,             // due time, execution, branch, step
  wake = 49,              // due time, target kind(1), target key
  event_log = 50,         // project, time, number(8); on the user's shard
  received = 51,          // part, ...; on the user's shard
  schedule = 52,          // part(1), ...
  hook = 53,              // part, ...
  sign_in = 54,           // hash of what names it; on a shard of its own
  poll = 55,              // part(1), ...
  pause = 59,             // project, user, account; on the user's shard
  history_index = 60,     // project, part(1), ...: a view, see storage/history
  history_change = 61,    // number(8); on the shard of one of the runs that changed
  test_data = 57,         // project, workflow
  test_capture = 58,      // part, ...
  subscription = 56,      // part, project, user, credential, ...; on the user's shard
  audit = 65,             // project, time, number(8)
  admission_line = 62,    // project, user, digest(32); on the user's shard
  bulk_job = 63,          // project, job
  waiting_trigger = 64,   // part(1), project, user, digest(32), number(8), ...; on the user's shard
  stored_bytes = 66,      // part, ...: what projects keep on the shard, see storage/usage
  task_count = 67,  // project, month(2); on any shard that a commit wrote to, see storage/usage
};

/// What a row of kind `execution` is. Stored numbers. Retired so far: none.
enum class ExecutionPart : std::uint8_t {
  locator = 1,      // nothing else: leads to the history row
  snapshot = 2,     // branch
  journal = 3,      // branch, first sequence
  file = 4,         // hash(32), chunk(4)
  sealed_file = 5,  // hash(32), chunk(4)
  step_counts = 6,  // nothing else: of the fan-out that is open
  step_note = 7,    // note(1), ...: what is to be found of single steps
  bytes = 8,        // nothing else: of all rows of the execution but this one, see storage/usage
};

/// What a row of part `step_note` says. Stored numbers. Retired so far: none.
enum class StepNote : std::uint8_t {
  failed = 1,    // step, branch: inside a fan-out, for good
  repeated = 2,  // branch, events before(8), time: an attempt that was begun again
};

/// What a row of kind `received` is. Stored numbers. Retired so far: none.
enum class ReceivedPart : std::uint8_t {
  of_user = 1,  // project, user, digest(32)
  by_time = 2,  // time, project, user, digest(32): those that are old
};

/// What a row of kind `hook` is. Stored numbers.
enum class HookPart : std::uint8_t {
  by_id = 1,     // id, which names its shard
  by_place = 2,  // project, user (empty: of the project's), integration, credential, webhook
  // Retired: rows as those of `account`, on the user's shard, one range per shard.
  scattered_account = 3,
  account = 4,     // project, integration, provider id, user, credential: an index row
  kept_token = 5,  // id of a hook: what a challenge has brought to it
};

/// What a row of kind `history_index` is. Stored numbers. Retired so far: none.
enum class HistoryPart : std::uint8_t {
  state = 0,      // nothing else
  head = 1,       // start time, execution: of the first run of a block
  runs = 2,       // likewise, as all that follow
  users = 3,      //
  states = 4,     //
  durations = 5,  //
};

/// What a row of kind `stored_bytes` is. Stored numbers. Retired so far: none.
enum class StoredBytesPart : std::uint8_t {
  state = 0,  // nothing else: how much of the shard is counted
  sum = 1,    // project
};

/// What a row of kind `test_capture` is. Stored numbers. Retired so far: none.
enum class TestCapturePart : std::uint8_t {
  by_id = 1,        // id, which names its shard
  of_workflow = 2,  // project, workflow
};

/// What a row of kind `subscription` is. Stored numbers. Retired so far: none.
enum class SubscriptionPart : std::uint8_t {
  subscription = 1,  // project, user, credential, webhook, intent
  left_account = 2,  // project, user, credential: an account that is gone, and has subscriptions
};

// --- the stores' own rows --------------------------------------------------------------------
std::string format_version();
std::string epoch(ShardId shard);
/// True for keys that only a store itself writes.
bool is_reserved(std::string_view key);
/// True when the range of `prefix` may hold such keys.
bool may_hold_reserved(std::string_view prefix);

/// The smallest key above every key that begins with `prefix`. Never empty.
std::string end_of_prefix(std::string_view prefix);

/// True for rows of executions and timers. Ids and times grow, so the next such row of a shard mostly lies
/// right behind the last one. False for whole ranges of them and for `execution(id)`: what is true here
/// cannot be named by `WriteBatch::remove_prefix`, and a store may rely on that.
bool is_appended(std::string_view key);
/// What the rows that lie behind each other have in common: shard and kind.
inline constexpr std::size_t shard_and_kind_bytes = 3;
/// True for rows, and ranges of them, that lead from what comes in to whom it is for: read with every trigger,
/// written when somebody changes a definition or an account.
bool is_lookup(std::string_view key);
/// The shard of a key, or of a prefix that has at least `shard_and_kind_bytes`.
ShardId shard_in(std::string_view key);

/// Whose bytes a row is. A project's are the rows whose keys begin with it, and those of its executions. The
/// instance's is what is sorted by something else: the queues of what is due or unfinished, and what leads to a
/// project from what comes in (API keys, ids of webhooks, sign-ins); they are no larger than what they lead to.
struct RowOwner {
  enum class Kind : std::uint8_t { instance, project, execution } kind = Kind::instance;
  std::string_view project{};  // within the key: escaped, with its end
  ExecutionId execution{};
};
RowOwner owner_of(std::string_view key);
/// True for rows that nobody writes a second time while they are there.
bool is_written_once(std::string_view key);
/// True for the row that a run begins with: nothing of its execution is there before.
bool begins_execution(std::string_view key);
/// Of which execution it is the prefix `execution(...)`, if of any.
std::optional<ExecutionId> whole_execution(std::string_view prefix);

// --- projects --------------------------------------------------------------------------------
std::string projects(ShardId shard);  // prefix
std::string project(const ProjectId& project);
/// Leads from an API key to its project, whose shard nobody knows yet: the hash says the shard.
std::string api_key(std::string_view hash);
/// A row of the node: there once every project's API key has its row.
std::string api_keys_are_indexed();
std::string project_revision(const ProjectId& project);
std::string signing_keys(const ProjectId& project);  // prefix
std::string signing_key(const ProjectId& project, const SigningKeyId& kid);
std::string workflows(const ProjectId& project);  // prefix
std::string workflow(const ProjectId& project, const WorkflowId& workflow);
std::string workflow_versions(const ProjectId& project, const WorkflowId& workflow);  // prefix
std::string workflow_version(const ProjectId& project, const WorkflowId& workflow,
                             WorkflowVersion version);

// --- by what workflows are found ------------------------------------------------------------
/// The workflows that something under this name may start. A prefix.
std::string triggers(const ProjectId& project, std::string_view kind, std::string_view name);
std::string triggers(const ProjectId& project, std::string_view kind);  // of any name
std::string trigger(const ProjectId& project, std::string_view kind, std::string_view name,
                    const WorkflowId& workflow);
/// The workflows that connecting an account enables. A prefix.
std::string default_workflows(const ProjectId& project, std::string_view integration);
std::string default_workflow(const ProjectId& project, std::string_view integration,
                             const WorkflowId& workflow);
/// Who has the workflow enabled, on one shard, in the order of users. A prefix.
std::string enabled_workflows(ShardId shard, const ProjectId& project, const WorkflowId& workflow);
std::string enabled_workflow(const ProjectId& project, const WorkflowId& workflow,
                             const UserId& user, std::string_view credential);
/// The accounts that the integration's provider knows by this id: on one shard, whoever their users are.
/// A prefix.
std::string accounts(const ProjectId& project, std::string_view integration,
                     std::string_view provider_id);
std::string account(const ProjectId& project, std::string_view integration,
                    std::string_view provider_id, const UserId& user, std::string_view credential);
std::string index_state(ShardId shard);
/// All of these rows on the shard, but for its state. Prefixes.
std::array<std::string, 4> indexes(ShardId shard);

// --- what a project defines besides: rows hold their ids, so that a shard is read in one walk ----
std::string secrets(ShardId shard);             // prefix
std::string secrets(const ProjectId& project);  // prefix
std::string secret(const ProjectId& project, std::string_view name);
std::string run_keys();  // prefix
std::string run_key(std::string_view key_id);
std::string integrations(ShardId shard);             // prefix
std::string integrations(const ProjectId& project);  // prefix
std::string integration(const ProjectId& project, std::string_view type);

std::string app_events(const ProjectId& project);  // prefix
std::string app_event(const ProjectId& project, std::string_view name);

// --- a project's users -----------------------------------------------------------------------
std::string users(ShardId shard);  // prefix
/// The project's users on one shard, in the order of their ids. A prefix.
std::string users(ShardId shard, const ProjectId& project);
/// The user's key as it would be on that shard: where users that follow this one begin.
std::string user_on(ShardId shard, const ProjectId& project, const UserId& user);
std::string user(const ProjectId& project, const UserId& user);
/// `hash`: of what whoever signs in holds; in lower-case hex.
std::string sign_in(std::string_view hash);
std::string sign_ins(ShardId shard);  // prefix
ShardId shard_of_sign_in(std::string_view hash);
std::string user_erasures(ShardId shard);  // prefix
std::string user_erasure(const ProjectId& project, const UserId& user);
std::string credentials(ShardId shard);                                 // prefix
std::string credentials(const ProjectId& project, const UserId& user);  // prefix
std::string credential(const ProjectId& project, const UserId& user, std::string_view id);
std::string pauses(ShardId shard);                                 // prefix
std::string pauses(const ProjectId& project, const UserId& user);  // prefix
std::string pause(const ProjectId& project, const UserId& user, std::string_view account);

// --- schedules -------------------------------------------------------------------------------
/// What a row of kind `schedule` is. Stored numbers. Retired so far: none.
enum class SchedulePart : std::uint8_t {
  workflow = 1,  // project, workflow; on the project's shard
  account = 2,   // project, user, workflow, credential; on the user's shard
};
std::string schedule(const ProjectId& project, const WorkflowId& workflow);
/// What the schedules keep of one user. A prefix.
std::string scheduled_accounts(const ProjectId& project, const UserId& user);
std::string scheduled_account(const ProjectId& project, const UserId& user,
                              const WorkflowId& workflow, std::string_view credential);
/// Which of them a key is; nothing for keys of other kinds.
std::optional<SchedulePart> schedule_part(std::string_view key);

// --- polls -----------------------------------------------------------------------------------
/// What a row of kind `poll` is. Stored numbers. Retired so far: none.
enum class PollPart : std::uint8_t {
  workflow = 1,  // project, workflow; on the project's shard
  account = 2,   // project, user, workflow, credential; on the user's shard
};
std::string polled_workflow(const ProjectId& project, const WorkflowId& workflow);
/// What the polls keep of one user. A prefix.
std::string polled_accounts(const ProjectId& project, const UserId& user);
std::string polled_account(const ProjectId& project, const UserId& user, const WorkflowId& workflow,
                           std::string_view credential);
/// Which of them a key is; nothing for keys of other kinds.
std::optional<PollPart> poll_part(std::string_view key);

// --- what came in already --------------------------------------------------------------------
/// Of one user. A prefix.
std::string received(const ProjectId& project, const UserId& user);
/// `digest` says what it was, in 32 bytes.
std::string received_row(const ProjectId& project, const UserId& user, std::string_view digest);
/// Of one shard, the oldest first. A prefix.
std::string received_by_time(ShardId shard);
/// Where those of that time begin within `received_by_time(...)`.
std::string received_from(ShardId shard, Instant at);
std::string received_at(Instant at, const ProjectId& project, const UserId& user,
                        std::string_view digest);

// --- URLs of webhooks ------------------------------------------------------------------------
std::string hook(ShardId shard, std::string_view id);
/// Those of one user's accounts. A prefix.
std::string hooks(const ProjectId& project, const UserId& user);
/// `user` and `credential` empty: the URL is the integration's own, on the project's shard.
std::string hook_place(const ProjectId& project, const UserId& user, std::string_view integration,
                       std::string_view credential, std::string_view webhook);

std::string kept_tokens(ShardId shard);  // prefix
std::string kept_token(ShardId shard, std::string_view hook);

// --- test data -------------------------------------------------------------------------------
std::string test_data(const ProjectId& project, const WorkflowId& workflow);
std::string test_capture(ShardId shard, std::string_view id);
std::string test_capture_of(const ProjectId& project, const WorkflowId& workflow);

// --- subscriptions of webhooks ---------------------------------------------------------------
/// Of all users of a project on one shard. A prefix.
std::string subscriptions(ShardId shard, const ProjectId& project);
/// Of one user. A prefix.
std::string subscriptions(const ProjectId& project, const UserId& user);
std::string subscription(const ProjectId& project, const UserId& user, std::string_view credential,
                         std::string_view webhook, std::string_view intent);
std::string left_accounts(ShardId shard);                                 // prefix
std::string left_accounts(const ProjectId& project, const UserId& user);  // prefix
std::string left_account(const ProjectId& project, const UserId& user, std::string_view credential);
/// Of all projects on one shard. A prefix.
std::string subscriptions(ShardId shard);

// --- the audit log ---------------------------------------------------------------------------
/// Of all projects of one shard. A prefix.
std::string audits(ShardId shard);
/// Of one project, in the order of time. A prefix.
std::string audit(const ProjectId& project);
/// Where entries of that time begin within `audit(...)`.
std::string audit_from(const ProjectId& project, Instant at);
std::string audit_row(const ProjectId& project, Instant at, std::uint64_t number);

// --- many runs that are replayed or cancelled together ---------------------------------------
std::string bulk_jobs(const ProjectId& project);  // prefix
std::string bulk_job(const ProjectId& project, std::string_view job);

// --- triggers that wait for their admission --------------------------------------------------
/// What a row of kind `waiting_trigger` is. Stored numbers. Retired so far: none.
enum class WaitingTriggerPart : std::uint8_t {
  trigger = 1,  // nothing else
  file = 2,     // hash(32), chunk(4)
};
std::string admission_lines(ShardId shard);                                 // prefix
std::string admission_lines(ShardId shard, const ProjectId& project);       // prefix
std::string admission_lines(const ProjectId& project, const UserId& user);  // prefix
/// `digest`: which line of the user's, in 32 bytes.
std::string admission_line(const ProjectId& project, const UserId& user, std::string_view digest);
/// Of one user. Prefixes.
std::string waiting_triggers(const ProjectId& project, const UserId& user, WaitingTriggerPart part);
std::string waiting_trigger(const ProjectId& project, const UserId& user, std::string_view digest,
                            std::uint64_t number);
/// The chunks of one file, in order. A prefix.
std::string waiting_file(const ProjectId& project, const UserId& user, std::string_view digest,
                         std::uint64_t number, const std::array<std::uint8_t, 32>& hash);
std::string waiting_file_chunk(const ProjectId& project, const UserId& user,
                               std::string_view digest, std::uint64_t number,
                               const std::array<std::uint8_t, 32>& hash, std::uint32_t chunk);

// --- the event log ---------------------------------------------------------------------------
/// Of all projects on one shard. A prefix.
std::string event_logs(ShardId shard);
/// Of one project on one shard, in the order of time. A prefix.
std::string event_log(ShardId shard, const ProjectId& project);
/// Where entries of that time begin within `event_log(...)`.
std::string event_log_from(ShardId shard, const ProjectId& project, Instant at);
/// `number` tells apart what happened in one millisecond.
std::string event_log_row(ShardId shard, const ProjectId& project, Instant at,
                          std::uint64_t number);
/// All entries of a stretch of 2^24 ms (4.7 hours), counted from 1970: what is removed at once when it is old. A
/// prefix.
std::string event_log_stretch(ShardId shard, const ProjectId& project, std::int64_t stretch);
inline constexpr int event_log_stretch_bits = 24;

// --- executions ------------------------------------------------------------------------------
/// The task history of all projects on one shard. A prefix.
std::string histories(ShardId shard);
/// The task history of one project on one shard, in (start time, id) order. A prefix.
std::string history(ShardId shard, const ProjectId& project);
/// Where rows that started at `started` begin within `history(...)`.
std::string history_from(ShardId shard, const ProjectId& project, Instant started);
std::string history_row(const ProjectId& project, Instant started, const ExecutionId& id);
/// The part of a history row's key by which rows of all shards sort: start time and id.
inline constexpr std::size_t history_order_bytes = 8 + 16;

/// Start time and id, as they end a history row's key: what lists sort by.
std::string history_order(Instant started, const ExecutionId& id);
/// The other way; nothing for other than `history_order_bytes` bytes.
struct HistoryOrderKey {
  Instant started{};
  ExecutionId id;
};
std::optional<HistoryOrderKey> parse_history_order(std::string_view order);
/// True for history rows, and of nothing else.
bool is_history_row(std::string_view key);
/// What a history row's key says.
struct HistoryRowKey {
  ProjectId project;
  std::string_view order;  // within the key
};
HistoryRowKey parse_history_row(std::string_view key);

/// What tells the age of a row: of the task history, or of one of the logs.
struct AgedKey {
  std::string_view
      rows_of_project;  // within the key: the prefix of all such rows of the project on the shard
  ProjectId project;
  Instant at{};
};
/// Nothing: the key is of no such row.
std::optional<AgedKey> parse_aged(std::string_view key);

/// The whole index of a project's history. A prefix.
std::string history_index(const ProjectId& project);
std::string history_index_state(const ProjectId& project);
/// The blocks' rows of one part, by the first run of each block. A prefix.
std::string history_blocks(const ProjectId& project, HistoryPart part);
std::string history_changes(ShardId shard);  // prefix
std::string history_change(ShardId shard, std::uint64_t number);

std::string unfinished(ShardId shard);  // prefix
std::string unfinished_row(const ExecutionId& id);

/// Everything of one execution except its history line and marker. A prefix.
std::string execution(const ExecutionId& id);
std::string locator(const ExecutionId& id);
std::string snapshot(const ExecutionId& id, const BranchPath& branch);
/// The pages of one branch, in sequence order. A prefix.
std::string journal(const ExecutionId& id, const BranchPath& branch);
std::string journal_page(const ExecutionId& id, const BranchPath& branch,
                         std::uint64_t first_sequence);
/// The pages of all children of one fan-out of `parent`, in element order and without those of
/// deeper branches (a branch's depth comes before its path). A prefix.
std::string children(const ExecutionId& id, const BranchPath& parent, StepIndex fan_out);

/// The chunks of one file, in order. A prefix. `part`: file, or sealed_file when its bytes are sealed.
std::string file(const ExecutionId& id, const std::array<std::uint8_t, 32>& hash,
                 ExecutionPart part = ExecutionPart::file);
std::string file_chunk(const ExecutionId& id, const std::array<std::uint8_t, 32>& hash,
                       std::uint32_t chunk, ExecutionPart part = ExecutionPart::file);

std::string step_counts(const ExecutionId& id);
std::string execution_bytes(const ExecutionId& id);
/// The steps inside fan-outs that have failed, by step and element. Prefixes.
std::string failed_steps(const ExecutionId& id);
std::string failed_steps(const ExecutionId& id, StepIndex step);
std::string failed_step(const ExecutionId& id, StepIndex step, const BranchPath& branch);
/// The attempts that were begun again. A prefix.
std::string repeated_attempts(const ExecutionId& id);
std::string repeated_attempt(const ExecutionId& id, const BranchPath& branch,
                             std::uint64_t events_before, Instant at);
/// What follows the prefix `repeated_attempts(id)`.
struct RepeatedAttemptKey {
  BranchPath branch;
  std::uint64_t events_before = 0;
  Instant at{};
};
std::optional<RepeatedAttemptKey> parse_repeated_attempt(std::string_view tail);

/// What follows the prefix `failed_steps(id)`.
struct FailedStepKey {
  StepIndex step = 0;
  BranchPath branch;
};
std::optional<FailedStepKey> parse_failed_step(std::string_view tail);

/// What follows the prefix `journal(...)` in a page's key.
std::optional<std::uint64_t> parse_sequence(std::string_view tail);

/// What follows the prefix `children(...)` in a page's key.
struct ChildPage {
  std::uint32_t index = 0;
  std::uint64_t first_sequence = 0;
};
std::optional<ChildPage> parse_child_page(std::string_view tail);

// --- what projects keep ----------------------------------------------------------------------
std::string stored_bytes_state(ShardId shard);
std::string stored_bytes_sums(ShardId shard);  // prefix
std::string stored_bytes_sum(ShardId shard, const ProjectId& project);
/// The same by the project as `owner_of` has it.
std::string stored_bytes_sum(ShardId shard, std::string_view owner);
bool is_stored_bytes_state(std::string_view key);
/// What a project's tasks were on one shard, in the order of months. A prefix.
std::string task_counts(ShardId shard, const ProjectId& project);
std::string task_count(ShardId shard, const ProjectId& project, CalendarMonth month);
/// Nothing for keys of other kinds.
std::optional<CalendarMonth> month_of_task_count(std::string_view key);
/// All rows of a shard. A prefix, not for `WriteBatch::remove_prefix`.
std::string whole_shard(ShardId shard);
/// A project as it stands in keys, and the other way.
std::string owner_text(const ProjectId& project);
ProjectId project_of(std::string_view owner);

// --- timers ----------------------------------------------------------------------------------
// What is due: timers of executions and wakes of everything else. Behind the prefix both begin with the
// due time, so that rows of both kinds and of all shards sort into one order.
std::string timers(ShardId shard);  // prefix
/// Where timers that are due at `due` begin within `timers(shard)`.
std::string timers_from(ShardId shard, Instant due);
std::string timer(Instant due, const ExecutionId& id, const BranchPath& branch, StepIndex step);

/// A timer's key without its shard.
struct TimerKey {
  Instant due{};
  ExecutionId execution;
  BranchPath branch;
  StepIndex step = 0;
};
bool is_timer(std::string_view key);
std::optional<TimerKey> parse_timer(std::string_view key);

std::string wakes(ShardId shard);  // prefix
/// Where wakes that are due at `due` begin within `wakes(shard)`.
std::string wakes_from(ShardId shard, Instant due);
/// `target_key`: 1 to `wake_target_bytes_max` bytes, any.
std::string wake(ShardId shard, Instant due, std::uint8_t target, std::string_view target_key);
inline constexpr std::size_t wake_target_bytes_max = 1'024;

/// A wake's key, taken apart.
struct WakeKey {
  ShardId shard{};
  Instant due{};
  std::uint8_t target = 0;
  std::string target_key;
};
std::optional<WakeKey> parse_wake(std::string_view key);

static_assert(bytes_max > 16 + 5 * (2 * limits::id_bytes_max + 2), "five ids fit into a key");
static_assert(bytes_max >= std::string_view("shkp").size() + (limits::id_bytes_max + 2) +
                               (std::string_view("resource:").size() + limits::id_bytes_max + 2) +
                               (2 * limits::provider_id_bytes_max + 2) +
                               (2 * limits::id_bytes_max + 2) + (limits::id_bytes_max + 2),
              "so does an account: project, integration, provider's id, user, credential");
static_assert(bytes_max >= 16 + wake_target_bytes_max, "and a wake");
static_assert(wake_target_bytes_max > 3 * (2 * limits::id_bytes_max + 2),
              "and into a wake's target");
static_assert(limits::step_nesting_max < 256, "the depth of a branch is one byte");

}  // namespace millrace::storage::keys
