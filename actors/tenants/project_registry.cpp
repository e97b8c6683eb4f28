#include "actors/tenants/project_registry.h"

#include "runtime/base/execution_id.h"
#include "runtime/base/id_text.h"
#include "runtime/base/limits.h"
#include "runtime/digests/sha256.h"
#include "runtime/text/hex_text.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

/// Index rows that are added in one commit.
constexpr std::size_t keys_per_commit = 1'000;

/// API keys are 256 random bits, so a plain hash is enough: there is nothing to guess.
std::string new_api_key(Random& random) {
  std::array<std::uint8_t, 32> secret{};
  random.fill(secret);
  return "mr_" + to_hex(secret);
}

bool is_equal(const std::string& expected, const std::string& hash) {
  return expected.size() == hash.size() &&
         CRYPTO_memcmp(expected.data(), hash.data(), hash.size()) == 0;
}

}  // namespace

Outcome ProjectRegistry::index_api_keys() {
  const auto is_done = table_.api_keys_are_indexed();
  if (!is_done) return is_done.error();
  if (*is_done) return Done{};
  FencedCommits& commits = projects_.commits();
  storage::WriteBatch batch;
  auto read = table_.visit(ShardSet::all(), [&](storage::ProjectRow row) -> Outcome {
    auto fenced = commits.begin(shard_of(row.id));
    if (!fenced) return fenced.error();
    batch.append(std::move(*fenced));
    storage::ProjectTable::put_api_key(batch, row.api_key_hash, row.id);
    if (batch.operations().size() < keys_per_commit) return Done{};
    return commits.commit(std::exchange(batch, {}));
  });
  if (!read) return read;
  storage::ProjectTable::put_api_keys_are_indexed(batch);
  return commits.commit(std::move(batch));
}

ProjectRegistry::Created ProjectRegistry::give_key(storage::ProjectRow& row,
                                                   storage::WriteBatch& batch) {
  Created created{row.id, new_api_key(random_)};
  if (!row.api_key_hash.empty()) storage::ProjectTable::remove_api_key(batch, row.api_key_hash);
  row.api_key_hash = to_hex(sha256(created.api_key));
  storage::ProjectTable::put_api_key(batch, row.api_key_hash, row.id);
  storage::ProjectTable::put_project(batch, row);
  return created;
}

Result<ProjectRegistry::Created> ProjectRegistry::create(const std::string& id,
                                                         const std::string& name) {
  if (!id.empty() && !is_id_text(id)) {
    return Error(ErrorCode::invalid_request,
                 "a project id is 1 to 128 letters, digits, '.', '_' or '-'");
  }
  const Instant now = clock_.now();
  const ProjectId project(id.empty() ? ExecutionId::make({}, now, random_).text() : id);
  Created created;
  auto stored = projects_.create(
      project, [&](const ProjectView&, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        next.row = {project, name, {}, now};
        created = give_key(next.row, batch);
        return Done{};
      });
  if (!stored) return stored.error();
  return created;
}

Result<ProjectRegistry::Created> ProjectRegistry::rotate_api_key(const ProjectId& project) {
  Created created;
  auto stored = projects_.change(
      project, [&](const ProjectView&, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        created = give_key(next.row, batch);
        return Done{};
      });
  if (!stored) return stored.error();
  return created;
}

Result<ProjectLimits> ProjectRegistry::limits(const ProjectId& project) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  if (!(*view)->exists()) return Error(ErrorCode::not_found, "there is no such project");
  return (*view)->row.limits;
}

Outcome ProjectRegistry::put_limits(const ProjectId& project, const ProjectLimits& limits) {
  return projects_.change(
      project, [&](const ProjectView&, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        next.row.limits = limits;
        storage::ProjectTable::put_project(batch, next.row);
        return Done{};
      });
}

Result<ProjectRegistry::Described> ProjectRegistry::describe(const ProjectId& project) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  if (!(*view)->exists()) return Error(ErrorCode::not_found, "there is no such project");
  return Described{(*view)->row.name, (*view)->row.settings};
}

Result<ProjectRegistry::Described> ProjectRegistry::change(
    const ProjectId& project, const std::function<Outcome(Described&)>& change) {
  Described described;
  auto stored = projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        described = {now.row.name, now.row.settings};
        if (auto changed = change(described); !changed) return changed;
        next.row.name = described.name;
        next.row.settings = described.settings;
        storage::ProjectTable::put_project(batch, next.row);
        return Done{};
      });
  if (!stored) return stored.error();
  return described;
}

Result<bool> ProjectRegistry::exists(const ProjectId& project) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  return (*view)->exists();
}

Result<std::optional<ProjectId>> ProjectRegistry::project_of_key(std::string_view key,
                                                                 const ProjectId& expected) const {
  const auto view = projects_.now(expected);
  if (!view) return view.error();
  const std::string hash = to_hex(sha256(key));
  if (is_equal((*view)->row.api_key_hash, hash)) return std::optional(expected);
  return table_.project_of_api_key(hash);
}

Result<std::vector<ProjectId>> ProjectRegistry::list() const {
  std::vector<ProjectId> ids;
  const auto read = table_.visit(ShardSet::all(), [&](const storage::ProjectRow& row) -> Outcome {
    ids.push_back(row.id);
    return Done{};
  });
  if (!read) return read.error();
  std::sort(ids.begin(), ids.end());
  return ids;
}

Outcome ProjectRegistry::put_signing_key(const ProjectId& project, const SigningKeyId& kid,
                                         const std::string& pem) {
  if (!is_id_text(kid.text)) {
    return Error(ErrorCode::invalid_request,
                 "a key id is 1 to 128 letters, digits, '.', '_' or '-'");
  }
  if (pem.size() > limits::signing_key_pem_bytes_max) {
    return Error(ErrorCode::invalid_request,
                 "a public key has at most " +
                     std::to_string(limits::signing_key_pem_bytes_max >> 10) + " KiB");
  }
  return projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        SigningKeys keys{now.revision + 1, now.keys->keys};
        const auto same = std::find_if(keys.keys.begin(), keys.keys.end(),
                                       [&](const auto& key) { return key.kid == kid; });
        if (same != keys.keys.end()) {
          same->pem = pem;
        } else if (keys.keys.size() < limits::signing_keys_per_project_max) {
          keys.keys.push_back({kid, pem});
        } else {
          return Error(ErrorCode::limit_exceeded,
                       "a project has at most " +
                           std::to_string(limits::signing_keys_per_project_max) +
                           " signing keys: remove one");
        }
        storage::ProjectTable::put_signing_key(batch, project, {kid, pem});
        next.keys = std::make_shared<const SigningKeys>(std::move(keys));
        return Done{};
      });
}

Outcome ProjectRegistry::remove_signing_key(const ProjectId& project, const SigningKeyId& kid) {
  return projects_.change(
      project,
      [&](const ProjectView& now, ProjectView& next, storage::WriteBatch& batch) -> Outcome {
        SigningKeys keys{now.revision + 1, now.keys->keys};
        const auto removed =
            std::erase_if(keys.keys, [&](const auto& key) { return key.kid == kid; });
        if (removed == 0) {
          return Error(ErrorCode::not_found, "no signing key \"" + kid.text + "\"");
        }
        storage::ProjectTable::remove_signing_key(batch, project, kid);
        next.keys = std::make_shared<const SigningKeys>(std::move(keys));
        return Done{};
      });
}

Result<std::shared_ptr<const SigningKeys>> ProjectRegistry::signing_keys(
    const ProjectId& project) const {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  return (*view)->exists() ? (*view)->keys : nullptr;
}

}  // namespace millrace
