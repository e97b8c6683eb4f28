#include "runtime/definitions/definition_changes.h"

#include "runtime/conditions/compare_values.h"
#include "runtime/drafts/raw_json.h"

#include <algorithm>
#include <map>

namespace millrace {
namespace {

using Kind = DefinitionChange::Kind;

/// Empty for a value without it.
std::string text_at(const Json& value, std::string_view key) {
  const auto* const object = value.if_object();
  const Json* const member = object == nullptr ? nullptr : object->if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

std::string id_of(const Json& element) { return text_at(element, "id"); }

/// By what an element of a list is known: its id, or the label of a branch.
std::vector<std::string> ids_of(const JsonArray& list) {
  std::vector<std::string> ids;
  for (const Json& element : list) {
    const std::string id = id_of(element);
    ids.push_back(id.empty() ? text_at(element, "label") : id);
  }
  return ids;
}

/// Every element has an id of its own.
bool is_keyed(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  return !ids.empty() && !ids.front().empty() &&
         std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

struct InnerList {
  std::string name;     // after the step's id and a dot in an edit's `in`; empty: the only one
  std::string pointer;  // below the holder
  const JsonArray* steps;
};

/// The lists of steps of a workflow or of a step.
std::vector<InnerList> lists_of(const Json& holder) {
  std::vector<InnerList> lists;
  const auto* const object = holder.if_object();
  if (object == nullptr) return lists;
  for (const std::string_view key : {"steps", "then", "else"}) {
    const Json* const list = object->if_contains(key);
    if (list == nullptr || !list->is_array()) continue;
    lists.push_back(
        {key == "steps" ? "" : std::string(key), '/' + std::string(key), &list->get_array()});
  }
  const Json* const branches = object->if_contains("branches");
  if (branches == nullptr || !branches->is_array()) return lists;
  std::size_t index = 0;
  for (const Json& branch : branches->get_array()) {
    const std::string pointer = "/branches/" + std::to_string(index++) + "/steps";
    for (InnerList& list : lists_of(branch)) {
      if (list.name.empty()) lists.push_back({text_at(branch, "label"), pointer, list.steps});
    }
  }
  return lists;
}

/// Where steps stand. Ids that two steps have are as good as none.
class StepPlaces {
 public:
  struct Step {
    const Json* json = nullptr;
    std::string pointer;
    Json place;  // as edits name it
  };

  explicit StepPlaces(const Json& definition) { add(definition, "", ""); }

  /// Null: there is none, or there are two.
  const Step* find(const std::string& id) const {
    const auto found = steps_.find(id);
    return found == steps_.end() || found->second.json == nullptr ? nullptr : &found->second;
  }

 private:
  void add(const Json& holder, const std::string& pointer, const std::string& holder_id) {
    for (const InnerList& list : lists_of(holder)) {
      Json in(nullptr);
      if (!pointer.empty()) in = list.name.empty() ? holder_id : holder_id + '.' + list.name;
      Json after(nullptr);
      for (std::size_t i = 0; i < list.steps->size(); ++i) {
        const Json& step = (*list.steps)[i];
        const std::string id = id_of(step);
        const std::string place = pointer + list.pointer + '/' + std::to_string(i);
        if (!id.empty()) {
          const auto [known, is_new] =
              steps_.try_emplace(id, Step{&step, place, JsonObject{{"in", in}, {"after", after}}});
          if (!is_new) known->second.json = nullptr;
        }
        add(step, place, id);
        after = id.empty() ? Json(nullptr) : Json(id);
      }
    }
  }

  std::map<std::string, Step> steps_;
};

/// The texts of an object's members.
std::map<std::string, std::string_view> texts_of(std::string_view object) {
  std::map<std::string, std::string_view> texts;
  for (RawMember& member : members_of(object)) texts.emplace(std::move(member.key), member.value);
  return texts;
}

class Comparison {
 public:
  Comparison(const WrittenDefinition& from, const WrittenDefinition& to)
      : from_(from), to_(to), from_steps_(from.value), to_steps_(to.value) {}

  std::vector<DefinitionChange> run() {
    compare({from_.value, to_.value, from_.text, to_.text, "", ""}, "");
    return std::move(changes_);
  }

 private:
  /// Two values of one place, or of one step that moved.
  struct Pair {
    const Json& from;
    const Json& to;
    std::string_view from_text;
    std::string_view text;
    std::string from_path;
    std::string path;
  };

  void compare(const Pair& pair, const std::string& step) {
    const Json& from = pair.from;
    const Json& to = pair.to;
    if (pair.from_text == pair.text) return;
    if (from.is_object() && to.is_object()) return compare_objects(pair, step);
    if (from.is_array() && to.is_array()) {
      const auto& before = from.get_array();
      const auto& after = to.get_array();
      const bool is_by_id = (before.empty() || is_keyed(ids_of(before))) &&
                            (after.empty() || is_keyed(ids_of(after)));
      if (is_by_id) return compare_by_id(pair, step);
      // Only written otherwise: told where.
      if (equal_values(from, to)) return compare_elements(pair, step);
    }
    changes_.push_back({Kind::changed, step, pair.path, pair.from_path, from, to});
  }

  /// Of lists that are equally long.
  void compare_elements(const Pair& pair, const std::string& step) {
    const auto from_texts = elements_of(pair.from_text);
    const auto texts = elements_of(pair.text);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string token = '/' + std::to_string(i);
      compare({pair.from.get_array()[i], pair.to.get_array()[i], from_texts[i], texts[i],
               pair.from_path + token, pair.path + token},
              step);
    }
  }

  void compare_objects(const Pair& pair, const std::string& step) {
    const JsonObject& from = pair.from.get_object();
    const JsonObject& to = pair.to.get_object();
    const auto from_texts = texts_of(pair.from_text);
    const auto texts = texts_of(pair.text);
    for (const auto& member : to) {
      const std::string token = '/' + pointer_token(member.key());
      const Json* const before = from.if_contains(member.key());
      if (before != nullptr) {
        const std::string key(member.key());
        compare({*before, member.value(), from_texts.at(key), texts.at(key), pair.from_path + token,
                 pair.path + token},
                step);
      } else {
        changes_.push_back({Kind::added, step, pair.path + token, "", nullptr, member.value()});
        if (member.value().is_array()) follow_inside(member.value(), pair.path + token);
      }
    }
    for (const auto& member : from) {
      if (to.contains(member.key())) continue;
      const std::string place = pair.from_path + '/' + pointer_token(member.key());
      changes_.push_back({Kind::removed, step, place, place, member.value(), nullptr});
    }
  }

  void compare_by_id(const Pair& pair, const std::string& around) {
    const JsonArray& from = pair.from.get_array();
    const JsonArray& to = pair.to.get_array();
    const auto before = ids_of(from);
    const auto after = ids_of(to);
    const auto from_texts = elements_of(pair.from_text);
    const auto texts = elements_of(pair.text);
    const auto step_of = [&](const Json& element) {
      const std::string id = id_of(element);
      return id.empty() ? around : id;  // a branch is its conditional's
    };
    std::vector<std::string> kept_before;
    std::vector<std::string> kept_after;
    for (std::size_t i = 0; i < to.size(); ++i) {
      const std::string place = pair.path + '/' + std::to_string(i);
      const auto found = std::find(before.begin(), before.end(), after[i]);
      if (found != before.end()) {
        const auto position = static_cast<std::size_t>(found - before.begin());
        kept_after.push_back(after[i]);
        compare({from[position], to[i], from_texts[position], texts[i],
                 pair.from_path + '/' + std::to_string(position), place},
                step_of(to[i]));
      } else if (!follow_step(to[i], place)) {
        changes_.push_back({Kind::added, step_of(to[i]), place, "", nullptr, to[i]});
        follow_inside(to[i], place);
      }
    }
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (std::find(after.begin(), after.end(), before[i]) != after.end()) {
        kept_before.push_back(before[i]);
        continue;
      }
      const std::string place = pair.from_path + '/' + std::to_string(i);
      if (has_moved(from[i], place)) continue;  // told where it stands now
      changes_.push_back({Kind::removed, step_of(from[i]), place, place, from[i], nullptr});
    }
    if (kept_before == kept_after) return;
    const auto list = [](const std::vector<std::string>& ids) {
      return Json(JsonArray(ids.begin(), ids.end()));
    };
    changes_.push_back(
        {Kind::reordered, "", pair.path, pair.from_path, list(kept_before), list(kept_after)});
  }

  /// A step at this place of the old definition stands elsewhere in the new one.
  bool has_moved(const Json& element, const std::string& pointer) const {
    const std::string id = id_of(element);
    const StepPlaces::Step* const step = from_steps_.find(id);
    return step != nullptr && step->pointer == pointer && to_steps_.find(id) != nullptr;
  }

  /// If the element at this place of the new definition is a step that stood elsewhere.
  bool follow_step(const Json& element, const std::string& pointer) {
    const std::string id = id_of(element);
    const StepPlaces::Step* const now = to_steps_.find(id);
    const StepPlaces::Step* const before = from_steps_.find(id);
    if (now == nullptr || before == nullptr || now->pointer != pointer) return false;
    changes_.push_back({Kind::moved, id, pointer, before->pointer, before->place, now->place});
    compare({*before->json, *now->json, value_at(from_.text, before->pointer),
             value_at(to_.text, pointer), before->pointer, pointer},
            id);
    return true;
  }

  /// Steps inside of what is new may have stood elsewhere: they are no part of it that is new.
  void follow_inside(const Json& added, const std::string& pointer) {
    if (const auto* const list = added.if_array()) {
      for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string place = pointer + '/' + std::to_string(i);
        if (!follow_step((*list)[i], place)) follow_inside((*list)[i], place);
      }
      return;
    }
    for (const InnerList& list : lists_of(added)) {
      for (std::size_t i = 0; i < list.steps->size(); ++i) {
        const std::string place = pointer + list.pointer + '/' + std::to_string(i);
        if (!follow_step((*list.steps)[i], place)) follow_inside((*list.steps)[i], place);
      }
    }
  }

  const WrittenDefinition& from_;
  const WrittenDefinition& to_;
  const StepPlaces from_steps_;
  const StepPlaces to_steps_;
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
    case Kind::moved:
    case Kind::reordered:
      return "changed";
  }
  return "changed";
}

std::vector<DefinitionChange> definition_changes(const WrittenDefinition& from,
                                                 const WrittenDefinition& to) {
  return Comparison(from, to).run();
}

}  // namespace millrace
