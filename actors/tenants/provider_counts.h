#pragma once
// What is asked of providers beside the requests of runs, counted since the start: refreshes of tokens, looks of
// polls, and requests about subscriptions; and the waits of all requests of accounts. Plain atomics: whoever counts
// neither waits nor fails. What gives them names is http/metrics.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {

struct ProviderCounts {
  using Count = std::atomic<std::uint64_t>;
  template <std::size_t size>
  using Names = std::array<std::string_view, size>;

  enum class Refresh : std::uint8_t {
    renewed,  // new tokens are on the disk, or somebody else has brought them
    refused,  // for good: the account is INVALID
    failed,   // not reached, busy, nonsense, or the disk: it is tried again when it is needed
  };
  static constexpr Names<3> refresh_names{"renewed", "refused", "failed"};

  enum class Asked : std::uint8_t { subscribe, find, renew, unsubscribe };
  static constexpr Names<4> asked_names{"subscribe", "find", "renew", "unsubscribe"};
  enum class Answer : std::uint8_t {
    done,
    refused,  // and it will not get better
    failed,
  };
  static constexpr Names<3> answer_names{"done", "refused", "failed"};

  enum class Look : std::uint8_t { done, failed };
  static constexpr Names<2> look_names{"done", "failed"};

  void count(Look outcome) { ++looks[static_cast<std::size_t>(outcome)]; }
  void count(Refresh outcome) { ++refreshes[static_cast<std::size_t>(outcome)]; }
  void count(Asked asked, Answer answer) {
    ++subscription_requests[static_cast<std::size_t>(asked)][static_cast<std::size_t>(answer)];
  }

  std::array<Count, refresh_names.size()> refreshes{};
  std::array<std::array<Count, answer_names.size()>, asked_names.size()> subscription_requests{};
  Count subscriptions_given_up{0};  // left to their providers
  std::array<Count, look_names.size()> looks{};
  Count records{0};  // that looks have found
  std::atomic<std::int64_t> looks_in_air{0};
  Count pauses{0};         // times that a provider has said that an account is not to be asked
  Count requests_held{0};  // times that a request had to wait for its account
};

}  // namespace millrace
