#include "runtime/admission/admission_rules.h"

#include "runtime/admission/admission_limits.h"
#include "runtime/base/check.h"

#include <algorithm>
#include <map>
#include <utility>

namespace millrace {
namespace {

/// The same value, with the members of its objects in the order of their names.
Json in_order(Json value) {
  if (auto* const array = value.if_array()) {
    for (Json& element : *array) element = in_order(std::move(element));
  } else if (auto* const object = value.if_object()) {
    std::map<std::string, Json> members;
    for (auto& member : *object) {
      members.emplace(std::string(member.key()), in_order(std::move(member.value())));
    }
    object->clear();
    for (auto& [name, member] : members) object->emplace(name, std::move(member));
  }
  return value;
}

}  // namespace

std::string rendered_key(const Template& key, const Scope& scope) {
  return to_text(in_order(key.render(scope)));
}

Json batch_output(JsonArray items) { return JsonObject{{"items", std::move(items)}}; }

Instant debounce_end(const Debounce& rule, Instant first, Instant last) {
  return std::min(last + rule.wait, first + rule.max_wait);
}

bool batch_is_too_large_with(const Gathered& gathered, std::uint64_t item_bytes) {
  return gathered.items > 0 && gathered.bytes + item_bytes > limits::batch_bytes_max;
}

bool batch_is_full(const Batch& rule, const Gathered& gathered) {
  return gathered.items >= rule.size || gathered.bytes >= limits::batch_bytes_max;
}

Instant throttle_free_at(const Throttle& rule, std::span<const Instant> starts, Instant now) {
  if (starts.size() < rule.limit) return now;
  const Instant oldest = std::min(starts[starts.size() - rule.limit], now);
  return std::max(now, oldest + rule.per);
}

void note_start(const Throttle& rule, std::vector<Instant>& starts, Instant now) {
  for (Instant& start : starts) start = std::min(start, now);
  std::erase_if(starts, [&](Instant start) { return start + rule.per <= now; });
  starts.push_back(now);
  if (starts.size() > rule.limit) {
    starts.erase(starts.begin(), starts.end() - static_cast<std::ptrdiff_t>(rule.limit));
  }
}

SingletonAnswer decide(Singleton::OnConflict rule, Holder holder, std::size_t waiting) {
  if (holder == Holder::nobody && waiting == 0) return SingletonAnswer::pass;
  switch (rule) {
    case Singleton::OnConflict::skip:
      return SingletonAnswer::skip;
    case Singleton::OnConflict::queue:
      return SingletonAnswer::queue;
    case Singleton::OnConflict::replace:
      return holder == Holder::waiting ? SingletonAnswer::replace : SingletonAnswer::cancel;
  }
  CHECK(false, "there is no such rule");
}

}  // namespace millrace
