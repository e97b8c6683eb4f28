#pragma once
// The ids of compiled steps and their names here. Ids are often UUIDs, which cannot be step ids:
// they get a name made of them, always the same one.

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
  /// Ids must be told apart by the caller; names are. Valid ids keep their name, so add them first.
  void add_step(const std::string& id);

  /// The name of a step, by its compiled id.
  std::optional<std::string> find(const std::string& id) const;
  std::vector<std::string> ids() const;

  static bool is_valid_name(std::string_view id);

 private:
  std::map<std::string, std::string> name_by_id_;
  std::set<std::string> taken_;
};

}  // namespace millrace::compiled_form
