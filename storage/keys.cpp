#include "storage/keys.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace millrace::storage::keys {
namespace {

constexpr std::size_t kind_position = 2;  // after the shard
constexpr std::size_t execution_id_bytes = 16;
constexpr std::size_t branch_element_bytes = 8;
static_assert(shard_and_kind_bytes == kind_position + 1);

/// Negative times (before 1970) must sort below positive ones: the sign bit is turned around.
constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

class KeyWriter {
 public:
  KeyWriter(ShardId shard, Kind kind) {
    key_.reserve(64);
    number(static_cast<std::uint16_t>(shard));
    byte(static_cast<std::uint8_t>(kind));
  }

  KeyWriter& byte(std::uint8_t value) {
    key_.push_back(static_cast<char>(value));
    return *this;
  }

  template <class Number>
  KeyWriter& number(Number value) {
    static_assert(std::is_unsigned_v<Number>);
    for (std::size_t shift = 8 * sizeof(Number); shift > 0; shift -= 8) {
      byte(static_cast<std::uint8_t>(value >> (shift - 8)));
    }
    return *this;
  }

  KeyWriter& text(std::string_view text) {
    for (const char c : text) {
      key_.push_back(c);
      if (c == '\0') key_.push_back('\xff');
    }
    key_.append("\0\1", 2);
    return *this;
  }

  KeyWriter& time(Instant instant) {
    return number(static_cast<std::uint64_t>(instant.time_since_epoch().count()) ^ sign_bit);
  }

  KeyWriter& execution(const ExecutionId& id) {
    for (const std::uint8_t value : id.bytes) byte(value);
    return *this;
  }

  KeyWriter& depth(std::size_t depth) {
    CHECK(depth <= limits::step_nesting_max, "a branch is nested deeper than workflows may be");
    return byte(static_cast<std::uint8_t>(depth));
  }

  KeyWriter& elements(const BranchPath& branch) {
    for (const auto& element : branch.elements) number(element.fan_out).number(element.index);
    return *this;
  }

  KeyWriter& branch(const BranchPath& branch) {
    return depth(branch.elements.size()).elements(branch);
  }

  std::string take() { return std::move(key_); }

 private:
  std::string key_;
};

/// Reads fixed-size fields; the caller has checked that they are there.
class KeyReader {
 public:
  explicit KeyReader(std::string_view bytes) : bytes_(bytes) {}

  std::size_t left() const { return bytes_.size(); }

  template <class Number>
  Number number() {
    CHECK(bytes_.size() >= sizeof(Number), "a key is read past its end");
    Number value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      value = static_cast<Number>((value << 8) | static_cast<std::uint8_t>(bytes_[i]));
    }
    bytes_.remove_prefix(sizeof(Number));
    return value;
  }

  Instant time() {
    return Instant(Millis(static_cast<std::int64_t>(number<std::uint64_t>() ^ sign_bit)));
  }

  ExecutionId execution() {
    ExecutionId id;
    for (auto& byte : id.bytes) byte = number<std::uint8_t>();
    return id;
  }

 private:
  std::string_view bytes_;
};

KeyWriter execution_part(const ExecutionId& id, ExecutionPart part) {
  KeyWriter key(id.shard(), Kind::execution);
  key.execution(id).byte(static_cast<std::uint8_t>(part));
  return key;
}

KeyWriter step_note(const ExecutionId& id, StepNote note) {
  KeyWriter key = execution_part(id, ExecutionPart::step_note);
  key.byte(static_cast<std::uint8_t>(note));
  return key;
}

KeyWriter received_part(ShardId shard, ReceivedPart part) {
  KeyWriter key(shard, Kind::received);
  key.byte(static_cast<std::uint8_t>(part));
  return key;
}

KeyWriter stored_bytes_part(ShardId shard, StoredBytesPart part) {
  KeyWriter key(shard, Kind::stored_bytes);
  key.byte(static_cast<std::uint8_t>(part));
  return key;
}

KeyWriter hook_part(ShardId shard, HookPart part) {
  KeyWriter key(shard, Kind::hook);
  key.byte(static_cast<std::uint8_t>(part));
  return key;
}

/// On the shard of the provider's id, so that a delivery finds them in one read.
KeyWriter accounts_of(const ProjectId& project, std::string_view integration,
                      std::string_view provider_id) {
  const ShardId shard =
      shard_of(project, UserId(std::string(integration) + '/' + std::string(provider_id)));
  KeyWriter key = hook_part(shard, HookPart::account);
  key.text(project.text).text(integration).text(provider_id);
  return key;
}

KeyWriter user_row(Kind kind, const ProjectId& project, const UserId& user) {
  KeyWriter key(shard_of(project, user), kind);
  key.text(project.text).text(user.text);
  return key;
}

KeyWriter project_row(Kind kind, const ProjectId& project) {
  KeyWriter key(shard_of(project), kind);
  key.text(project.text);
  return key;
}

}  // namespace

std::string format_version() { return KeyWriter(node_shard, Kind::format_version).take(); }

std::string epoch(ShardId shard) { return KeyWriter(shard, Kind::epoch).take(); }

bool is_reserved(std::string_view key) {
  if (key.size() <= kind_position) return false;
  const auto kind = static_cast<std::uint8_t>(key[kind_position]);
  return kind == static_cast<std::uint8_t>(Kind::format_version) ||
         kind == static_cast<std::uint8_t>(Kind::epoch);
}

bool may_hold_reserved(std::string_view prefix) {
  return prefix.size() <= kind_position || is_reserved(prefix);
}

std::string end_of_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  // Nothing but FF (or nothing at all): only a key that is longer than any key may be is above.
  if (end.empty()) return std::string(bytes_max + 1, '\xff');
  end.back() = static_cast<char>(static_cast<std::uint8_t>(end.back()) + 1);
  return end;
}

bool is_appended(std::string_view key) {
  if (key.size() <= shard_and_kind_bytes) return false;
  switch (static_cast<Kind>(key[kind_position])) {
    case Kind::history:
    case Kind::unfinished:
    case Kind::timer:
      return true;
    case Kind::execution:
      return key.size() > shard_and_kind_bytes + execution_id_bytes;
    default:
      return false;
  }
}

bool is_lookup(std::string_view key) {
  if (key.size() < shard_and_kind_bytes) return false;
  switch (static_cast<Kind>(key[kind_position])) {
    case Kind::trigger:
    case Kind::default_workflow:
    case Kind::hook:
      return true;
    default:
      return false;
  }
}

ShardId shard_in(std::string_view key) {
  CHECK(key.size() >= shard_and_kind_bytes, "a prefix of all shards is of none");
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(key[at]); };
  return static_cast<ShardId>(byte(0) << 8 | byte(1));
}

namespace {

/// The escaped text at the beginning of `bytes`, with its end; all of them if they have none.
std::string_view first_text(std::string_view bytes) {
  for (std::size_t at = bytes.find('\0'); at != std::string_view::npos;
       at = bytes.find('\0', at + 2)) {
    if (at + 1 < bytes.size() && bytes[at + 1] == '\1') return bytes.substr(0, at + 2);
  }
  return bytes;
}

RowOwner of_project_at(std::string_view key, std::size_t position) {
  return {RowOwner::Kind::project, first_text(key.substr(std::min(position, key.size()))), {}};
}

/// Of rows whose parts belong to different owners: the part's number, 0 if there is none.
std::uint8_t part_of(std::string_view key) {
  return key.size() > shard_and_kind_bytes ? static_cast<std::uint8_t>(key[shard_and_kind_bytes])
                                           : std::uint8_t{0};
}

template <class Part>
bool has_part(std::string_view key, Part part) {
  return part_of(key) == static_cast<std::uint8_t>(part);
}

RowOwner of_execution(std::string_view key) {
  constexpr std::size_t part_at = shard_and_kind_bytes + execution_id_bytes;
  const bool is_row = key.size() > part_at && static_cast<std::uint8_t>(key[part_at]) !=
                                                  static_cast<std::uint8_t>(ExecutionPart::bytes);
  if (!is_row) return {};
  return {RowOwner::Kind::execution, {}, KeyReader(key.substr(shard_and_kind_bytes)).execution()};
}

}  // namespace

RowOwner owner_of(std::string_view key) {
  if (key.size() < shard_and_kind_bytes) return {};
  const auto behind_part = [key] { return of_project_at(key, shard_and_kind_bytes + 1); };
  switch (static_cast<Kind>(key[kind_position])) {
    case Kind::project:
    case Kind::signing_key:
    case Kind::workflow:
    case Kind::workflow_version:
    case Kind::secret:
    case Kind::integration:
    case Kind::project_revision:
    case Kind::credential:
    case Kind::app_event:
    case Kind::user:
    case Kind::user_erasure:
    case Kind::history:
    case Kind::trigger:
    case Kind::default_workflow:
    case Kind::enabled_workflow:
    case Kind::event_log:
    case Kind::pause:
    case Kind::history_index:
    case Kind::test_data:
    case Kind::audit:
    case Kind::bulk_job:
    case Kind::admission_line:
      return of_project_at(key, shard_and_kind_bytes);
    case Kind::execution:
      return of_execution(key);
    case Kind::schedule:
    case Kind::poll:
    case Kind::subscription:
    case Kind::waiting_trigger:
      return behind_part();
    case Kind::received:
      return has_part(key, ReceivedPart::of_user) ? behind_part() : RowOwner{};
    case Kind::hook:
      return has_part(key, HookPart::by_id) || has_part(key, HookPart::kept_token) ? RowOwner{}
                                                                                   : behind_part();
    case Kind::test_capture:
      return has_part(key, TestCapturePart::of_workflow) ? behind_part() : RowOwner{};
    case Kind::format_version:
    case Kind::epoch:
    case Kind::api_key:
    case Kind::run_key:
    case Kind::unfinished:
    case Kind::index_state:
    case Kind::timer:
    case Kind::wake:
    case Kind::sign_in:
    case Kind::history_change:
    case Kind::stored_bytes:
    case Kind::task_count:
      return {};
  }
  return {};
}

bool is_written_once(std::string_view key) {
  if (key.size() < shard_and_kind_bytes) return false;
  switch (static_cast<Kind>(key[kind_position])) {
    case Kind::event_log:
    case Kind::audit:
      return true;
    case Kind::execution: {
      constexpr std::size_t part_at = shard_and_kind_bytes + execution_id_bytes;
      return key.size() > part_at && static_cast<std::uint8_t>(key[part_at]) ==
                                         static_cast<std::uint8_t>(ExecutionPart::journal);
    }
    default:
      return false;
  }
}

bool begins_execution(std::string_view key) {
  // Part, a depth of 0, and the first sequence number.
  static constexpr std::string_view first_page("\3\0\0\0\0\0\0\0\0\1", 10);
  static_assert(static_cast<int>(ExecutionPart::journal) == 3);
  constexpr std::size_t part_at = shard_and_kind_bytes + execution_id_bytes;
  return key.size() == part_at + first_page.size() &&
         static_cast<Kind>(key[kind_position]) == Kind::execution &&
         key.substr(part_at) == first_page;
}

std::optional<ExecutionId> whole_execution(std::string_view prefix) {
  const bool is_one = prefix.size() == shard_and_kind_bytes + execution_id_bytes &&
                      static_cast<Kind>(prefix[kind_position]) == Kind::execution;
  if (!is_one) return std::nullopt;
  return KeyReader(prefix.substr(shard_and_kind_bytes)).execution();
}

std::string stored_bytes_state(ShardId shard) {
  return stored_bytes_part(shard, StoredBytesPart::state).take();
}

std::string stored_bytes_sums(ShardId shard) {
  return stored_bytes_part(shard, StoredBytesPart::sum).take();
}

std::string stored_bytes_sum(ShardId shard, const ProjectId& project) {
  return stored_bytes_part(shard, StoredBytesPart::sum).text(project.text).take();
}

std::string stored_bytes_sum(ShardId shard, std::string_view owner) {
  return stored_bytes_sums(shard).append(owner);
}

bool is_stored_bytes_state(std::string_view key) {
  return key.size() == shard_and_kind_bytes + 1 &&
         static_cast<Kind>(key[kind_position]) == Kind::stored_bytes &&
         has_part(key, StoredBytesPart::state);
}

std::string task_counts(ShardId shard, const ProjectId& project) {
  KeyWriter key(shard, Kind::task_count);
  return key.text(project.text).take();
}

std::string task_count(ShardId shard, const ProjectId& project, CalendarMonth month) {
  KeyWriter key(shard, Kind::task_count);
  return key.text(project.text).number(month.number).take();
}

std::optional<CalendarMonth> month_of_task_count(std::string_view key) {
  constexpr std::size_t month_bytes = sizeof(CalendarMonth::number);
  const bool is_one = key.size() > shard_and_kind_bytes + month_bytes &&
                      static_cast<Kind>(key[kind_position]) == Kind::task_count;
  if (!is_one) return std::nullopt;
  return CalendarMonth{KeyReader(key.substr(key.size() - month_bytes)).number<std::uint16_t>()};
}

std::string whole_shard(ShardId shard) {
  return KeyWriter(shard, Kind::project).take().substr(0, kind_position);
}

std::string owner_text(const ProjectId& project) {
  return project_row(Kind::project, project).take().substr(shard_and_kind_bytes);
}

ProjectId project_of(std::string_view owner) {
  ProjectId project;
  if (owner.size() >= 2) owner.remove_suffix(2);
  for (std::size_t i = 0; i < owner.size(); ++i) {
    project.text.push_back(owner[i]);
    if (owner[i] == '\0') ++i;
  }
  return project;
}

std::string projects(ShardId shard) { return KeyWriter(shard, Kind::project).take(); }

std::string project(const ProjectId& project) { return project_row(Kind::project, project).take(); }

std::string api_key(std::string_view hash) {
  return KeyWriter(shard_of(ProjectId(std::string(hash))), Kind::api_key).text(hash).take();
}

ShardId shard_of_sign_in(std::string_view hash) { return shard_of(ProjectId(std::string(hash))); }

std::string sign_in(std::string_view hash) {
  return KeyWriter(shard_of_sign_in(hash), Kind::sign_in).text(hash).take();
}

std::string sign_ins(ShardId shard) { return KeyWriter(shard, Kind::sign_in).take(); }

std::string api_keys_are_indexed() { return KeyWriter(node_shard, Kind::api_key).take(); }

std::string run_keys() { return KeyWriter(node_shard, Kind::run_key).take(); }

std::string run_key(std::string_view key_id) {
  return KeyWriter(node_shard, Kind::run_key).text(key_id).take();
}

std::string project_revision(const ProjectId& project) {
  return project_row(Kind::project_revision, project).take();
}

std::string signing_keys(const ProjectId& project) {
  return project_row(Kind::signing_key, project).take();
}

std::string signing_key(const ProjectId& project, const SigningKeyId& kid) {
  return project_row(Kind::signing_key, project).text(kid.text).take();
}

std::string workflows(const ProjectId& project) {
  return project_row(Kind::workflow, project).take();
}

std::string workflow(const ProjectId& project, const WorkflowId& workflow) {
  return project_row(Kind::workflow, project).text(workflow.text).take();
}

std::string workflow_versions(const ProjectId& project, const WorkflowId& workflow) {
  return project_row(Kind::workflow_version, project).text(workflow.text).take();
}

std::string workflow_version(const ProjectId& project, const WorkflowId& workflow,
                             WorkflowVersion version) {
  return project_row(Kind::workflow_version, project).text(workflow.text).number(version).take();
}

std::string triggers(const ProjectId& project, std::string_view kind) {
  return project_row(Kind::trigger, project).text(kind).take();
}

std::string triggers(const ProjectId& project, std::string_view kind, std::string_view name) {
  return project_row(Kind::trigger, project).text(kind).text(name).take();
}

std::string trigger(const ProjectId& project, std::string_view kind, std::string_view name,
                    const WorkflowId& workflow) {
  return project_row(Kind::trigger, project).text(kind).text(name).text(workflow.text).take();
}

std::string default_workflows(const ProjectId& project, std::string_view integration) {
  return project_row(Kind::default_workflow, project).text(integration).take();
}

std::string default_workflow(const ProjectId& project, std::string_view integration,
                             const WorkflowId& workflow) {
  return project_row(Kind::default_workflow, project).text(integration).text(workflow.text).take();
}

std::string enabled_workflows(ShardId shard, const ProjectId& project, const WorkflowId& workflow) {
  return KeyWriter(shard, Kind::enabled_workflow).text(project.text).text(workflow.text).take();
}

std::string enabled_workflow(const ProjectId& project, const WorkflowId& workflow,
                             const UserId& user, std::string_view credential) {
  return KeyWriter(shard_of(project, user), Kind::enabled_workflow)
      .text(project.text)
      .text(workflow.text)
      .text(user.text)
      .text(credential)
      .take();
}

std::string index_state(ShardId shard) { return KeyWriter(shard, Kind::index_state).take(); }

std::array<std::string, 4> indexes(ShardId shard) {
  return {KeyWriter(shard, Kind::trigger).take(), KeyWriter(shard, Kind::default_workflow).take(),
          KeyWriter(shard, Kind::enabled_workflow).take(),
          hook_part(shard, HookPart::scattered_account).take()};
}

std::string accounts(const ProjectId& project, std::string_view integration,
                     std::string_view provider_id) {
  return accounts_of(project, integration, provider_id).take();
}

std::string account(const ProjectId& project, std::string_view integration,
                    std::string_view provider_id, const UserId& user, std::string_view credential) {
  return accounts_of(project, integration, provider_id).text(user.text).text(credential).take();
}

std::string received(const ProjectId& project, const UserId& user) {
  return received_part(shard_of(project, user), ReceivedPart::of_user)
      .text(project.text)
      .text(user.text)
      .take();
}

std::string received_row(const ProjectId& project, const UserId& user, std::string_view digest) {
  CHECK(digest.size() == 32, "a digest has 32 bytes");
  return received(project, user).append(digest);
}

std::string received_by_time(ShardId shard) {
  return received_part(shard, ReceivedPart::by_time).take();
}

std::string received_from(ShardId shard, Instant at) {
  return received_part(shard, ReceivedPart::by_time).time(at).take();
}

std::string received_at(Instant at, const ProjectId& project, const UserId& user,
                        std::string_view digest) {
  CHECK(digest.size() == 32, "a digest has 32 bytes");
  return received_part(shard_of(project, user), ReceivedPart::by_time)
      .time(at)
      .text(project.text)
      .text(user.text)
      .take()
      .append(digest);
}

std::string hook(ShardId shard, std::string_view id) {
  return hook_part(shard, HookPart::by_id).text(id).take();
}

std::string kept_tokens(ShardId shard) { return hook_part(shard, HookPart::kept_token).take(); }

std::string kept_token(ShardId shard, std::string_view hook) {
  return hook_part(shard, HookPart::kept_token).text(hook).take();
}

std::string hooks(const ProjectId& project, const UserId& user) {
  const ShardId shard = user.empty() ? shard_of(project) : shard_of(project, user);
  return hook_part(shard, HookPart::by_place).text(project.text).text(user.text).take();
}

std::string hook_place(const ProjectId& project, const UserId& user, std::string_view integration,
                       std::string_view credential, std::string_view webhook) {
  const ShardId shard = user.empty() ? shard_of(project) : shard_of(project, user);
  return hook_part(shard, HookPart::by_place)
      .text(project.text)
      .text(user.text)
      .text(integration)
      .text(credential)
      .text(webhook)
      .take();
}

std::string test_data(const ProjectId& project, const WorkflowId& workflow) {
  return KeyWriter(shard_of(project), Kind::test_data)
      .text(project.text)
      .text(workflow.text)
      .take();
}

std::string test_capture(ShardId shard, std::string_view id) {
  return KeyWriter(shard, Kind::test_capture)
      .byte(static_cast<std::uint8_t>(TestCapturePart::by_id))
      .text(id)
      .take();
}

std::string test_capture_of(const ProjectId& project, const WorkflowId& workflow) {
  return KeyWriter(shard_of(project), Kind::test_capture)
      .byte(static_cast<std::uint8_t>(TestCapturePart::of_workflow))
      .text(project.text)
      .text(workflow.text)
      .take();
}

std::string secrets(ShardId shard) { return KeyWriter(shard, Kind::secret).take(); }

std::string secrets(const ProjectId& project) { return project_row(Kind::secret, project).take(); }

std::string secret(const ProjectId& project, std::string_view name) {
  return project_row(Kind::secret, project).text(name).take();
}

std::string integrations(ShardId shard) { return KeyWriter(shard, Kind::integration).take(); }

std::string integrations(const ProjectId& project) {
  return project_row(Kind::integration, project).take();
}

std::string integration(const ProjectId& project, std::string_view type) {
  return project_row(Kind::integration, project).text(type).take();
}

std::string app_events(const ProjectId& project) {
  return project_row(Kind::app_event, project).take();
}

std::string app_event(const ProjectId& project, std::string_view name) {
  return project_row(Kind::app_event, project).text(name).take();
}

std::string audits(ShardId shard) { return KeyWriter(shard, Kind::audit).take(); }

std::string audit(const ProjectId& project) { return project_row(Kind::audit, project).take(); }

std::string audit_from(const ProjectId& project, Instant at) {
  return project_row(Kind::audit, project).time(at).take();
}

std::string audit_row(const ProjectId& project, Instant at, std::uint64_t number) {
  return project_row(Kind::audit, project).time(at).number(number).take();
}

std::string event_logs(ShardId shard) { return KeyWriter(shard, Kind::event_log).take(); }

std::string event_log(ShardId shard, const ProjectId& project) {
  return KeyWriter(shard, Kind::event_log).text(project.text).take();
}

std::string event_log_from(ShardId shard, const ProjectId& project, Instant at) {
  return KeyWriter(shard, Kind::event_log).text(project.text).time(at).take();
}

std::string event_log_row(ShardId shard, const ProjectId& project, Instant at,
                          std::uint64_t number) {
  return KeyWriter(shard, Kind::event_log).text(project.text).time(at).number(number).take();
}

std::string event_log_stretch(ShardId shard, const ProjectId& project, std::int64_t stretch) {
  static_assert(event_log_stretch_bits % 8 == 0);
  std::string key =
      event_log_from(shard, project, Instant(Millis(stretch << event_log_stretch_bits)));
  key.resize(key.size() - event_log_stretch_bits / 8);
  return key;
}

std::string users(ShardId shard) { return KeyWriter(shard, Kind::user).take(); }

std::string users(ShardId shard, const ProjectId& project) {
  return KeyWriter(shard, Kind::user).text(project.text).take();
}

std::string user_on(ShardId shard, const ProjectId& project, const UserId& user) {
  return KeyWriter(shard, Kind::user).text(project.text).text(user.text).take();
}

std::string user_erasures(ShardId shard) { return KeyWriter(shard, Kind::user_erasure).take(); }

std::string user_erasure(const ProjectId& project, const UserId& user) {
  return user_row(Kind::user_erasure, project, user).take();
}

std::string user(const ProjectId& project, const UserId& user) {
  return user_row(Kind::user, project, user).take();
}

std::string credentials(ShardId shard) { return KeyWriter(shard, Kind::credential).take(); }

std::string credentials(const ProjectId& project, const UserId& user) {
  return user_row(Kind::credential, project, user).take();
}

std::string credential(const ProjectId& project, const UserId& user, std::string_view id) {
  return user_row(Kind::credential, project, user).text(id).take();
}

std::string pauses(ShardId shard) { return KeyWriter(shard, Kind::pause).take(); }

std::string pauses(const ProjectId& project, const UserId& user) {
  return user_row(Kind::pause, project, user).take();
}

std::string pause(const ProjectId& project, const UserId& user, std::string_view account) {
  return user_row(Kind::pause, project, user).text(account).take();
}

// --- schedules -------------------------------------------------------------------------------

namespace {

KeyWriter schedule_row(ShardId shard, SchedulePart part, const ProjectId& project) {
  KeyWriter key(shard, Kind::schedule);
  key.byte(static_cast<std::uint8_t>(part)).text(project.text);
  return key;
}

KeyWriter scheduled_account_row(const ProjectId& project, const UserId& user) {
  KeyWriter key = schedule_row(shard_of(project, user), SchedulePart::account, project);
  key.text(user.text);
  return key;
}

}  // namespace

std::string schedule(const ProjectId& project, const WorkflowId& workflow) {
  return schedule_row(shard_of(project), SchedulePart::workflow, project)
      .text(workflow.text)
      .take();
}

std::string scheduled_accounts(const ProjectId& project, const UserId& user) {
  return scheduled_account_row(project, user).take();
}

std::string scheduled_account(const ProjectId& project, const UserId& user,
                              const WorkflowId& workflow, std::string_view credential) {
  return scheduled_account_row(project, user).text(workflow.text).text(credential).take();
}

std::optional<SchedulePart> schedule_part(std::string_view key) {
  const bool is_schedule =
      key.size() > shard_and_kind_bytes &&
      static_cast<std::uint8_t>(key[kind_position]) == static_cast<std::uint8_t>(Kind::schedule);
  if (!is_schedule) return std::nullopt;
  const auto part = static_cast<SchedulePart>(key[shard_and_kind_bytes]);
  const bool is_known = part == SchedulePart::workflow || part == SchedulePart::account;
  return is_known ? std::optional(part) : std::nullopt;
}

// --- polls -----------------------------------------------------------------------------------

namespace {

KeyWriter poll_row(ShardId shard, PollPart part, const ProjectId& project) {
  KeyWriter key(shard, Kind::poll);
  key.byte(static_cast<std::uint8_t>(part)).text(project.text);
  return key;
}

KeyWriter polled_account_row(const ProjectId& project, const UserId& user) {
  KeyWriter key = poll_row(shard_of(project, user), PollPart::account, project);
  key.text(user.text);
  return key;
}

}  // namespace

std::string polled_workflow(const ProjectId& project, const WorkflowId& workflow) {
  return poll_row(shard_of(project), PollPart::workflow, project).text(workflow.text).take();
}

std::string polled_accounts(const ProjectId& project, const UserId& user) {
  return polled_account_row(project, user).take();
}

std::string polled_account(const ProjectId& project, const UserId& user, const WorkflowId& workflow,
                           std::string_view credential) {
  return polled_account_row(project, user).text(workflow.text).text(credential).take();
}

std::optional<PollPart> poll_part(std::string_view key) {
  const bool is_poll =
      key.size() > shard_and_kind_bytes &&
      static_cast<std::uint8_t>(key[kind_position]) == static_cast<std::uint8_t>(Kind::poll);
  if (!is_poll) return std::nullopt;
  const auto part = static_cast<PollPart>(key[shard_and_kind_bytes]);
  const bool is_known = part == PollPart::workflow || part == PollPart::account;
  return is_known ? std::optional(part) : std::nullopt;
}

// --- subscriptions of webhooks ---------------------------------------------------------------

namespace {

KeyWriter subscription_rows(ShardId shard, SubscriptionPart part) {
  KeyWriter key(shard, Kind::subscription);
  key.byte(static_cast<std::uint8_t>(part));
  return key;
}

KeyWriter subscription_rows(SubscriptionPart part, const ProjectId& project, const UserId& user) {
  KeyWriter key = subscription_rows(shard_of(project, user), part);
  key.text(project.text).text(user.text);
  return key;
}

}  // namespace

std::string subscriptions(ShardId shard) {
  return subscription_rows(shard, SubscriptionPart::subscription).take();
}

std::string subscriptions(ShardId shard, const ProjectId& project) {
  return subscription_rows(shard, SubscriptionPart::subscription).text(project.text).take();
}

std::string subscriptions(const ProjectId& project, const UserId& user) {
  return subscription_rows(SubscriptionPart::subscription, project, user).take();
}

std::string subscription(const ProjectId& project, const UserId& user, std::string_view credential,
                         std::string_view webhook, std::string_view intent) {
  return subscription_rows(SubscriptionPart::subscription, project, user)
      .text(credential)
      .text(webhook)
      .text(intent)
      .take();
}

std::string left_accounts(ShardId shard) {
  return subscription_rows(shard, SubscriptionPart::left_account).take();
}

std::string left_accounts(const ProjectId& project, const UserId& user) {
  return subscription_rows(SubscriptionPart::left_account, project, user).take();
}

std::string left_account(const ProjectId& project, const UserId& user,
                         std::string_view credential) {
  return subscription_rows(SubscriptionPart::left_account, project, user).text(credential).take();
}

// --- many runs that are replayed or cancelled together ---------------------------------------

std::string bulk_jobs(const ProjectId& project) {
  return KeyWriter(shard_of(project), Kind::bulk_job).text(project.text).take();
}

std::string bulk_job(const ProjectId& project, std::string_view job) {
  return KeyWriter(shard_of(project), Kind::bulk_job).text(project.text).text(job).take();
}

// --- triggers that wait for their admission --------------------------------------------------

namespace {

void append_digest(KeyWriter& key, std::string_view digest) {
  CHECK(digest.size() == 32, "a line is named by a digest of 32 bytes");
  for (const char each : digest) key.byte(static_cast<std::uint8_t>(each));
}

KeyWriter waiting_rows(WaitingTriggerPart part, const ProjectId& project, const UserId& user) {
  KeyWriter key(shard_of(project, user), Kind::waiting_trigger);
  key.byte(static_cast<std::uint8_t>(part)).text(project.text).text(user.text);
  return key;
}

KeyWriter waiting_row(WaitingTriggerPart part, const ProjectId& project, const UserId& user,
                      std::string_view digest, std::uint64_t number) {
  KeyWriter key = waiting_rows(part, project, user);
  append_digest(key, digest);
  key.number(number);
  return key;
}

KeyWriter waiting_file_rows(const ProjectId& project, const UserId& user, std::string_view digest,
                            std::uint64_t number, const std::array<std::uint8_t, 32>& hash) {
  KeyWriter key = waiting_row(WaitingTriggerPart::file, project, user, digest, number);
  for (const std::uint8_t each : hash) key.byte(each);
  return key;
}

}  // namespace

std::string admission_lines(ShardId shard) { return KeyWriter(shard, Kind::admission_line).take(); }

std::string admission_lines(ShardId shard, const ProjectId& project) {
  return KeyWriter(shard, Kind::admission_line).text(project.text).take();
}

std::string admission_lines(const ProjectId& project, const UserId& user) {
  return KeyWriter(shard_of(project, user), Kind::admission_line)
      .text(project.text)
      .text(user.text)
      .take();
}

std::string admission_line(const ProjectId& project, const UserId& user, std::string_view digest) {
  KeyWriter key(shard_of(project, user), Kind::admission_line);
  key.text(project.text).text(user.text);
  append_digest(key, digest);
  return key.take();
}

std::string waiting_triggers(const ProjectId& project, const UserId& user,
                             WaitingTriggerPart part) {
  return waiting_rows(part, project, user).take();
}

std::string waiting_trigger(const ProjectId& project, const UserId& user, std::string_view digest,
                            std::uint64_t number) {
  return waiting_row(WaitingTriggerPart::trigger, project, user, digest, number).take();
}

std::string waiting_file(const ProjectId& project, const UserId& user, std::string_view digest,
                         std::uint64_t number, const std::array<std::uint8_t, 32>& hash) {
  return waiting_file_rows(project, user, digest, number, hash).take();
}

std::string waiting_file_chunk(const ProjectId& project, const UserId& user,
                               std::string_view digest, std::uint64_t number,
                               const std::array<std::uint8_t, 32>& hash, std::uint32_t chunk) {
  return waiting_file_rows(project, user, digest, number, hash).number(chunk).take();
}

// --- executions ------------------------------------------------------------------------------

std::string histories(ShardId shard) { return KeyWriter(shard, Kind::history).take(); }

std::string history(ShardId shard, const ProjectId& project) {
  return KeyWriter(shard, Kind::history).text(project.text).take();
}

std::string history_from(ShardId shard, const ProjectId& project, Instant started) {
  return KeyWriter(shard, Kind::history).text(project.text).time(started).take();
}

std::string history_row(const ProjectId& project, Instant started, const ExecutionId& id) {
  return KeyWriter(id.shard(), Kind::history).text(project.text).time(started).execution(id).take();
}

std::string history_order(Instant started, const ExecutionId& id) {
  std::string key = KeyWriter(id.shard(), Kind::history).time(started).execution(id).take();
  return key.erase(0, shard_and_kind_bytes);
}

std::optional<HistoryOrderKey> parse_history_order(std::string_view order) {
  if (order.size() != history_order_bytes) return std::nullopt;
  KeyReader reader(order);
  const Instant started = reader.time();
  return HistoryOrderKey{started, reader.execution()};
}

bool is_history_row(std::string_view key) {
  return key.size() > shard_and_kind_bytes + history_order_bytes &&
         static_cast<Kind>(key[kind_position]) == Kind::history;
}

namespace {

/// The project of a key that ends it in front of `tail_bytes`: between kind and tail stands the project, escaped,
/// and the two bytes that end it.
ProjectId project_before(std::string_view key, std::size_t tail_bytes) {
  return project_of(key.substr(shard_and_kind_bytes, key.size() - tail_bytes - shard_and_kind_bytes));
}

/// What follows time in the keys of both logs: a number.
constexpr std::size_t log_order_bytes = 8 + 8;

}  // namespace

HistoryRowKey parse_history_row(std::string_view key) {
  CHECK(is_history_row(key), "a key is taken for one of the task history");
  return {project_before(key, history_order_bytes), key.substr(key.size() - history_order_bytes)};
}

std::optional<AgedKey> parse_aged(std::string_view key) {
  if (key.size() < shard_and_kind_bytes) return std::nullopt;
  const auto kind = static_cast<Kind>(key[kind_position]);
  const bool is_log = kind == Kind::event_log || kind == Kind::audit;
  if (!is_log && kind != Kind::history) return std::nullopt;
  const std::size_t tail_bytes = is_log ? log_order_bytes : history_order_bytes;
  if (key.size() < shard_and_kind_bytes + 2 + tail_bytes) return std::nullopt;
  const std::size_t tail_at = key.size() - tail_bytes;
  return AgedKey{key.substr(0, tail_at), project_before(key, tail_bytes),
                 KeyReader(key.substr(tail_at)).time()};
}

std::string history_index(const ProjectId& project) {
  return KeyWriter(shard_of(project), Kind::history_index).text(project.text).take();
}

std::string history_index_state(const ProjectId& project) {
  return history_blocks(project, HistoryPart::state);
}

std::string history_blocks(const ProjectId& project, HistoryPart part) {
  return KeyWriter(shard_of(project), Kind::history_index)
      .text(project.text)
      .byte(static_cast<std::uint8_t>(part))
      .take();
}

std::string history_changes(ShardId shard) { return KeyWriter(shard, Kind::history_change).take(); }

std::string history_change(ShardId shard, std::uint64_t number) {
  return KeyWriter(shard, Kind::history_change).number(number).take();
}

std::string unfinished(ShardId shard) { return KeyWriter(shard, Kind::unfinished).take(); }

std::string unfinished_row(const ExecutionId& id) {
  return KeyWriter(id.shard(), Kind::unfinished).execution(id).take();
}

std::string execution(const ExecutionId& id) {
  return KeyWriter(id.shard(), Kind::execution).execution(id).take();
}

std::string locator(const ExecutionId& id) {
  return execution_part(id, ExecutionPart::locator).take();
}

std::string snapshot(const ExecutionId& id, const BranchPath& branch) {
  return execution_part(id, ExecutionPart::snapshot).branch(branch).take();
}

std::string journal(const ExecutionId& id, const BranchPath& branch) {
  return execution_part(id, ExecutionPart::journal).branch(branch).take();
}

std::string journal_page(const ExecutionId& id, const BranchPath& branch,
                         std::uint64_t first_sequence) {
  return execution_part(id, ExecutionPart::journal).branch(branch).number(first_sequence).take();
}

std::string file(const ExecutionId& id, const std::array<std::uint8_t, 32>& hash,
                 ExecutionPart part) {
  std::string key = execution_part(id, part).take();
  return key.append(hash.begin(), hash.end());
}

std::string file_chunk(const ExecutionId& id, const std::array<std::uint8_t, 32>& hash,
                       std::uint32_t chunk, ExecutionPart part) {
  std::string key = file(id, hash, part);
  for (int shift = 24; shift >= 0; shift -= 8) key += static_cast<char>(chunk >> shift);
  return key;
}

std::string children(const ExecutionId& id, const BranchPath& parent, StepIndex fan_out) {
  return execution_part(id, ExecutionPart::journal)
      .depth(parent.elements.size() + 1)
      .elements(parent)
      .number(fan_out)
      .take();
}

std::string step_counts(const ExecutionId& id) {
  return execution_part(id, ExecutionPart::step_counts).take();
}

std::string execution_bytes(const ExecutionId& id) {
  return execution_part(id, ExecutionPart::bytes).take();
}

std::string failed_steps(const ExecutionId& id) { return step_note(id, StepNote::failed).take(); }

std::string failed_steps(const ExecutionId& id, StepIndex step) {
  return step_note(id, StepNote::failed).number(step).take();
}

std::string failed_step(const ExecutionId& id, StepIndex step, const BranchPath& branch) {
  return step_note(id, StepNote::failed).number(step).branch(branch).take();
}

std::string repeated_attempts(const ExecutionId& id) {
  return step_note(id, StepNote::repeated).take();
}

std::string repeated_attempt(const ExecutionId& id, const BranchPath& branch,
                             std::uint64_t events_before, Instant at) {
  return step_note(id, StepNote::repeated).branch(branch).number(events_before).time(at).take();
}

std::optional<RepeatedAttemptKey> parse_repeated_attempt(std::string_view tail) {
  if (tail.empty()) return std::nullopt;
  KeyReader reader(tail);
  RepeatedAttemptKey key;
  const std::size_t depth = reader.number<std::uint8_t>();
  if (reader.left() != depth * branch_element_bytes + 16) return std::nullopt;
  for (std::size_t i = 0; i < depth; ++i) {
    const auto fan_out = reader.number<StepIndex>();
    key.branch.elements.push_back({fan_out, reader.number<std::uint32_t>()});
  }
  key.events_before = reader.number<std::uint64_t>();
  key.at = reader.time();
  return key;
}

std::optional<FailedStepKey> parse_failed_step(std::string_view tail) {
  if (tail.size() < sizeof(StepIndex) + 1) return std::nullopt;
  KeyReader reader(tail);
  FailedStepKey key;
  key.step = reader.number<StepIndex>();
  const std::size_t depth = reader.number<std::uint8_t>();
  if (reader.left() != depth * branch_element_bytes) return std::nullopt;
  for (std::size_t i = 0; i < depth; ++i) {
    const auto fan_out = reader.number<StepIndex>();
    key.branch.elements.push_back({fan_out, reader.number<std::uint32_t>()});
  }
  return key;
}

std::optional<std::uint64_t> parse_sequence(std::string_view tail) {
  if (tail.size() != sizeof(std::uint64_t)) return std::nullopt;
  return KeyReader(tail).number<std::uint64_t>();
}

std::optional<ChildPage> parse_child_page(std::string_view tail) {
  if (tail.size() != sizeof(std::uint32_t) + sizeof(std::uint64_t)) return std::nullopt;
  KeyReader reader(tail);
  ChildPage page;
  page.index = reader.number<std::uint32_t>();
  page.first_sequence = reader.number<std::uint64_t>();
  return page;
}

std::string timers(ShardId shard) { return KeyWriter(shard, Kind::timer).take(); }

std::string timers_from(ShardId shard, Instant due) {
  return KeyWriter(shard, Kind::timer).time(due).take();
}

std::string timer(Instant due, const ExecutionId& id, const BranchPath& branch, StepIndex step) {
  return KeyWriter(id.shard(), Kind::timer)
      .time(due)
      .execution(id)
      .branch(branch)
      .number(step)
      .take();
}

bool is_timer(std::string_view key) {
  return key.size() > kind_position &&
         static_cast<std::uint8_t>(key[kind_position]) == static_cast<std::uint8_t>(Kind::timer);
}

std::optional<TimerKey> parse_timer(std::string_view key) {
  constexpr std::size_t before_path = kind_position + 1 + 8 + execution_id_bytes + 1;
  if (key.size() < before_path + sizeof(StepIndex)) return std::nullopt;
  KeyReader reader(key.substr(kind_position + 1));
  TimerKey timer;
  timer.due = reader.time();
  timer.execution = reader.execution();
  // Otherwise another shard's owner would be asked to wake it.
  if (ShardId{KeyReader(key).number<std::uint16_t>()} != timer.execution.shard())
    return std::nullopt;
  const std::size_t depth = reader.number<std::uint8_t>();
  if (reader.left() != depth * branch_element_bytes + sizeof(StepIndex)) return std::nullopt;
  for (std::size_t i = 0; i < depth; ++i) {
    const auto fan_out = reader.number<std::uint32_t>();
    timer.branch.elements.push_back({fan_out, reader.number<std::uint32_t>()});
  }
  timer.step = reader.number<std::uint32_t>();
  return timer;
}

std::string wakes(ShardId shard) { return KeyWriter(shard, Kind::wake).take(); }

std::string wakes_from(ShardId shard, Instant due) {
  return KeyWriter(shard, Kind::wake).time(due).take();
}

std::string wake(ShardId shard, Instant due, std::uint8_t target, std::string_view target_key) {
  CHECK(!target_key.empty(), "a wake wakes something");
  CHECK(target_key.size() <= wake_target_bytes_max, "a wake's target is longer than it may be");
  CHECK(static_cast<std::uint16_t>(shard) < shard_count, "there is no such shard");
  // The last field of a key needs neither escapes nor an end.
  return KeyWriter(shard, Kind::wake).time(due).byte(target).take().append(target_key);
}

std::optional<WakeKey> parse_wake(std::string_view key) {
  constexpr std::size_t before_target_key = kind_position + 1 + 8 + 1;
  if (key.size() <= before_target_key) return std::nullopt;
  if (key.size() > before_target_key + wake_target_bytes_max) return std::nullopt;
  WakeKey wake;
  wake.shard = ShardId{KeyReader(key).number<std::uint16_t>()};
  KeyReader reader(key.substr(kind_position + 1));
  wake.due = reader.time();
  wake.target = reader.number<std::uint8_t>();
  wake.target_key = key.substr(before_target_key);
  return wake;
}

}  // namespace millrace::storage::keys
