#pragma once
// Rows of credentials, on their users' shards. The secret parts are sealed; the rest is readable,
// so that a server without the right key can still list and disconnect.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage {

struct CredentialRow {
  ProjectId project;
  UserId user;
  std::string id;  // UUID
  std::string integration;
  bool is_valid = true;
  std::string provider_id;
  std::string provider_data = "{}";         // JSON text of an object
  std::string configured_workflows = "{}";  // likewise
  std::string shared_settings = "{}";       // likewise
  std::string sealed;                       // JSON text of the secret fields; see crypto/sealer.h
  Instant connected{};
  /// Of the secret fields: one more each time they are replaced, not when they are sealed anew. Rows of
  /// before it was counted have 0.
  std::uint64_t revision = 0;
  std::string refusal{};  // why it is not valid; empty: it is, or that is not known
  /// The workflows that the account being ready has started, once and for all: JSON text of an array of
  /// their ids; empty: none.
  std::string begun{};
  /// Those beside the default one: runtime/integrations/configurations_text.h; empty: none.
  std::string configurations{};
  std::string meta{};         // of the default configuration: JSON text of an object; empty: {}
  std::string external_id{};  // empty: none
  /// What a page called the sign-in that has connected it, until the page has heard of it; empty: nothing.
  std::string sign_in_key{};

  /// The place that `sealed` is bound to.
  std::string place() const;
};

class CredentialTable {
 public:
  explicit CredentialTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const CredentialRow& row);
  static void remove(WriteBatch& batch, const ProjectId& project, const UserId& user,
                     const std::string& id);

  Result<std::optional<CredentialRow>> find(const ProjectId& project, const UserId& user,
                                            const std::string& id) const;
  /// The credentials of all users on these shards.
  Outcome visit(const ShardSet& shards, const std::function<Outcome(CredentialRow)>& each) const;

  static Result<CredentialRow> decode(std::string_view bytes);
  static std::string encode(const CredentialRow& row);

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
