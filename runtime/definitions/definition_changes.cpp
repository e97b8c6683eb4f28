#include "runtime/definitions/definition_changes.h"

#include "runtime/conditions/compare_values.h"

#include <algorithm>

namespace millrace {
namespace {

using Kind = DefinitionChange::Kind;

/// Empty for an element without one.
std::string id_of(const Json& element) {
  const auto* const object = element.if_object();
  const Json* const id = object == nullptr ? nullptr : object->if_contains("id");
  return id != nullptr && id->is_string() ? std::string(id->get_string()) : std::string();
}

std::vector<std::string> ids_of(const JsonArray& list) {
  std::vector<std::string> ids;
  for (const Json& element : list) ids.push_back(id_of(element));
  return ids;
}

/// Every element has an id of its own.
bool is_keyed(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  return !ids.empty() && !ids.front().empty() &&
         std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

class Comparison {
 public:
  std::vector<DefinitionChange> run(const Json& from, const Json& to) {
    compare(from, to, "", "");
    return std::move(changes_);
  }

 private:
  void compare(const Json& from, const Json& to, const std::string& path, const std::string& step) {
    if (equal_values(from, to)) return;
    if (from.is_object() && to.is_object()) {
      return compare_objects(from.get_object(), to.get_object(), path, step);
    }
    if (from.is_array() && to.is_array()) {
      const auto& before = from.get_array();
      const auto& after = to.get_array();
      const bool is_by_id = (before.empty() || is_keyed(ids_of(before))) &&
                            (after.empty() || is_keyed(ids_of(after)));
      if (is_by_id) return compare_by_id(before, after, path);
    }
    changes_.push_back({Kind::changed, step, path, from, to});
  }

  void compare_objects(const JsonObject& from, const JsonObject& to, const std::string& path,
                       const std::string& step) {
    for (const auto& member : to) {
      const std::string place = path + '/' + pointer_token(member.key());
      const Json* const before = from.if_contains(member.key());
      if (before == nullptr) {
        changes_.push_back({Kind::added, step, place, nullptr, member.value()});
      } else {
        compare(*before, member.value(), place, step);
      }
    }
    for (const auto& member : from) {
      if (to.contains(member.key())) continue;
      const std::string place = path + '/' + pointer_token(member.key());
      changes_.push_back({Kind::removed, step, place, member.value(), nullptr});
    }
  }

  void compare_by_id(const JsonArray& from, const JsonArray& to, const std::string& path) {
    const auto before = ids_of(from);
    const auto after = ids_of(to);
    std::vector<std::string> kept_before;
    std::vector<std::string> kept_after;
    for (std::size_t i = 0; i < to.size(); ++i) {
      const std::string place = path + '/' + std::to_string(i);
      const auto found = std::find(before.begin(), before.end(), after[i]);
      if (found == before.end()) {
        changes_.push_back({Kind::added, after[i], place, nullptr, to[i]});
        continue;
      }
      kept_after.push_back(after[i]);
      compare(from[static_cast<std::size_t>(found - before.begin())], to[i], place, after[i]);
    }
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (std::find(after.begin(), after.end(), before[i]) != after.end()) {
        kept_before.push_back(before[i]);
        continue;
      }
      const std::string place = path + '/' + std::to_string(i);
      changes_.push_back({Kind::removed, before[i], place, from[i], nullptr});
    }
    if (kept_before == kept_after) return;
    const auto list = [](const std::vector<std::string>& ids) {
      return Json(JsonArray(ids.begin(), ids.end()));
    };
    changes_.push_back({Kind::changed, "", path, list(kept_before), list(kept_after)});
  }

  std::vector<DefinitionChange> changes_;
};

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::added:
      return "added";
    case Kind::removed:
      return "removed";
    case Kind::changed:
      return "changed";
  }
  return "changed";
}

std::vector<DefinitionChange> definition_changes(const Json& from, const Json& to) {
  return Comparison().run(from, to);
}

}  // namespace millrace
