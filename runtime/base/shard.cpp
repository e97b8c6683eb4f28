#include "runtime/base/shard.h"

namespace millrace {
namespace {

constexpr std::uint64_t fnv_offset = 0xcbf29ce484222325ULL;
constexpr std::uint64_t fnv_prime = 0x100000001b3ULL;

std::uint64_t fnv1a(std::uint64_t hash, std::string_view bytes) {
  for (unsigned char byte : bytes) hash = (hash ^ byte) * fnv_prime;
  return hash;
}

ShardId fold(std::uint64_t hash) {
  hash ^= hash >> 32;
  hash ^= hash >> 16;
  hash ^= hash >> 8;
  return static_cast<ShardId>(hash % shard_count);
}

}  // namespace

ShardId shard_of(const ProjectId& project, const UserId& user) {
  std::uint64_t hash = fnv1a(fnv_offset, project.text);
  hash = fnv1a(hash, std::string_view("\0", 1));
  return fold(fnv1a(hash, user.text));
}

ShardId shard_of(const ProjectId& project) { return shard_of(project, UserId{}); }

}  // namespace millrace
