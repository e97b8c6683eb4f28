#include "runtime/migration/obstacle.h"

#include "runtime/base/check.h"

namespace millrace {

std::string_view wire_name(Obstacle::Kind kind) {
  using Kind = Obstacle::Kind;
  switch (kind) {
    case Kind::not_found:
      return "not_found";
    case Kind::execution_ended:
      return "execution_ended";
    case Kind::other_version:
      return "other_version";
    case Kind::moved_too_often:
      return "moved_too_often";
    case Kind::step_running:
      return "step_running";
    case Kind::step_missing:
      return "step_missing";
    case Kind::step_kind_changed:
      return "step_kind_changed";
    case Kind::step_renamed:
      return "step_renamed";
    case Kind::step_repeated:
      return "step_repeated";
    case Kind::fan_out_changed:
      return "fan_out_changed";
    case Kind::choice_changed:
      return "choice_changed";
  }
  CHECK(false, "an unknown obstacle");
}

}  // namespace millrace
