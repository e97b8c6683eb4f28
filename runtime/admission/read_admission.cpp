#include "runtime/admission/read_admission.h"

#include "runtime/admission/admission_limits.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

constexpr std::array<Choice<Singleton::OnConflict>, 3> conflicts{
    {{"skip", Singleton::OnConflict::skip},
     {"replace", Singleton::OnConflict::replace},
     {"queue", Singleton::OnConflict::queue}}};

Template read_key(ObjectReader& json) { return json.any("key", Json(nullptr)); }

Millis required_duration(ObjectReader& json, std::string_view key, std::string_view expected) {
  json.require(key, expected);
  return json.duration(key, limits::admission_wait_max).value_or(Millis(1));
}

std::size_t required_count(ObjectReader& json, std::string_view key, std::string_view expected,
                           std::size_t max) {
  json.require(key, expected);
  return static_cast<std::size_t>(json.integer(key, 1, static_cast<std::int64_t>(max)).value_or(1));
}

Debounce read_debounce(ObjectReader& json) {
  Debounce rule;
  rule.wait = required_duration(json, "wait", "how long nothing more may come, such as \"30s\"");
  const Millis standard =
      std::min<Millis>(rule.wait * limits::debounce_waits_max, limits::admission_wait_max);
  rule.max_wait = json.duration("maxWait", limits::admission_wait_max).value_or(standard);
  if (rule.max_wait < rule.wait) {
    json.report("maxWait", "the longest wait is not shorter than `wait`");
    rule.max_wait = rule.wait;
  }
  rule.key = read_key(json);
  return rule;
}

Batch read_batch(ObjectReader& json) {
  Batch rule;
  rule.size = required_count(json, "size", "how many items a batch has", limits::batch_size_max);
  rule.wait = required_duration(json, "wait", "how long its first item waits, such as \"10s\"");
  rule.key = read_key(json);
  return rule;
}

Singleton read_singleton(ObjectReader& json) {
  Singleton rule;
  json.require("onConflict", "`skip`, `replace` or `queue`");
  rule.on_conflict =
      json.choice<Singleton::OnConflict>("onConflict", conflicts).value_or(rule.on_conflict);
  rule.key = read_key(json);
  return rule;
}

Throttle read_throttle(ObjectReader& json) {
  Throttle rule;
  rule.limit = required_count(json, "limit", "how many runs may start within `per`",
                              limits::throttle_limit_max);
  rule.per = required_duration(json, "per", "within how long, such as \"1m\"");
  rule.key = read_key(json);
  return rule;
}

template <class Rule>
std::optional<Rule> read_stage(ObjectReader& admission, AdmissionStage stage,
                               Rule (*read)(ObjectReader&)) {
  const std::string_view key = wire_name(stage);
  const Json* const value = admission.find(key);
  if (value == nullptr) return std::nullopt;
  ObjectReader json(*value, admission.pointer_to(key), "", admission.findings());
  if (!value->is_object()) return std::nullopt;
  Rule rule = read(json);
  json.finish();
  return rule;
}

}  // namespace

AdmissionRules read_admission(ObjectReader& definition) {
  AdmissionRules rules;
  const Json* const value = definition.find("admission");
  if (value == nullptr) return rules;
  ObjectReader json(*value, definition.pointer_to("admission"), "", definition.findings());
  if (!value->is_object()) return rules;
  rules.debounce = read_stage(json, AdmissionStage::debounce, read_debounce);
  rules.batch = read_stage(json, AdmissionStage::batch, read_batch);
  rules.singleton = read_stage(json, AdmissionStage::singleton, read_singleton);
  rules.throttle = read_stage(json, AdmissionStage::throttle, read_throttle);
  rules.priority = static_cast<Priority>(
      json.integer("priority", priority_min, priority_max).value_or(priority_standard));
  if (rules.debounce && rules.batch) {
    json.report("batch", "a debounce keeps only the last trigger, a batch keeps all: choose one");
  }
  json.finish();
  return rules;
}

std::vector<Template*> templates_of(AdmissionRules& rules) {
  std::vector<Template*> templates;
  if (rules.debounce) templates.push_back(&rules.debounce->key);
  if (rules.batch) templates.push_back(&rules.batch->key);
  if (rules.singleton) templates.push_back(&rules.singleton->key);
  if (rules.throttle) templates.push_back(&rules.throttle->key);
  return templates;
}

}  // namespace millrace
