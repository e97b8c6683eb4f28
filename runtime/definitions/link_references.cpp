#include "runtime/definitions/link_references.h"

#include "runtime/admission/read_admission.h"
#include "runtime/definitions/load_step.h"
#include "runtime/integrations/check_sources.h"
#include "runtime/reading/object_reader.h"
#include "runtime/secrets/redaction.h"
#include "runtime/steps/step_catalog.h"
#include "runtime/templates/user_scope.h"
#include "runtime/text/nearest_name.h"
#include "runtime/triggers/object_mapping.h"
#include "runtime/triggers/trigger_catalog.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace millrace {
namespace {

using Root = Reference::Root;

/// One branch of one conditional.
struct Branch {
  StepIndex conditional;
  std::size_t position;
};

const std::vector<std::string> inside_keys{"instance", "index"};

bool contains(const Step& outer, const Step& inner) {
  return outer.index < inner.index && inner.index < outer.end;
}

std::string quoted(std::string_view text) { return '`' + std::string(text) + '`'; }

class Linker {
 public:
  Linker(Workflow& workflow, const std::set<std::string>& uncertain, Findings& findings)
      : workflow_(workflow), uncertain_(uncertain), findings_(findings) {
    for (const Step* const step : workflow.by_index) {
      if (!step->id.empty()) step_by_id_.emplace(step->id.text, step);
    }
    branches_.resize(workflow.by_index.size());
  }

  void link() {
    workflow_.read_outside_fan_out.assign(workflow_.by_index.size(), false);
    workflow_.masked_secrets = JsonObject();
    note_branches(workflow_.steps);
    link_trigger();
    link_admission();
    check_object_mapping();
    if (workflow_.frozen_integration != nullptr) {
      check_sources(workflow_.settings, *workflow_.frozen_integration, findings_);
    }
    link_sequence(workflow_.steps);
  }

 private:
  // --- where steps are -------------------------------------------------------------------------

  void note_branches(Sequence& sequence) {
    for (Step& step : sequence) {
      branches_[step.index] = around_;
      const bool is_conditional = std::holds_alternative<ConditionalStep>(step.config);
      const auto inner = kind_of(step).sequences(step);
      for (std::size_t i = 0; i < inner.size(); ++i) {
        if (is_conditional) around_.push_back({step.index, i});
        note_branches(*inner[i]);
        if (is_conditional) around_.pop_back();
      }
    }
  }

  /// The conditional of which the two steps are in different branches, or null.
  const Step* parting_conditional(const Step& left, const Step& right) const {
    for (const Branch& a : branches_[left.index]) {
      for (const Branch& b : branches_[right.index]) {
        if (a.conditional == b.conditional && a.position != b.position) {
          return workflow_.by_index[a.conditional];
        }
      }
    }
    return nullptr;
  }

  /// How many fan-outs are around `target` but not around `reader`.
  static std::uint32_t array_levels(const Step& target, const Step& reader) {
    const auto [own, shared] = std::mismatch(target.fan_outs.begin(), target.fan_outs.end(),
                                             reader.fan_outs.begin(), reader.fan_outs.end());
    return static_cast<std::uint32_t>(target.fan_outs.end() - own);
  }

  // --- one reference ---------------------------------------------------------------------------

  /// There is no run yet when the trigger's own values are rendered.
  void link_trigger() {
    const TriggerKind& kind = kind_of(workflow_.trigger);
    for (Template* const text : kind.templates(workflow_.trigger)) {
      text->visit_references([&](const Reference& reference, const std::string& pointer) {
        const std::string in = "in `{{" + reference.text + "}}`: ";
        const auto& roots = kind.roots;
        if (std::find(roots.begin(), roots.end(), reference.root) == roots.end()) {
          findings_.push_back(finding_at(
              "", pointer, in + "a trigger is looked at before there is a run", names_of(roots)));
        } else if (reference.root == Root::secrets && !names_secret(reference)) {
          findings_.push_back(
              finding_at("", pointer, in + "a secret is named by one key", "`secrets.KEY`"));
        } else if (reference.root == Root::user && !names_user(reference)) {
          findings_.push_back(finding_at("", pointer, in + "a user has no such key",
                                         "`user.id` or `user.meta.KEY`"));
        }
      });
    }
  }

  /// Their keys tell triggers apart before there is a run; what has been gathered by then is a batch.
  void link_admission() {
    AdmissionRules& rules = workflow_.admission;
    for (Template* const text : templates_of(rules)) {
      const bool is_of_batch = rules.batch && text != &rules.batch->key;
      text->visit_references([&](const Reference& reference, const std::string& pointer) {
        const std::string in = "in `{{" + reference.text + "}}`: ";
        const std::string* const key = key_at(reference, 0);
        if (reference.root == Root::user) {
          if (names_user(reference)) return;
          findings_.push_back(finding_at("", pointer, in + "a user has no such key",
                                         "`user.id` or `user.meta.KEY`"));
        } else if (reference.root != Root::trigger) {
          findings_.push_back(finding_at(
              "", pointer, in + "a key is about the trigger and the user: there is no run yet",
              "`trigger` or `user`"));
        } else if (is_of_batch && (key == nullptr || *key != "items")) {
          findings_.push_back(finding_at(
              "", pointer, in + "the triggers have become a batch by then", "`trigger.items`"));
        }
      });
    }
  }

  /// It names a setting of type `mapping`. Where nothing is declared, users may be given any settings.
  void check_object_mapping() {
    const auto* const path = mapping_of(workflow_.trigger);
    if (path == nullptr || workflow_.frozen_integration == nullptr) return;
    std::vector<std::string> mappings;
    bool is_any_declared = false;
    const auto note = [&](const std::vector<Setting>& declared) {
      for (const Setting& setting : declared) {
        is_any_declared = true;
        if (setting.type == "mapping") mappings.push_back(setting.id);
      }
    };
    note(workflow_.settings);
    note(workflow_.frozen_integration->settings);
    const auto* const name = std::get_if<std::string>(&path->front());
    const bool is_one = name != nullptr && path->size() == 1 &&
                        std::find(mappings.begin(), mappings.end(), *name) != mappings.end();
    if (is_one || !is_any_declared) return;
    const std::string given = name == nullptr ? "an index" : *name;
    findings_.push_back(finding_at("", "/trigger/objectMapping",
                                   "is no setting of type `mapping` that is declared",
                                   mappings.empty() ? "such a setting" : list_names(mappings),
                                   given, nearest_name(given, mappings)));
  }

  static std::string names_of(std::span<const Root> roots) {
    std::vector<std::string> names;
    for (const std::string& name : root_names()) {
      const auto root = parse_root(name);
      if (root && std::find(roots.begin(), roots.end(), *root) != roots.end()) {
        names.push_back(name);
      }
    }
    return list_names(names);
  }

  void link_sequence(Sequence& sequence) {
    for (Step& step : sequence) {
      for (Template* const text : kind_of(step).templates(step)) {
        text->visit_references([&](Reference& reference, const std::string& pointer) {
          pointer_ = &pointer;
          reader_ = &step;
          link_reference(reference);
        });
      }
      note_secrets(step);
      for (Sequence* const inner : kind_of(step).sequences(step)) link_sequence(*inner);
    }
  }

  /// The secrets that the step renders, an action's own ones included.
  void note_secrets(Step& step) {
    const auto note = [&](const Reference& reference, const std::string&) {
      const std::string* const key = key_at(reference, 0);
      if (reference.root != Root::secrets || key == nullptr) return;
      auto& names = step.secrets;
      if (std::find(names.begin(), names.end(), *key) != names.end()) return;
      names.push_back(*key);
      workflow_.masked_secrets.get_object()[*key] = masked_secret(*key);
    };
    for (Template* const text : kind_of(step).templates(step)) text->visit_references(note);
    if (const auto* const action = std::get_if<ActionStep>(&step.config);
        action != nullptr && action->declared != nullptr) {
      RequestTemplate request = action->declared->request;
      for (Template* const text : templates_of(request)) text->visit_references(note);
    }
    const Integration* const integration = integration_of(step);
    if (integration == nullptr) return;
    Template headers = integration->headers;
    headers.visit_references(note);
  }

  void link_reference(Reference& reference) {
    switch (reference.root) {
      case Root::step:
        return link_named(reference);
      case Root::trigger:
        return link_trigger_value(reference);
      case Root::user:
        return check_keys(reference, 0, {"id", "meta"});
      case Root::execution:
      case Root::project:
        return check_keys(reference, 0, {"id"});
      case Root::settings:
        return check_setting(reference);
      case Root::instance:
      case Root::index:
        return check_fan_out_root(reference);
      case Root::secrets:
        return check_secret(reference);
      case Root::self:
        return check_self(reference);
      case Root::parameters:
        return;  // only in actions, which are linked with their integration
    }
  }

  void link_named(Reference& reference) {
    const std::string& name = reference.name;
    if (name[0] >= '0' && name[0] <= '9') return link_ordinal(reference);
    const auto found = step_by_id_.find(name);
    if (found == step_by_id_.end()) {
      std::vector<std::string> names = roots_here();
      for (const auto& [id, step] : step_by_id_) {
        if (is_upstream(*step) && id != load_step_id) names.push_back(id);
      }
      if (name == "account") {
        return add_obstacle(
            reference,
            "the fields of an account cannot be referred to yet: keep the value in a setting "
            "or in `user.meta`; requests to the integration carry its credential by themselves");
      }
      return add_obstacle(reference, "there is no step " + quoted(name), "a step that runs before",
                          name, nearest_name(name, names));
    }
    link_step(reference, *found->second);
  }

  /// The roots that mean something where the reader stands: no other is advice.
  std::vector<std::string> roots_here() const {
    std::vector<std::string> names;
    for (const std::string& name : root_names()) {
      const auto root = parse_root(name);
      const bool is_of_fan_out = root == Root::instance || root == Root::index;
      const RequestTemplate* const request = request_of(*reader_);
      if (is_of_fan_out && reader_->fan_outs.empty()) continue;
      if (root == Root::self && (request == nullptr || !request->pagination)) continue;
      if (root == Root::secrets && !kind_of(*reader_).may_use_secrets) continue;
      if (root == Root::parameters) continue;
      names.push_back(name);
    }
    return names;
  }

  void link_ordinal(Reference& reference) {
    std::uint32_t ordinal = 0;
    const std::string& name = reference.name;
    std::from_chars(name.data(), name.data() + name.size(), ordinal);
    if (ordinal == 1) {
      reference.root = Root::trigger;
      return link_trigger_value(reference);
    }
    // A step that only its trigger has brought along has no number.
    const std::size_t before = load_step_of(workflow_) != nullptr ? 1 : 0;
    const std::size_t steps = workflow_.by_index.size() - before;
    if (ordinal - 2 >= steps) {
      return add_obstacle(reference, "there is no step number " + name + ": 1 is the trigger and " +
                                         std::to_string(steps + 1) + " the last step");
    }
    link_step(reference, *workflow_.by_index[before + ordinal - 2]);
  }

  bool is_upstream(const Step& target) const {
    if (target.index >= reader_->index) return false;
    if (contains(target, *reader_)) return std::holds_alternative<FanOutStep>(target.config);
    return parting_conditional(target, *reader_) == nullptr;
  }

  void link_step(Reference& reference, const Step& target) {
    reference.step = target.index;
    if (!is_upstream(target)) return add(reference, why_not_upstream(target));
    if (contains(target, *reader_)) return check_enclosing_fan_out(reference, target);

    reference.array_levels = array_levels(target, *reader_);
    if (reference.array_levels > 0) workflow_.read_outside_fan_out[target.index] = true;
    check_outputs(reference, target);
  }

  std::string why_not_upstream(const Step& target) const {
    const std::string name = quoted(target.id.text);
    if (&target == reader_)
      return "a step cannot refer to itself: its output comes after it has run";
    if (contains(target, *reader_)) {
      return name + " is around this step: its output is known only when all inside it has run";
    }
    if (const Step* const conditional = parting_conditional(target, *reader_)) {
      return name + " is in another branch of " + quoted(conditional->id.text) +
             ": a run takes one of the two";
    }
    if (contains(*reader_, target)) {
      return name + " is inside this step and runs after this value is needed";
    }
    return name + " runs after this step";
  }

  // --- keys ------------------------------------------------------------------------------------

  void check_outputs(const Reference& reference, const Step& target) {
    if (uncertain_.contains(target.id.text)) return;
    const std::string* const key = key_at(reference, 0);
    const bool is_fan_out = std::holds_alternative<FanOutStep>(target.config);
    if (is_fan_out && key != nullptr && (*key == "instance" || *key == "index")) {
      return add(reference,
                 quoted(*key) + " exists only inside the fan-out " + quoted(target.id.text) +
                     ": after it there is no current element",
                 "`errors`", *key);
    }
    const auto offered = kind_of(target).outputs(target);
    if (offered.empty()) {
      return add(reference, "a " + std::string(definition_type(target)) + " step has no output");
    }
    check_keys(reference, 0, offered);
    const bool is_response =
        std::holds_alternative<RequestStep>(target.config) && key != nullptr && *key == "response";
    if (is_response) {
      check_keys(reference, 1, {"statusCode", "headers", "body", "results", "error"});
    }
  }

  void check_enclosing_fan_out(const Reference& reference, const Step& fan_out) {
    const std::string* const key = key_at(reference, 0);
    if (key != nullptr && *key == "errors") {
      return add(reference,
                 "the errors of " + quoted(fan_out.id.text) + " are known only after it has ended",
                 list_names(inside_keys), *key);
    }
    if (reference.path.empty()) {
      return add(reference,
                 "inside the fan-out " + quoted(fan_out.id.text) + " its element is `" +
                     fan_out.id.text + ".instance`",
                 list_names(inside_keys));
    }
    check_keys(reference, 0, inside_keys);
  }

  void check_fan_out_root(const Reference& reference) {
    if (!reader_->fan_outs.empty()) return;
    const bool is_instance = reference.root == Root::instance;
    add(reference, std::string(is_instance ? "`instance`" : "`index`") +
                       " exists only inside a fan-out, and no fan-out is around this step");
  }

  /// Where the trigger loads the record, that is its result, and the event stands beside it.
  void link_trigger_value(Reference& reference) {
    const Step* const load = load_step_of(workflow_);
    if (load == nullptr || reader_ == load || reference.path.empty()) {
      return check_trigger(reference);
    }
    const std::string* const key = key_at(reference, 0);
    if (key != nullptr && *key == "event") {
      std::vector<PathSegment> path{std::string("result"), std::string("body")};
      path.insert(path.end(), reference.path.begin() + 1, reference.path.end());
      reference.path = std::move(path);
    } else if (key != nullptr && *key == "result") {
      reference.root = Root::step;
      link_step(reference, *load);
    } else {
      check_keys(reference, 0, {"result", "event"});
    }
  }

  void check_trigger(const Reference& reference) {
    if (uncertain_.contains("trigger")) return;
    if (workflow_.admission.batch) return check_keys(reference, 0, {"items"});
    const auto outputs = kind_of(workflow_.trigger).outputs(workflow_.trigger);
    std::vector<std::string> keys;
    for (const TriggerOutput& output : outputs) keys.push_back(output.key);
    if (outputs.empty()) return;
    check_keys(reference, 0, keys);
    const std::string* const key = key_at(reference, 0);
    for (const TriggerOutput& output : outputs) {
      const bool is_named = key != nullptr && *key == output.key;
      if (is_named && !output.inside.empty()) check_keys(reference, 1, output.inside);
    }
  }

  /// Where nothing is declared, users may be given any settings.
  void check_setting(const Reference& reference) {
    std::vector<std::string> names;
    for (const Setting& setting : workflow_.settings) names.push_back(setting.id);
    if (workflow_.frozen_integration != nullptr) {
      for (const Setting& setting : workflow_.frozen_integration->settings) {
        names.push_back(setting.id);
      }
    }
    if (names.empty() || key_at(reference, 0) == nullptr) return;
    check_keys(reference, 0, names);
  }

  /// Whether the project has the secret is known at dispatch only: it may be put later.
  void check_secret(const Reference& reference) {
    if (!kind_of(*reader_).may_use_secrets) {
      return add(
          reference,
          "secrets can be used in request, action and function steps only: the values of a " +
              std::string(definition_type(*reader_)) + " step are stored");
    }
    if (!names_secret(reference)) {
      add(reference, "a secret is named by one key", "`secrets.KEY`");
    }
  }

  void check_self(const Reference& reference) {
    const RequestTemplate* const request = request_of(*reader_);
    if (request == nullptr || !request->pagination) {
      return add(reference, "`self` is the state of pagination, and this step has none");
    }
    check_keys(reference, 0, {"pageToken", "page", "offset", "response"});
  }

  static bool names_secret(const Reference& reference) {
    return key_at(reference, 0) != nullptr && reference.path.size() == 1;
  }

  /// The key at a position of the path; null if the path ends before or has an index there.
  static const std::string* key_at(const Reference& reference, std::size_t position) {
    if (reference.path.size() <= position) return nullptr;
    return std::get_if<std::string>(&reference.path[position]);
  }

  /// A path may end early (the whole output) but must not go on with a key that never exists.
  void check_keys(const Reference& reference, std::size_t position,
                  const std::vector<std::string>& offered) {
    if (reference.path.size() <= position) return;
    const std::string* const key = key_at(reference, position);
    if (key != nullptr && std::find(offered.begin(), offered.end(), *key) != offered.end()) return;
    const std::string given =
        key != nullptr ? *key : std::to_string(std::get<std::size_t>(reference.path[position]));
    add(reference, quoted(given) + " is not there; there is " + list_names(offered),
        list_names(offered), given, nearest_name(given, offered));
  }

  /// What is referred to exists, but is null where it stands.
  void add(const Reference& reference, const std::string& why, std::string expected = {},
           std::string got = {}, std::string nearest = {}) {
    findings_.push_back(
        finding_about(reference, why, std::move(expected), std::move(got), std::move(nearest)));
  }
  /// Nothing is referred to.
  void add_obstacle(const Reference& reference, const std::string& why, std::string expected = {},
                    std::string got = {}, std::string nearest = {}) {
    findings_.add_obstacle(
        finding_about(reference, why, std::move(expected), std::move(got), std::move(nearest)));
  }
  ErrorDetail finding_about(const Reference& reference, const std::string& why,
                            std::string expected, std::string got, std::string nearest) const {
    return finding_at(reader_->id.text, *pointer_, "in `{{" + reference.text + "}}`: " + why,
                      std::move(expected), std::move(got), std::move(nearest));
  }

  Workflow& workflow_;
  const std::set<std::string>& uncertain_;
  Findings& findings_;
  std::map<std::string, const Step*> step_by_id_;
  std::vector<std::vector<Branch>> branches_;  // by step: the branches around it, outermost first
  std::vector<Branch> around_;                 // while branches are noted
  const Step* reader_ = nullptr;               // the step that refers
  const std::string* pointer_ = nullptr;       // where it does
};

}  // namespace

void link_references(Workflow& workflow, const std::set<std::string>& uncertain,
                     Findings& findings) {
  Linker(workflow, uncertain, findings).link();
}

}  // namespace millrace
