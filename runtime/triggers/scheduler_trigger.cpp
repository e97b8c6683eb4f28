// The trigger of a schedule in a definition:
//
//   {"type": "scheduler", "every": {"days": 1, "at": "09:00"}, "timezone": "Europe/Berlin"}
//   {"type": "scheduler", "cron": "0 0 9 * * MON-FRI", "timezone": "{{user.meta.timezone}}",
//    "catchUp": "one", "overlap": "allow", "spread": "10s"}
//
// `every` and `cron`: runtime/schedules/read_schedule.h. `timezone` is UTC, the others are as shown, if left
// out.

#include "runtime/triggers/scheduler_trigger.h"

#include "runtime/base/limits.h"
#include "runtime/reading/object_reader.h"
#include "runtime/schedules/read_schedule.h"
#include "runtime/templates/user_scope.h"
#include "runtime/triggers/trigger_catalog.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::string_view output_key = "scheduledAt";

constexpr std::array<Choice<CatchUp>, 3> catch_up_words{
    {{"one", CatchUp::one}, {"none", CatchUp::none}, {"all", CatchUp::all}}};
constexpr std::array<Choice<Overlap>, 3> overlap_words{
    {{"allow", Overlap::allow}, {"skip", Overlap::skip}, {"queue", Overlap::queue}}};

/// There is no run yet, but somebody for whom there may be one.
constexpr std::array template_roots{Reference::Root::user};

Result<TimeZone> zone_named(const Json& name) {
  if (name.is_null()) return TimeZone();
  if (!name.is_string()) {
    return Error(ErrorCode::invalid_request, "a time zone is a text, not " + describe(name));
  }
  const std::string text(name.get_string());
  return text.empty() ? Result<TimeZone>(TimeZone()) : TimeZone::find(text);
}

void read_zone(ObjectReader& json, SchedulerTrigger& trigger) {
  if (!json.text("timezone")) {
    trigger.one_zone = TimeZone();
    return;
  }
  trigger.zone = json.any("timezone", nullptr);
  if (!trigger.zone.is_constant()) return;
  const auto zone = zone_named(trigger.zone.constant());
  if (zone) {
    trigger.one_zone = *zone;
    return;
  }
  const Error& why = zone.error();
  const bool has_detail = !why.details.empty();
  json.report("timezone", why.message, has_detail ? why.details[0].expected : "",
              has_detail ? why.details[0].got : "", has_detail ? why.details[0].nearest : "");
}

std::string text_of(ObjectReader& json) {
  JsonObject parts;
  for (const std::string_view key : {"every", "cron", "timezone"}) {
    if (const Json* const part = json.find(key)) parts.emplace(key, *part);
  }
  return to_text(parts);
}

void read(ObjectReader& json, Trigger& any_trigger) {
  SchedulerTrigger trigger;
  if (auto schedule = read_schedule(json)) trigger.schedule = std::move(*schedule);
  read_zone(json, trigger);
  trigger.text = text_of(json);
  trigger.catch_up = json.choice<CatchUp>("catchUp", catch_up_words).value_or(CatchUp::one);
  trigger.overlap = json.choice<Overlap>("overlap", overlap_words).value_or(Overlap::allow);
  trigger.spread = json.duration("spread", limits::schedule_spread_max).value_or(trigger.spread);
  any_trigger = std::move(trigger);
}

std::vector<Template*> templates(Trigger& trigger) {
  return {&std::get<SchedulerTrigger>(trigger).zone};
}

std::vector<TriggerOutput> outputs(const Trigger&) { return {{std::string(output_key), {}}}; }

/// A tick names the workflow itself.
std::string name(const Trigger&) { return {}; }

}  // namespace

const TriggerKind scheduler_trigger_kind{
    .type = "scheduler",
    .history_type = "TRIGGER/CRON",
    .started_by = "its schedule",
    .read = read,
    .templates = templates,
    .roots = template_roots,
    .outputs = outputs,
    .name = name,
    .receive = as_it_came,
};

Result<TimeZone> zone_for(const SchedulerTrigger& trigger, const UserId& user,
                          const JsonObject& user_meta) {
  if (trigger.one_zone) return *trigger.one_zone;
  try {
    return zone_named(trigger.zone.render(UserScope(user, user_meta)));
  } catch (const RenderedTooMuch& too_much) {
    return Error(ErrorCode::invalid_request, too_much.what());
  }
}

std::optional<Instant> next_tick(const SchedulerTrigger& trigger, Instant instant) {
  if (trigger.one_zone) return next_after(trigger.schedule, *trigger.one_zone, instant);
  std::optional<Instant> first;
  for (const TimeZone& zone : TimeZone::all()) {
    const auto tick = next_after(trigger.schedule, zone, instant);
    if (tick && (!first || *tick < *first)) first = tick;
  }
  return first;
}

std::vector<Instant> ticks_to_run(const SchedulerTrigger& trigger, const TimeZone& zone,
                                  Instant from, Instant until, Served served) {
  std::size_t wanted = limits::schedule_caught_up_max;
  if (served == Served::missed && trigger.catch_up == CatchUp::none) wanted = 0;
  if (served == Served::missed && trigger.catch_up == CatchUp::one) wanted = 1;
  std::vector<Instant> ticks;
  while (ticks.size() < wanted) {
    const auto tick = last_until(trigger.schedule, zone, until);
    if (!tick || *tick <= from) break;
    ticks.push_back(*tick);
    until = *tick - Millis(1);
  }
  std::reverse(ticks.begin(), ticks.end());
  return ticks;
}

LeftOutTicks left_out_ticks(const SchedulerTrigger& trigger, const TimeZone& zone, Instant from,
                            Instant until) {
  const auto run = ticks_to_run(trigger, zone, from, until, Served::missed);
  if (!run.empty()) until = run.front() - Millis(1);
  LeftOutTicks left;
  const auto last = last_until(trigger.schedule, zone, until);
  if (!last || *last <= from) return left;
  left.last = *last;
  for (auto tick = next_after(trigger.schedule, zone, from);
       tick && *tick <= until && left.count < LeftOutTicks::count_max;
       tick = next_after(trigger.schedule, zone, *tick)) {
    if (left.count++ == 0) left.first = *tick;
  }
  return left;
}

Json tick_output(Instant scheduled_at) { return JsonObject{{output_key, to_text(scheduled_at)}}; }

}  // namespace millrace
