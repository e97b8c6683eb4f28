#include "actors/tenants/project_registry.h"

#include "actors/shards/shard_ownership.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/limits.h"
#include "runtime/text/hex_text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace millrace {
namespace {

std::string sha256_hex(std::string_view text) {
  std::array<std::uint8_t, 32> digest{};
  unsigned size = 0;
  const int done =
      EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  CHECK(done == 1 && size == digest.size(), "SHA-256 failed");
  return to_hex(digest);
}

/// API keys are 256 random bits, so a plain hash is enough: there is nothing to guess.
std::string new_api_key(Random& random) {
  std::array<std::uint8_t, 32> secret{};
  random.fill(secret);
  return "mr_" + to_hex(secret);
}

bool is_id(std::string_view text) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= limits::id_bytes_max &&
         std::all_of(text.begin(), text.end(), allowed);
}

Error no_project(const ProjectId& project) {
  return Error(ErrorCode::not_found, "no project \"" + project.text + "\"");
}

}  // namespace

ProjectRegistry::ProjectRegistry(const storage::OrderedStore& store, storage::GroupCommit& commits,
                                 const ShardOwnership& ownership, const Clock& clock,
                                 Random& random)
    : table_(store), commits_(commits), ownership_(ownership), clock_(clock), random_(random) {}

Outcome ProjectRegistry::load() {
  auto rows = table_.projects(ShardSet::all());
  if (!rows) return rows.error();
  std::unique_lock lock(mutex_);
  for (auto& row : *rows) {
    auto keys = table_.signing_keys(row.id);
    if (!keys) return keys.error();
    const ProjectId id = row.id;
    projects_[id] = {std::move(row),
                     std::make_shared<const SigningKeys>(SigningKeys{1, std::move(*keys)})};
  }
  return Done{};
}

Outcome ProjectRegistry::commit(const ProjectId& project, storage::WriteBatch batch) {
  const auto fence = ownership_.fence(shard_of(project));
  if (!fence) return fence.error();
  batch.require(*fence);
  return commits_.commit_and_wait(std::move(batch));
}

Result<ProjectRegistry::Created> ProjectRegistry::create(const std::string& id,
                                                         const std::string& name) {
  if (!id.empty() && !is_id(id)) {
    return Error(ErrorCode::invalid_request,
                 "a project id is 1 to 128 letters, digits, '.', '_' or '-'");
  }
  std::lock_guard writing(writing_);
  storage::ProjectRow row;
  row.created = clock_.now();
  row.id = ProjectId(id.empty() ? ExecutionId::make({}, row.created, random_).text() : id);
  row.name = name;
  if (exists(row.id)) {
    return Error(ErrorCode::conflict, "there is a project \"" + row.id.text + "\" already");
  }
  return store_project(std::move(row));
}

Result<ProjectRegistry::Created> ProjectRegistry::rotate_api_key(const ProjectId& project) {
  std::lock_guard writing(writing_);
  storage::ProjectRow row;
  {
    std::shared_lock lock(mutex_);
    const auto found = projects_.find(project);
    if (found == projects_.end()) return no_project(project);
    row = found->second.row;
  }
  return store_project(std::move(row));
}

Result<ProjectRegistry::Created> ProjectRegistry::store_project(storage::ProjectRow row) {
  Created created{row.id, new_api_key(random_)};
  row.api_key_hash = sha256_hex(created.api_key);
  storage::WriteBatch batch;
  storage::ProjectTable::put_project(batch, row);
  if (auto stored = commit(row.id, std::move(batch)); !stored) return stored.error();
  std::unique_lock lock(mutex_);
  Entry& entry = projects_[row.id];
  entry.row = std::move(row);
  if (!entry.keys) entry.keys = std::make_shared<const SigningKeys>();
  return created;
}

bool ProjectRegistry::exists(const ProjectId& project) const {
  std::shared_lock lock(mutex_);
  return projects_.contains(project);
}

bool ProjectRegistry::is_api_key(const ProjectId& project, std::string_view key) const {
  const std::string hash = sha256_hex(key);
  std::shared_lock lock(mutex_);
  const auto found = projects_.find(project);
  if (found == projects_.end()) return false;
  const std::string& expected = found->second.row.api_key_hash;
  return expected.size() == hash.size() &&
         CRYPTO_memcmp(expected.data(), hash.data(), hash.size()) == 0;
}

std::vector<ProjectId> ProjectRegistry::list() const {
  std::shared_lock lock(mutex_);
  std::vector<ProjectId> ids;
  for (const auto& [id, entry] : projects_) ids.push_back(id);
  return ids;
}

Outcome ProjectRegistry::put_signing_key(const ProjectId& project, const SigningKeyId& kid,
                                         const std::string& pem) {
  if (!is_id(kid.text)) {
    return Error(ErrorCode::invalid_request,
                 "a key id is 1 to 128 letters, digits, '.', '_' or '-'");
  }
  if (pem.size() > limits::signing_key_pem_bytes_max) {
    return Error(ErrorCode::invalid_request,
                 "a public key has at most " +
                     std::to_string(limits::signing_key_pem_bytes_max >> 10) + " KiB");
  }
  std::lock_guard writing(writing_);
  const auto now = signing_keys(project);
  if (!now) return no_project(project);
  SigningKeys next{now->revision + 1, now->keys};
  const auto same = std::find_if(next.keys.begin(), next.keys.end(),
                                 [&](const auto& key) { return key.kid == kid; });
  if (same != next.keys.end()) {
    same->pem = pem;
  } else if (next.keys.size() < limits::signing_keys_per_project_max) {
    next.keys.push_back({kid, pem});
  } else {
    return Error(ErrorCode::limit_exceeded,
                 "a project has at most " + std::to_string(limits::signing_keys_per_project_max) +
                     " signing keys: remove one");
  }
  storage::WriteBatch batch;
  storage::ProjectTable::put_signing_key(batch, project, {kid, pem});
  if (auto stored = commit(project, std::move(batch)); !stored) return stored;
  std::unique_lock lock(mutex_);
  projects_.at(project).keys = std::make_shared<const SigningKeys>(std::move(next));
  return Done{};
}

Outcome ProjectRegistry::remove_signing_key(const ProjectId& project, const SigningKeyId& kid) {
  std::lock_guard writing(writing_);
  const auto now = signing_keys(project);
  if (!now) return no_project(project);
  SigningKeys next{now->revision + 1, now->keys};
  const auto removed = std::erase_if(next.keys, [&](const auto& key) { return key.kid == kid; });
  if (removed == 0) {
    return Error(ErrorCode::not_found, "no signing key \"" + kid.text + "\"");
  }
  storage::WriteBatch batch;
  storage::ProjectTable::remove_signing_key(batch, project, kid);
  if (auto stored = commit(project, std::move(batch)); !stored) return stored;
  std::unique_lock lock(mutex_);
  projects_.at(project).keys = std::make_shared<const SigningKeys>(std::move(next));
  return Done{};
}

std::shared_ptr<const ProjectRegistry::SigningKeys> ProjectRegistry::signing_keys(
    const ProjectId& project) const {
  std::shared_lock lock(mutex_);
  const auto found = projects_.find(project);
  return found == projects_.end() ? nullptr : found->second.keys;
}

}  // namespace millrace
