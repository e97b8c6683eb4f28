// The trigger of a schedule: how it is read, in which zone it ticks, and which ticks are run.
#include "runtime/triggers/scheduler_trigger.h"

#include "runtime/base/limits.h"
#include "runtime/definitions/compile_stored_workflow.h"
#include "runtime/text/time_text.h"
#include "runtime/triggers/trigger_catalog.h"
#include "tests/support/catch.h"
#include "tests/unit/runtime/definitions/compile_text.h"

using namespace millrace;

namespace {

std::string definition(const std::string& trigger, const std::string& body = "\"x\"") {
  return R"({"trigger": {"type": "scheduler", )" + trigger +
         R"(}, "steps": [{"id": "a", "type": "response", "body": )" + body + "}]}";
}

SchedulerTrigger read(const std::string& trigger) {
  const auto compiled = compile_text(definition(trigger));
  INFO(trigger << (compiled ? "" : compiled.error().details.at(0).message));
  REQUIRE(compiled.ok());
  return std::get<SchedulerTrigger>((*compiled)->trigger);
}

ErrorDetail finding(const std::string& trigger) {
  const auto compiled = compile_text(definition(trigger));
  INFO(trigger);
  REQUIRE_FALSE(compiled.ok());
  REQUIRE(compiled.error().details.size() == 1);
  return compiled.error().details[0];
}

Instant at(const std::string& text) { return *parse_time(text); }

std::string next(const std::string& trigger, const std::string& from = "2026-01-01T00:00:00Z") {
  const auto tick = next_tick(read(trigger), at(from));
  REQUIRE(tick.has_value());
  return to_text(*tick).substr(0, 16);
}

}  // namespace

TEST_CASE("each form of a schedule is read") {
  CHECK(next(R"("every": {"seconds": 5})", "2026-01-01T00:00:58Z") == "2026-01-01T00:01");
  CHECK(next(R"("every": {"minutes": 30})") == "2026-01-01T00:30");
  CHECK(next(R"("every": {"hours": 1, "minute": 15})") == "2026-01-01T00:15");
  CHECK(next(R"("every": {"hours": 1})") == "2026-01-01T01:00");
  CHECK(next(R"("every": {"days": 1, "at": "09:05"}, "timezone": "Europe/Berlin")") ==
        "2026-01-01T08:05");
  CHECK(next(R"("every": {"weekdays": ["monday", "Sunday"], "at": "12:00"})") ==
        "2026-01-04T12:00");
  CHECK(next(R"("cron": "0 0 9 * * MON", "timezone": "America/New_York")") == "2026-01-05T14:00");
}

TEST_CASE("a schedule that says nothing, or two things, is refused") {
  CHECK(finding(R"("timezone": "UTC")").path == "/trigger/every");
  CHECK(finding(R"("every": {"seconds": 5}, "cron": "0 0 9 * * *")").path == "/trigger/cron");
  CHECK(finding(R"("every": {})").path == "/trigger/every");
  CHECK_THAT(finding(R"("every": {"seconds": 5, "minutes": 1})").message,
             Catch::Contains("`seconds` and `minutes`"));
  CHECK(finding(R"("every": 5)").path == "/trigger/every");
  CHECK(finding(R"("every": {"seconds": 5, "at": "09:00"})").path == "/trigger/every/at");
}

TEST_CASE("what is wrong in a schedule is found where it stands") {
  CHECK(finding(R"("every": {"seconds": 0})").path == "/trigger/every/seconds");
  CHECK(finding(R"("every": {"seconds": 1.5})").path == "/trigger/every/seconds");
  CHECK(finding(R"("every": {"minutes": 1000000})").path == "/trigger/every/minutes");
  CHECK(finding(R"("every": {"hours": 1, "minute": 60})").path == "/trigger/every/minute");
  CHECK(finding(R"("every": {"days": 1})").path == "/trigger/every/at");
  CHECK(finding(R"("every": {"days": 1, "at": "24:00"})").path == "/trigger/every/at");
  CHECK(finding(R"("every": {"days": 1, "at": "9:00"})").path == "/trigger/every/at");
  CHECK(finding(R"("every": {"weekdays": [], "at": "09:00"})").path == "/trigger/every/weekdays");
  const auto weekday = finding(R"("every": {"weekdays": ["mondy"], "at": "09:00"})");
  CHECK(weekday.path == "/trigger/every/weekdays/0");
  CHECK(weekday.nearest == "monday");
  const auto zone = finding(R"("every": {"days": 1, "at": "09:00"}, "timezone": "Europe/Berln")");
  CHECK(zone.path == "/trigger/timezone");
  CHECK(zone.nearest == "Europe/Berlin");
  CHECK(finding(R"("cron": "0 0 0 31 2 *")").path == "/trigger/cron");
  CHECK(finding(R"("cron": "0 9 * * *")").path == "/trigger/cron");
  CHECK(finding(R"("every": {"seconds": 5}, "catchUp": "two")").path == "/trigger/catchUp");
  CHECK(finding(R"("every": {"seconds": 5}, "overlap": "queued")").nearest == "queue");
  CHECK(finding(R"("every": {"seconds": 5}, "spread": "2h")").path == "/trigger/spread");
  CHECK(finding(R"("every": {"seconds": 5}, "timezone": "{{settings.zone}}")").path ==
        "/trigger/timezone");
}

TEST_CASE("a stored version whose schedule cannot be read is not run at another") {
  for (const char* const schedule :
       {R"("cron":"0 0 9 31 2 *")", R"("every":{"weekdays":["moonday"],"at":"09:00"})",
        R"("every":{"fortnights":1})"}) {
    CAPTURE(schedule);
    const auto definition =
        parse_json(std::string(R"({"trigger":{"type":"scheduler",)") + schedule +
                   R"(},"steps":[{"id":"w","type":"delay","value":1,"unit":"DAYS"}]})");
    REQUIRE(definition.ok());
    CHECK_FALSE(compile_stored_workflow(*definition, {}, nullptr).ok());
  }
}

TEST_CASE("the options of a schedule have defaults") {
  const SchedulerTrigger plain = read(R"("every": {"seconds": 5})");
  CHECK(plain.catch_up == CatchUp::one);
  CHECK(plain.overlap == Overlap::allow);
  CHECK(plain.spread == Millis(10'000));
  const SchedulerTrigger all =
      read(R"("every": {"seconds": 5}, "catchUp": "all", "overlap": "queue", "spread": "1m")");
  CHECK(all.catch_up == CatchUp::all);
  CHECK(all.overlap == Overlap::queue);
  CHECK(all.spread == Millis(60'000));
  // They are no part of the schedule: it goes on when they change.
  CHECK(plain.text == all.text);
  CHECK(plain.text != read(R"("every": {"seconds": 6})").text);
}

TEST_CASE("a zone may come from what is known of the user") {
  const SchedulerTrigger trigger =
      read(R"("every": {"days": 1, "at": "09:00"}, "timezone": "{{user.meta.zone}}")");
  CHECK_FALSE(trigger.one_zone.has_value());
  const UserId ada("ada");
  CHECK(zone_for(trigger, ada, {{"zone", "Asia/Tokyo"}})->name() == "Asia/Tokyo");
  CHECK(zone_for(trigger, ada, {})->name() == "UTC");
  CHECK(zone_for(trigger, ada, {{"zone", ""}})->name() == "UTC");
  CHECK(zone_for(trigger, ada, {{"zone", "Tokyo"}}).error().code == ErrorCode::invalid_request);
  CHECK_FALSE(zone_for(trigger, ada, {{"zone", 9}}).ok());
  // Somebody, somewhere, has nine o'clock every quarter of an hour or so.
  const auto first = next_tick(trigger, at("2026-01-01T00:00:00Z"));
  REQUIRE(first.has_value());
  CHECK(*first < at("2026-01-01T02:00:00Z"));
}

TEST_CASE("ticks that came in time are run each; of those that were missed, what catchUp says") {
  const auto run = [](const std::string& catch_up, Served served) {
    const SchedulerTrigger trigger =
        read(R"("every": {"minutes": 1}, "catchUp": ")" + catch_up + "\"");
    std::string ticks;
    for (const Instant tick : ticks_to_run(trigger, TimeZone(), at("2026-01-01T00:00:00Z"),
                                           at("2026-01-01T00:03:00Z"), served)) {
      ticks += to_text(tick).substr(14, 2) + ' ';
    }
    return ticks;
  };
  for (const std::string catch_up : {"one", "none", "all"}) {
    CHECK(run(catch_up, Served::in_time) == "01 02 03 ");
  }
  CHECK(run("one", Served::missed) == "03 ");
  CHECK(run("none", Served::missed).empty());
  CHECK(run("all", Served::missed) == "01 02 03 ");
}

TEST_CASE("catching up on all ticks is bounded: the latest ones are run") {
  const SchedulerTrigger trigger = read(R"("every": {"seconds": 1}, "catchUp": "all")");
  const auto ticks = ticks_to_run(trigger, TimeZone(), at("2026-01-01T00:00:00Z"),
                                  at("2026-02-01T00:00:00Z"), Served::missed);
  REQUIRE(ticks.size() == limits::schedule_caught_up_max);
  CHECK(ticks.back() == at("2026-02-01T00:00:00Z"));
  CHECK(ticks.front() == at("2026-01-31T23:58:21Z"));
}

TEST_CASE(
    "of ticks that were missed and are not run it is known how many, the first and the last") {
  const auto left = [](const std::string& catch_up, const char* until) {
    const SchedulerTrigger trigger =
        read(R"("every": {"minutes": 1}, "catchUp": ")" + catch_up + "\"");
    return left_out_ticks(trigger, TimeZone(), at("2026-01-01T00:00:00Z"), at(until));
  };
  const auto of_one = left("one", "2026-01-01T00:05:30Z");
  CHECK(of_one.count == 4);
  CHECK(of_one.first == at("2026-01-01T00:01:00Z"));
  CHECK(of_one.last == at("2026-01-01T00:04:00Z"));
  CHECK(left("none", "2026-01-01T00:05:30Z").count == 5);
  CHECK(left("none", "2026-01-01T00:05:30Z").last == at("2026-01-01T00:05:00Z"));
  CHECK(left("all", "2026-01-01T00:05:30Z").count == 0);
  CHECK(left("all", "2026-01-01T03:00:00Z").count == 80);
  CHECK(left("one", "2026-01-01T00:01:00Z").count == 0);
  const auto of_month = left("one", "2026-02-01T00:00:00Z");
  CHECK(of_month.count == LeftOutTicks::count_max);
  CHECK(of_month.last == at("2026-01-31T23:59:00Z"));
}

TEST_CASE("a scheduled workflow sees when its tick was") {
  CHECK(to_text(tick_output(at("2026-01-01T09:00:00Z"))) ==
        R"({"scheduledAt":"2026-01-01T09:00:00.000Z"})");
  CHECK(compile_text(definition(R"("every": {"seconds": 5})", "\"{{trigger.scheduledAt}}\"")).ok());
  const auto misspelt =
      compile_text(definition(R"("every": {"seconds": 5})", "\"{{trigger.scheduldAt}}\""));
  REQUIRE_FALSE(misspelt.ok());
  CHECK(misspelt.error().details.at(0).nearest == "scheduledAt");
  CHECK(scheduler_trigger_kind.history_type == "TRIGGER/CRON");
}
