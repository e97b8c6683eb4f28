#include "runtime/execution/branch_scope.h"

#include "runtime/base/check.h"

namespace millrace {
namespace {

const Json& or_null(const SharedJson& value) { return value ? *value : *shared_null(); }

const Json& member(const Json& object, std::string_view key) {
  const Json* found = object.get_object().if_contains(key);
  return found ? *found : *shared_null();
}

}  // namespace

ExecutionFacts::ExecutionFacts(const ExecutionId& id, const ExecutionStarted& from)
    : started(from),
      execution(JsonObject{{"id", id.text()}}),
      project(JsonObject{{"id", from.project.text}}),
      user(JsonObject{{"id", from.user.text}, {"meta", or_null(from.user_meta)}}) {}

BranchScope::BranchScope(std::shared_ptr<const ExecutionFacts> facts, const Workflow& workflow)
    : facts_(std::move(facts)), outputs_(workflow.by_index.size()) {}

BranchScope::BranchScope(std::shared_ptr<const BranchScope> outer, const Step& fan_out,
                         Json instance, std::uint32_t index)
    : facts_(outer->facts_),
      outer_(std::move(outer)),
      fan_out_(fan_out.index),
      first_(fan_out.index + 1),
      outputs_(fan_out.end - fan_out.index - 1) {
  JsonObject element;
  element.emplace("instance", std::move(instance));
  element.emplace("index", index);
  element_ = std::move(element);
}

const Json& BranchScope::root_value(const Reference& reference) const {
  switch (reference.root) {
    case Reference::Root::step: {
      if (owns(reference.step)) return or_null(outputs_[reference.step - first_]);
      if (outer_ && reference.step == fan_out_) return element_;
      return outer_ ? outer_->root_value(reference) : *shared_null();
    }
    case Reference::Root::instance:
      return outer_ ? member(element_, "instance") : *shared_null();
    case Reference::Root::index:
      return outer_ ? member(element_, "index") : *shared_null();
    case Reference::Root::trigger: return or_null(facts_->started.trigger);
    case Reference::Root::settings: return or_null(facts_->started.settings);
    case Reference::Root::user: return facts_->user;
    case Reference::Root::execution: return facts_->execution;
    case Reference::Root::project: return facts_->project;
    case Reference::Root::secrets:
    case Reference::Root::self: return *shared_null();  // refused when compiled
  }
  return *shared_null();
}

const SharedJson& BranchScope::output(StepIndex step) const {
  CHECK(owns(step), "a branch was asked for another branch's step");
  return outputs_[step - first_];
}

void BranchScope::set_output(StepIndex step, SharedJson output) {
  CHECK(owns(step), "a branch was given another branch's step");
  outputs_[step - first_] = std::move(output);
}

}  // namespace millrace
