#include "actors/tenants/event_log.h"

#include "storage/keys.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr std::int64_t minute_millis = 60'000;
/// At most so many stretches are removed by one entry: a month and a half, which is all that can be there
/// when somebody comes by each fortnight.
constexpr std::int64_t stretches_max = 256;

/// With what does not fit, as far as a line has room.
std::string message_of(const Error& why) {
  constexpr std::size_t details_max = 5;
  std::string message = why.message;
  for (std::size_t i = 0; i < why.details.size() && i < details_max; ++i) {
    const ErrorDetail& detail = why.details[i];
    message += (i == 0 ? ": " : "; ") + (detail.path.empty() ? "" : detail.path + ": ") +
               (detail.message.empty() ? "expected " + detail.expected : detail.message);
  }
  return message;
}

}  // namespace

void EventLog::note(const EventLogEntry& entry, const Error& why) {
  const Instant now = clock_.now();
  if (!may_note(entry.project, now)) {
    ++left_out_;
    return;
  }
  const ShardId shard = shard_of(entry.project, entry.user);
  auto batch = commits_.begin(shard);
  if (!batch) return;  // its owner answers, and notes
  storage::EventLogRow row;
  row.at = now;
  row.number = random_number(random_);
  row.level = entry.level;
  row.type = entry.type;
  row.message = message_of(why);
  row.code = wire_name(why.code);
  row.trace_id = entry.trace_id;
  row.user = entry.user;
  row.workflow = entry.workflow;
  row.integration = entry.integration;
  storage::EventLogTable::put(*batch, shard, entry.project, row);
  const Instant before = now - kept_for;
  if (const auto stretches = old_stretches(shard, entry.project, before); stretches > 0) {
    storage::EventLogTable::remove_old(*batch, shard, entry.project, before, stretches);
  }
  if (!commits_.submit(std::move(*batch), entry.project)) ++left_out_;
}

Result<storage::EventLogPage> EventLog::list(storage::EventLogQuery query) const {
  query.since = std::max(query.since, clock_.now() - kept_for);
  return table_.list(query);
}

bool EventLog::may_note(const ProjectId& project, Instant now) {
  const std::int64_t minute = now.time_since_epoch().count() / minute_millis;
  const std::lock_guard lock(mutex_);
  Project* known = projects_.find(project.text);
  if (known == nullptr) {
    projects_.put(project.text, {minute, 0});
    known = projects_.find(project.text);
  }
  if (known->minute != minute) *known = {minute, 0};
  return known->entries++ < entries_per_minute_max;
}

std::int64_t EventLog::old_stretches(ShardId shard, const ProjectId& project, Instant before) {
  const std::int64_t end =
      before.time_since_epoch().count() >> storage::keys::event_log_stretch_bits;
  std::string key = std::to_string(static_cast<std::uint16_t>(shard)) + '/' + project.text;
  const std::lock_guard lock(mutex_);
  const std::int64_t* const cleared = cleared_.find(key);
  const std::int64_t stretches =
      cleared == nullptr ? stretches_max : std::min(stretches_max, end - *cleared);
  if (stretches > 0) cleared_.put(std::move(key), end);
  return stretches;
}

}  // namespace millrace
