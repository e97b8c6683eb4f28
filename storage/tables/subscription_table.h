#pragma once
// Subscriptions of webhooks: what an account has asked its provider to be told of, and where. One row for each
// *intent*, on the user's shard: it is there before the provider is asked, with the URL that this intent alone
// has, so that no crash leaves a subscription of which nothing is known. An account may have several of one
// webhook for a while: one that takes the place of another, and those that are being ended.
//
//   (none) ──► subscribing ──► active ──► leaving ──► (none)
//
// A row that wants something at a time has a wake then, at `next`. An account that is disconnected while it has
// subscriptions leaves a row of its own, so that they can be ended.

#include "runtime/base/clock.h"
#include "runtime/base/error.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"
#include "storage/tables/credential_table.h"
#include "storage/tables/wake_table.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace::storage {

/// Stored numbers. Retired so far: none.
enum class SubscriptionState : std::uint8_t {
  subscribing = 1,  // the provider has not confirmed it; in: it is wanted
  active = 2,       // it is there; in: the provider's answer
  leaving = 3,      // it is to be ended; in: nobody wants it, or another one has its place
};

struct SubscriptionRow {
  ProjectId project;
  UserId user;
  std::string integration;
  std::string credential;
  std::string webhook;
  std::string intent;  // UUID
  std::string hook;    // the id of its URL
  SubscriptionState state = SubscriptionState::subscribing;
  bool is_asked = false;       // subscribing: the request may have left, and nothing is known of it
  bool is_unwanted = false;    // subscribing and asked: it is to be ended once it is known
  std::uint32_t refusals = 0;  // so often has the provider refused: each asks under another key
  std::uint32_t attempts = 0;  // in vain, one after the other
  /// JSON text of what is needed of the integration: the definition it was made by.
  std::string definition;
  std::string sealed;  // JSON text of what is known of it, its secret too; see crypto/sealer.h
  Instant created{};
  Instant expires{};               // 1970: never, or nobody knows
  Instant next{};                  // of its wake; 1970: it has none
  std::optional<ErrorCode> error;  // why the last attempt was in vain
  std::string why;
  /// Its user has been erased: it is there only until it is ended, and nothing that is said of it names the user.
  bool is_erased = false;

  /// The place that `sealed` is bound to; the row's key.
  std::string place() const;
  bool operator==(const SubscriptionRow&) const = default;
};

class SubscriptionTable {
 public:
  explicit SubscriptionTable(const OrderedStore& store) : store_(store) {}

  /// The row alone; its wake is the caller's.
  static void put(WriteBatch& batch, const SubscriptionRow& row);
  static void remove(WriteBatch& batch, const SubscriptionRow& row);
  /// Of a row that has one.
  static WakeRow wake_of(const SubscriptionRow& row);

  /// By the target key of a wake.
  Result<std::optional<SubscriptionRow>> find(const std::string& key) const;
  /// In the order of accounts, webhooks and intents.
  Result<std::vector<SubscriptionRow>> of_user(const ProjectId& project, const UserId& user) const;
  Outcome of_project(const ProjectId& project, const ShardSet& shards,
                     const std::function<Outcome(SubscriptionRow)>& each) const;
  Outcome visit(const ShardSet& shards, const std::function<Outcome(SubscriptionRow)>& each) const;
  /// Removes what is kept of a user: wakes, URLs, and accounts that are gone, included.
  Outcome remove_user(WriteBatch& batch, const ProjectId& project, const UserId& user) const;

 private:
  const OrderedStore& store_;
};

/// An account that is gone, as it was.
struct LeftAccountRow : CredentialRow {};

class LeftAccountTable {
 public:
  explicit LeftAccountTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const LeftAccountRow& row);
  static void remove(WriteBatch& batch, const ProjectId& project, const UserId& user,
                     const std::string& credential);
  Result<std::optional<LeftAccountRow>> find(const ProjectId& project, const UserId& user,
                                             const std::string& credential) const;
  Outcome visit(const ShardSet& shards, const std::function<Outcome(LeftAccountRow)>& each) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
