#include "tests/fuzz/fuzz.h"

#include <array>
#include <cstdio>
#include <cstdlib>

// There only with a sanitizer, which ends the process without a word of Catch2.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace millrace {
namespace {

constexpr std::uint64_t standard_seed = 20'261'121'000;

std::uint64_t current_seed = 0;

void print_seed() {
  std::fprintf(stderr, "the round's seed: MILLRACE_FUZZ_SEED=%llu MILLRACE_FUZZ_ROUNDS=1\n",
               static_cast<unsigned long long>(current_seed));
}

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

void fuzz(std::size_t standard_rounds, const std::function<void(SeededRandom& random)>& round) {
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(print_seed);
  const std::uint64_t first = number_of("MILLRACE_FUZZ_SEED", standard_seed);
  const std::uint64_t rounds = number_of("MILLRACE_FUZZ_ROUNDS", standard_rounds);
  for (std::uint64_t i = 0; i < rounds; ++i) {
    current_seed = first + i;
    INFO("MILLRACE_FUZZ_SEED=" << current_seed << " MILLRACE_FUZZ_ROUNDS=1");
    SeededRandom random(current_seed);
    round(random);
  }
}

std::string printable(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      text += c;
      continue;
    }
    std::array<char, 8> octal{};
    std::snprintf(octal.data(), octal.size(), "\\%03o",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    text += octal.data();
  }
  return text + '"';
}

}  // namespace millrace
