#pragma once
// The ids of compiled steps and their names here. Ids are often UUIDs, which cannot be step ids: a step
// is called as its variable was in the code, if the build says so, or else gets a name made of its id,
// always the same one.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::compiled_form {

class StepNames {
 public:
  /// The trigger is called `trigger` in references, whatever its id.
  void add_trigger(const std::string& id);
  /// Called `wanted` as far as that can be. Ids must be told apart by the caller; names are. Those that
  /// can be names keep theirs, so add them first.
  void add_step(const std::string& id, const std::string& wanted);

  /// The name of a step, by its compiled id.
  std::optional<std::string> find(const std::string& id) const;
  std::vector<std::string> ids() const;

  static bool is_valid_name(std::string_view name);

 private:
  std::map<std::string, std::string> name_by_id_;
  std::set<std::string> taken_;
};

}  // namespace millrace::compiled_form
