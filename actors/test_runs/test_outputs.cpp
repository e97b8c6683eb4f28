#include "actors/test_runs/test_outputs.h"

#include "runtime/base/limits.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t value_cost = 8;  // of what has no text of its own

std::string key_of(const ProjectId& project, const WorkflowId& workflow) {
  return project.text + '\0' + workflow.text;
}

class Cutter {
 public:
  bool is_cut() const { return is_cut_; }

  Json copy(const Json& value) {
    if (!take(value_cost)) return nullptr;
    if (const auto* const text = value.if_string()) return copy_text(*text);
    if (const auto* const array = value.if_array()) {
      JsonArray kept;
      for (const Json& element : *array) {
        if (kept.size() == limits::test_array_items_max || left_ == 0) {
          is_cut_ = true;
          break;
        }
        kept.push_back(copy(element));
      }
      return kept;
    }
    if (const auto* const object = value.if_object()) {
      JsonObject kept;
      for (const auto& member : *object) {
        if (!take(member.key().size())) break;
        kept.emplace(member.key(), copy(member.value()));
      }
      return kept;
    }
    return value;
  }

 private:
  Json copy_text(std::string_view text) {
    std::size_t bytes = std::min({text.size(), limits::test_output_text_bytes_max, left_});
    if (bytes < text.size()) {
      is_cut_ = true;
      while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
    }
    left_ -= bytes;
    return Json(text.substr(0, bytes));
  }

  bool take(std::size_t bytes) {
    if (bytes <= left_) {
      left_ -= bytes;
      return true;
    }
    left_ = 0;
    is_cut_ = true;
    return false;
  }

  std::size_t left_ = limits::test_output_bytes_max;
  bool is_cut_ = false;
};

bool is_of_first_element(const StepExecution& step) {
  return std::all_of(step.indexes.begin(), step.indexes.end(),
                     [](std::uint32_t index) { return index == 0; });
}

}  // namespace

Json sample_of(const Json& value, bool& is_cut) {
  Cutter cutter;
  Json sample = cutter.copy(value);
  is_cut = is_cut || cutter.is_cut();
  return sample;
}

void TestOutputs::note(const ProjectId& project, const WorkflowId& workflow,
                       const std::vector<StepDetail>& steps) {
  StepOutputs fresh;
  for (const StepDetail& detail : steps) {
    const StepExecution& step = detail.step;
    if (step.status != "SUCCEEDED" || !is_of_first_element(step)) continue;
    TestOutput output{{}, detail.is_shortened, step.end.value_or(step.start)};
    output.output = sample_of(detail.output, output.is_cut);
    fresh.insert_or_assign(step.step.text, std::move(output));
  }
  const std::string key = key_of(project, workflow);
  const std::lock_guard lock(mutex_);
  // A test of one step leaves what the others gave.
  if (const StepOutputs* const before = by_workflow_.find(key)) {
    for (const auto& [step, output] : *before) {
      if (fresh.size() <= limits::steps_per_workflow_max) fresh.try_emplace(step, output);
    }
  }
  const std::size_t weight = fresh.size() * limits::test_output_bytes_max;
  by_workflow_.put(key, std::move(fresh), weight);
}

StepOutputs TestOutputs::of(const ProjectId& project, const WorkflowId& workflow) {
  const std::lock_guard lock(mutex_);
  const StepOutputs* const found = by_workflow_.find(key_of(project, workflow));
  return found == nullptr ? StepOutputs() : *found;
}

void TestOutputs::forget(const ProjectId& project, const WorkflowId& workflow) {
  const std::lock_guard lock(mutex_);
  by_workflow_.erase(key_of(project, workflow));
}

void TestOutputs::forget_all() {
  const std::lock_guard lock(mutex_);
  by_workflow_.clear();
}

}  // namespace millrace
