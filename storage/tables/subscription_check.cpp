#include "storage/tables/subscription_check.h"

namespace millrace::storage {
namespace {

constexpr std::size_t head_bytes = 3;  // what it is of, and the length of the project's id

}  // namespace

WakeRow wake_of(const SubscriptionCheck& check, Instant due) {
  const std::size_t size = check.project.text.size();
  std::string key{static_cast<char>(check.of), static_cast<char>(size >> 8),
                  static_cast<char>(size & 0xff)};
  key += check.project.text + check.name;
  const bool is_of_user = check.of == SubscriptionCheck::Of::user;
  return {due, WakeTarget::subscription_check, std::move(key),
          is_of_user ? shard_of(check.project, UserId(check.name)) : shard_of(check.project)};
}

std::optional<SubscriptionCheck> parse_subscription_check(std::string_view target_key) {
  if (target_key.size() <= head_bytes) return std::nullopt;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(target_key[at]); };
  const std::size_t size = std::size_t{byte(1)} << 8 | byte(2);
  if (byte(0) < 1 || byte(0) > 3 || target_key.size() < head_bytes + size) return std::nullopt;
  return SubscriptionCheck{static_cast<SubscriptionCheck::Of>(byte(0)),
                           ProjectId(std::string(target_key.substr(head_bytes, size))),
                           std::string(target_key.substr(head_bytes + size))};
}

}  // namespace millrace::storage
