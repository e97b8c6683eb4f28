#include "runtime/definitions/compiled_form/step_names.h"

#include "runtime/base/limits.h"
#include "runtime/templates/reference.h"

namespace millrace::compiled_form {
namespace {

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool is_name_character(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; }

// Room for a prefix and a number behind it.
constexpr std::size_t kept_bytes_max = limits::id_bytes_max - 16;

}  // namespace

bool StepNames::is_valid_name(std::string_view name) {
  if (name.empty() || name.size() > limits::id_bytes_max || !is_letter(name[0])) return false;
  for (const char c : name) {
    if (!is_name_character(c)) return false;
  }
  return !parse_root(name);
}

void StepNames::add_trigger(const std::string& id) { name_by_id_.emplace(id, "trigger"); }

void StepNames::add_step(const std::string& id, const std::string& wanted) {
  std::string name = wanted;
  if (!is_valid_name(wanted)) {
    name = "step_" + wanted.substr(0, kept_bytes_max);
    for (char& c : name) {
      if (!is_name_character(c)) c = '_';
    }
  }
  const std::string first = name;
  for (std::size_t number = 2; taken_.contains(name); ++number) {
    name = first.substr(0, kept_bytes_max) + '_' + std::to_string(number);
  }
  taken_.insert(name);
  name_by_id_.emplace(id, name);
}

std::optional<std::string> StepNames::find(const std::string& id) const {
  const auto found = name_by_id_.find(id);
  if (found == name_by_id_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> StepNames::ids() const {
  std::vector<std::string> all;
  for (const auto& [id, name] : name_by_id_) all.push_back(id);
  return all;
}

}  // namespace millrace::compiled_form
