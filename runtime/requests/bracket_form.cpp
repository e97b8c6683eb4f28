#include "runtime/requests/bracket_form.h"

namespace millrace {
namespace {

using Add = std::function<void(const std::string& name, const Json& value)>;

// As deep as JSON may be (limits::json_depth_max).
void visit(const std::string& name, const Json& value, const Add& add) {
  if (const auto* const object = value.if_object()) {
    for (const auto& member : *object) {
      visit(name + '[' + std::string(member.key()) + ']', member.value(), add);
    }
  } else if (const auto* const array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      visit(name + '[' + std::to_string(i) + ']', (*array)[i], add);
    }
  } else if (!value.is_null()) {
    add(name, value);
  }
}

}  // namespace

void each_bracket_field(const JsonObject& fields, const Add& add) {
  for (const auto& member : fields) visit(std::string(member.key()), member.value(), add);
}

}  // namespace millrace
