#pragma once
// What references can see while a step of one branch is rendered.

#include "runtime/base/json.h"
#include "runtime/templates/reference.h"

#include <string>

namespace millrace {

class Scope {
 public:
  virtual ~Scope() = default;
  /// The value of the reference's root before its path is followed: the step's output as references
  /// see it (`{"result": ...}`; with `array_levels` > 0, nested arrays of such outputs and nulls), the
  /// trigger's output, and so on. Null (shared_null) when there is none (yet).
  virtual const Json& root_value(const Reference& reference) const = 0;
  /// What becomes of the text of a reference with an escape, behind that: a URL encodes it.
  virtual std::string escaped_text(const Reference&, std::string text) const { return text; }
};

}  // namespace millrace
