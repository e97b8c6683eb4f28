#pragma once
// By what a workflow is found besides its id. Index rows say the same (storage/README.md), so that
// neither what comes in nor the connecting of an account has to look through all definitions.

#include "runtime/base/json.h"

#include <cstdint>
#include <string>

namespace millrace {

struct FoundBy {
  std::string trigger_kind;  // TriggerKind::type; empty: nothing starts it
  std::string trigger_name;  // TriggerKind::name
  std::string default_for;   // the integration with whose accounts it is enabled; empty: with none

  bool operator==(const FoundBy&) const = default;
};

enum class Stage : std::uint8_t { draft, deployed };

/// Of a deployed definition, or of the draft of a workflow that is not deployed: nothing starts that
/// one, but accounts that connect meanwhile have it enabled. Never fails: what cannot be read finds
/// nothing.
FoundBy found_by(const Json& definition, Stage stage);

}  // namespace millrace
