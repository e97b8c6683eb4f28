#include "runtime/drafts/apply_patch.h"

#include "runtime/base/limits.h"
#include "runtime/drafts/draft_tree.h"
#include "runtime/drafts/raw_json.h"
#include "runtime/drafts/text_references.h"
#include "runtime/reading/findings.h"
#include "runtime/steps/sequence_reader.h"
#include "runtime/templates/reference.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

namespace millrace {
namespace {

static_assert(2 * limits::draft_nesting_max < limits::json_depth_max);

constexpr std::size_t first_ordinal = 2;  // 1 is the trigger

std::string quoted(const std::string& text) { return '`' + text + '`'; }

/// 0 for a name that is none, and for the trigger's.
std::size_t step_ordinal(const std::string& name) {
  std::size_t ordinal = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), ordinal);
  const bool is_one = read.ec == std::errc() && read.ptr == name.data() + name.size();
  return is_one && ordinal >= first_ordinal ? ordinal : 0;
}

/// Of the step and of those inside it; empty ones are left out.
std::vector<std::string> ids_of(DraftNode& step) {
  std::vector<std::string> ids;
  const auto add = [&](DraftNode& each, const std::string&) {
    if (std::string id = each.id(); !id.empty()) ids.push_back(std::move(id));
  };
  add(step, "");
  visit_steps(step, "", add);
  return ids;
}

void rename_inside(DraftNode& step, const NewName& new_name) {
  visit_templates(step, "", [&](std::string& value, const std::string&) {
    rename_references(value, new_name);
  });
}

class DraftEditor {
 public:
  explicit DraftEditor(std::string_view draft) : draft_(read_draft(draft)) {
    has_ordinals_ = has_ordinals(draft_);
  }

  Result<PatchedDraft> apply(const DraftPatch& patch) {
    for (const auto& [key, value] : patch.members) {
      if (value.empty()) {
        draft_.remove(key);
      } else {
        draft_.set(key, value);
      }
    }
    for (const DraftEdit& edit : patch.edits) {
      edit_ = &edit;
      auto applied = std::visit([&](const auto& change) { return apply(change); }, edit.change);
      if (!applied) return applied.error();
      if (auto bounded = check_bounds(); !bounded) return bounded.error();
    }
    return PatchedDraft{text_of(draft_), find_dangling()};
  }

 private:
  struct Found {
    std::vector<DraftNode>* list = nullptr;
    std::size_t position = 0;

    DraftNode& step() const { return (*list)[position]; }
  };

  // --- edits -----------------------------------------------------------------------------------

  Outcome apply(const InsertStep& insert) {
    DraftNode step = read_step_node(insert.step);
    if (auto fit = check_new_id(step.id(), "/step/id"); !fit) return fit;
    std::set<std::string> taken = all_ids();
    for (const std::string& id : ids_of(step)) {
      if (!taken.insert(id).second) return refuse_taken(id, "/step");
    }
    has_ordinals_ = has_ordinals_ || has_ordinals(step) || has_ordinal(step);
    const auto place = place_of(insert.place);
    if (!place) return place.error();
    const auto before = numbered_ids();
    put(*place, std::move(step));
    renumber(before);
    return Done{};
  }

  Outcome apply(const DuplicateStep& duplicate) {
    const auto original = find(duplicate.step, "/duplicate");
    if (!original) return original.error();
    std::set<std::string> taken = all_ids();
    const std::string as = duplicate.as.empty() ? free_id(duplicate.step, taken) : duplicate.as;
    if (auto fit = check_new_id(as, "/as"); !fit) return fit;
    if (!taken.insert(as).second) return refuse_taken(as, "/as");

    DraftNode copy = original->step();
    std::map<std::string, std::string> names{{duplicate.step, as}};
    visit_steps(copy, "", [&](DraftNode& step, const std::string&) {
      const std::string id = step.id();
      if (id.empty()) return;
      std::string name = free_id(id, taken);
      taken.insert(name);
      step.set("id", string_token(name));
      names.emplace(id, std::move(name));
    });
    copy.set("id", string_token(as));
    const auto before = numbered_ids();
    const auto new_name = [&](const std::string& name) -> std::optional<std::string> {
      const auto found = names.find(id_named(name, before));
      return found == names.end() ? std::nullopt : std::optional(found->second);
    };
    rename_inside(copy, new_name);
    visit_steps(copy, "",
                [&](DraftNode& step, const std::string&) { rename_inside(step, new_name); });
    put({original->list, original->position + 1}, std::move(copy));
    renumber(before);
    return Done{};
  }

  Outcome apply(const RemoveStep& remove) {
    const auto found = find(remove.step, "/remove");
    if (!found) return found.error();
    const auto before = numbered_ids();
    for (std::string& id : ids_of(found->step())) removed_.insert(std::move(id));
    take(*found);
    renumber(before);
    return Done{};
  }

  Outcome apply(const MoveStep& move) {
    const auto found = find(move.step, '/' + move.said_by);
    if (!found) return found.error();
    const auto own = ids_of(found->step());
    const auto is_inside = [&](const std::optional<std::string>& name) {
      return name &&
             std::find(own.begin(), own.end(), name->substr(0, name->find('.'))) != own.end();
    };
    if (is_inside(move.place.after) || is_inside(move.place.in)) {
      return refuse(is_inside(move.place.after) ? "/after" : "/in",
                    "a step cannot be moved behind or into itself: name a step outside of " +
                        quoted(move.step));
    }
    const auto before = numbered_ids();
    DraftNode step = take(*found);
    const auto place = place_of(move.place);
    if (!place) return place.error();
    put(*place, std::move(step));
    renumber(before);
    return Done{};
  }

  Outcome apply(const RenameStep& rename) {
    const auto found = find(rename.from, "/from");
    if (!found) return found.error();
    if (rename.from == rename.to) return Done{};
    if (auto fit = check_new_id(rename.to, "/to"); !fit) return fit;
    if (all_ids().contains(rename.to)) return refuse_taken(rename.to, "/to");
    found->step().set("id", string_token(rename.to));
    visit_steps(draft_, "", [&](DraftNode& step, const std::string&) {
      rename_inside(step, [&](const std::string& name) {
        return name == rename.from ? std::optional(rename.to) : std::nullopt;
      });
    });
    rename_open_points(rename);
    return Done{};
  }

  /// What an import left open names the step that it is about.
  void rename_open_points(const RenameStep& rename) {
    DraftMember* const points = draft_.find("openPoints");
    if (points == nullptr || !is_array_text(points->value)) return;
    const auto elements = elements_of(points->value);
    for (std::size_t i = elements.size(); i-- > 0;) {
      const std::string_view step = value_at(elements[i], "/step");
      if (step.empty() || string_of(step) != rename.from) continue;
      points->value.replace(static_cast<std::size_t>(step.data() - points->value.data()),
                            step.size(), string_token(rename.to));
    }
  }

  // --- steps and places ------------------------------------------------------------------------

  static void find_all(DraftNode& node, const std::string& id, std::vector<Found>& found) {
    for (const StepList& list : step_lists(node)) {
      for (std::size_t i = 0; i < list.steps->size(); ++i) {
        DraftNode& step = (*list.steps)[i];
        if (step.id() == id) found.push_back({list.steps, i});
        find_all(step, id, found);
      }
    }
  }

  Result<Found> find(const std::string& id, const std::string& member) {
    std::vector<Found> found;
    if (!id.empty()) find_all(draft_, id, found);
    if (found.size() == 1) return found.front();
    if (!found.empty()) {
      return refuse(member, "two steps are called " + quoted(id) +
                                ": put the draft with an id of its own for each");
    }
    const auto ids = all_ids();
    return refuse(member, "there is no step " + quoted(id),
                  nearest_name(id, {ids.begin(), ids.end()}));
  }

  Result<std::vector<DraftNode>*> list_named(const std::string& name) {
    const auto dot = name.find('.');
    const auto holder = find(name.substr(0, dot), "/in");
    if (!holder) return holder.error();
    DraftNode& step = holder->step();
    auto* const list = steps_in(step, dot == std::string::npos ? "" : name.substr(dot + 1));
    if (list != nullptr) return list;
    const auto names = list_names_of(step);
    if (names.empty()) {
      return refuse("/in", quoted(step.id()) + " holds no steps: a fan-out or a conditional does");
    }
    std::string choices;
    for (const std::string& each : names) choices += (choices.empty() ? "" : " or ") + quoted(each);
    return refuse("/in", quoted(name) + " is no list of steps: it is " + choices,
                  nearest_name(name, names));
  }

  Result<Found> place_of(const StepPlace& place) {
    std::vector<DraftNode>* list = nullptr;
    if (place.in) {
      const auto named = list_named(*place.in);
      if (!named) return named.error();
      list = *named;
    }
    if (place.after) {
      const auto before = find(*place.after, "/after");
      if (!before) return before.error();
      if (list != nullptr && list != before->list) {
        return refuse("/after", quoted(*place.after) + " does not stand in " + quoted(*place.in) +
                                    ": leave one of the two out");
      }
      return Found{before->list, before->position + 1};
    }
    if (list == nullptr) list = workflow_steps(draft_);
    if (list == nullptr) return refuse("", "the draft's `steps` are no list: put it anew");
    return Found{list, 0};
  }

  static void put(const Found& place, DraftNode step) {
    place.list->insert(place.list->begin() + static_cast<std::ptrdiff_t>(place.position),
                       std::move(step));
  }

  static DraftNode take(const Found& found) {
    DraftNode step = std::move(found.step());
    found.list->erase(found.list->begin() + static_cast<std::ptrdiff_t>(found.position));
    return step;
  }

  // --- ids -------------------------------------------------------------------------------------

  std::set<std::string> all_ids() {
    std::set<std::string> ids;
    visit_steps(draft_, "", [&](DraftNode& step, const std::string&) { ids.insert(step.id()); });
    ids.erase("");
    return ids;
  }

  static std::string free_id(const std::string& id, const std::set<std::string>& taken) {
    constexpr std::size_t suffix_max = 8;
    const std::string name = id.substr(0, limits::id_bytes_max - suffix_max);
    for (std::size_t number = 2;; ++number) {
      std::string candidate = name + '_' + std::to_string(number);
      if (!taken.contains(candidate)) return candidate;
    }
  }

  Outcome check_new_id(const std::string& id, const std::string& member) const {
    if (!is_step_id(id)) {
      return refuse(member,
                    "a step's id starts with a letter or `_` and goes on with letters, "
                    "digits, `_` and `-`, at most " +
                        std::to_string(limits::id_bytes_max) + " characters, got " + quoted(id));
    }
    if (parse_root(id)) {
      return refuse(member, "a step cannot be named " + quoted(id) +
                                ": in references the word means something else");
    }
    return Done{};
  }

  Error refuse_taken(const std::string& id, const std::string& member) {
    return refuse(member, "there is a step " + quoted(id) +
                              " already: " + quoted(free_id(id, all_ids())) + " is free");
  }

  // --- ordinals --------------------------------------------------------------------------------

  static bool has_ordinal(DraftNode& step) {
    bool has_one = false;
    visit_templates(step, "", [&](std::string& value, const std::string&) {
      for (const TextReference& each : references_in(value)) {
        has_one = has_one || step_ordinal(each.name) != 0;
      }
    });
    return has_one;
  }
  static bool has_ordinals(DraftNode& node) {
    bool has_one = false;
    visit_steps(node, "", [&](DraftNode& step, const std::string&) {
      has_one = has_one || has_ordinal(step);
    });
    return has_one;
  }

  /// By ordinal; empty where a step has no id.
  std::vector<std::string> numbered_ids() {
    std::vector<std::string> ids;
    if (!has_ordinals_) return ids;
    visit_steps(draft_, "", [&](DraftNode& step, const std::string&) { ids.push_back(step.id()); });
    return ids;
  }

  /// What the name of a reference stands for: the id itself, or that of the step with the number.
  static std::string id_named(const std::string& name, const std::vector<std::string>& numbered) {
    const std::size_t ordinal = step_ordinal(name);
    if (ordinal == 0) return name;
    const std::size_t position = ordinal - first_ordinal;
    return position < numbered.size() ? numbered[position] : std::string();
  }

  /// Whoever was named by a number has another one now, or, removed, none.
  void renumber(const std::vector<std::string>& before) {
    if (!has_ordinals_) return;
    std::map<std::string, std::size_t> now;
    std::size_t ordinal = first_ordinal;
    for (std::string& id : numbered_ids()) now.emplace(std::move(id), ordinal++);
    const auto new_name = [&](const std::string& name) -> std::optional<std::string> {
      if (step_ordinal(name) == 0) return std::nullopt;
      const std::string id = id_named(name, before);
      if (id.empty()) return std::nullopt;
      const auto found = now.find(id);
      return found == now.end() ? id : std::to_string(found->second);
    };
    visit_steps(draft_, "",
                [&](DraftNode& step, const std::string&) { rename_inside(step, new_name); });
  }

  // --- what comes of it ------------------------------------------------------------------------

  std::vector<ErrorDetail> find_dangling() {
    std::vector<ErrorDetail> findings;
    const auto ids = all_ids();
    if (removed_.empty()) return findings;
    visit_steps(draft_, "", [&](DraftNode& step, const std::string& pointer) {
      visit_templates(step, pointer, [&](std::string& value, const std::string& place) {
        for (const TextReference& each : references_in(value)) {
          if (!removed_.contains(each.name) || ids.contains(each.name)) continue;
          findings.push_back(finding_at(step.id(), place + each.pointer,
                                        "in `{{" + each.text + "}}`: the step " +
                                            quoted(each.name) +
                                            " was removed; refer to another, or remove this",
                                        "a step that runs before", each.name));
        }
      });
    });
    return findings;
  }

  /// After each edit: copies of copies grow with every one.
  Outcome check_bounds() {
    if (size_of(draft_) > limits::definition_bytes_max) {
      return Error(ErrorCode::limit_exceeded,
                   edit_->pointer + ": a definition has at most " +
                       std::to_string(limits::definition_bytes_max) +
                       " bytes, and with this edit it has more; nothing was changed");
    }
    if (nesting_of(draft_) > limits::draft_nesting_max) {
      return Error(ErrorCode::limit_exceeded, edit_->pointer +
                                                  ": steps would be inside each other more than " +
                                                  std::to_string(limits::draft_nesting_max) +
                                                  " levels deep; nothing was changed");
    }
    return Done{};
  }

  Error refuse(const std::string& member, const std::string& message,
               std::string nearest = {}) const {
    ErrorDetail detail;
    detail.path = edit_->pointer + member;
    detail.message = message;
    detail.nearest = std::move(nearest);
    const std::string hint =
        detail.nearest.empty() ? "." : "; did you mean `" + detail.nearest + "`?";
    return Error(ErrorCode::invalid_request,
                 detail.path + ": " + message + hint + " Nothing was changed", {detail});
  }

  DraftNode draft_;
  const DraftEdit* edit_ = nullptr;  // that is applied
  std::set<std::string> removed_;
  bool has_ordinals_ = false;
};

}  // namespace

Result<PatchedDraft> apply_patch(std::string_view draft, const DraftPatch& patch) {
  return DraftEditor(draft).apply(patch);
}

}  // namespace millrace
