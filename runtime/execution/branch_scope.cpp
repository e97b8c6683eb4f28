#include "runtime/execution/branch_scope.h"

#include "runtime/base/check.h"

namespace millrace {
namespace {

const Json& or_null(const SharedJson& value) { return value ? *value : *shared_null(); }

const Json& member(const Json& value, std::string_view key) {
  const auto* const object = value.if_object();
  const Json* const found = object ? object->if_contains(key) : nullptr;
  return found ? *found : *shared_null();
}

}  // namespace

ExecutionFacts::ExecutionFacts(const ExecutionId& id, const ExecutionStarted& from)
    : started(from),
      execution(JsonObject{{"id", id.text()}}),
      project(JsonObject{{"id", from.project.text}}),
      user(JsonObject{{"id", from.user.text}, {"meta", or_null(from.user_meta)}}) {}

BranchScope::BranchScope(std::shared_ptr<const ExecutionFacts> facts, const Workflow& workflow)
    : facts_(std::move(facts)),
      masked_secrets_(&workflow.masked_secrets),
      outputs_(workflow.by_index.size()) {
  const auto& only_step = facts_->started.only_step;
  if (!only_step) return;
  const auto& fan_outs = workflow.by_index[*only_step]->fan_outs;
  if (!fan_outs.empty()) given_element_ = fan_outs.back();
}

BranchScope::BranchScope(std::shared_ptr<const BranchScope> outer, const Step& fan_out,
                         Json instance, std::uint32_t index)
    : facts_(outer->facts_),
      outer_(std::move(outer)),
      fan_out_(fan_out.index),
      first_(fan_out.index + 1),
      masked_secrets_(outer_->masked_secrets_),
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
      return member(element(), "instance");
    case Reference::Root::index:
      return member(element(), "index");
    case Reference::Root::trigger:
      return or_null(facts_->started.trigger);
    case Reference::Root::settings:
      return or_null(facts_->started.settings);
    case Reference::Root::user:
      return facts_->user;
    case Reference::Root::execution:
      return facts_->execution;
    case Reference::Root::project:
      return facts_->project;
    case Reference::Root::secrets:
      return *masked_secrets_;
    case Reference::Root::self:
    case Reference::Root::parameters:
      return *shared_null();  // known while a request is planned
  }
  return *shared_null();
}

/// The element of the innermost fan-out. A run of one step alone may stand inside a fan-out without being
/// one of its children: then the element was given as the fan-out's output.
const Json& BranchScope::element() const {
  if (outer_ != nullptr) return element_;
  return given_element_ ? or_null(outputs_[*given_element_]) : *shared_null();
}

std::vector<std::uint32_t> BranchScope::indexes() const {
  if (outer_ == nullptr) return {};
  std::vector<std::uint32_t> indexes = outer_->indexes();
  indexes.push_back(member(element_, "index").to_number<std::uint32_t>());
  return indexes;
}

void BranchScope::move_to(const Workflow& workflow,
                          const std::vector<std::pair<StepIndex, StepIndex>>& counterparts) {
  CHECK(outer_ == nullptr && !given_element_, "only a whole run changes its version");
  std::vector<SharedJson> outputs(workflow.by_index.size());
  for (const auto& [from, to] : counterparts) outputs.at(to) = outputs_.at(from);
  outputs_ = std::move(outputs);
  masked_secrets_ = &workflow.masked_secrets;
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
