#pragma once
// How right a definition must be. Rules become stricter with time, and what was accepted under milder
// ones goes on running (findings.h).

#include <cstdint>

namespace millrace {

enum class Strictness : std::uint8_t {
  of_new,     // its author is there and can mend it: any finding refuses it
  of_stored,  // it was accepted once and may be live: only obstacles refuse it
};

}  // namespace millrace
