#include "runtime/integrations/credential_id.h"

#include "runtime/base/execution_id.h"
#include "runtime/digests/sha256.h"

#include <algorithm>

namespace millrace {
namespace {

std::string as_version_4(ExecutionId id) {
  id.bytes[6] = static_cast<std::uint8_t>(0x40 | (id.bytes[6] & 0x0f));
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id.text();
}

}  // namespace

std::string make_credential_id(ShardId shard, Random& random) {
  ExecutionId id;
  random.fill(id.bytes);
  id.bytes[7] = static_cast<std::uint8_t>(shard);
  return as_version_4(id);
}

std::string default_configuration_id(std::string_view credential_id) {
  const Sha256 digest = sha256("configuration of " + std::string(credential_id));
  ExecutionId id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return as_version_4(id);
}

}  // namespace millrace
