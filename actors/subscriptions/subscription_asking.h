#pragma once
// Asks a provider about one subscription: makes it, finds it, renews it, ends it. Holds nothing, decides nothing,
// and blocks until there is an answer, `time_max` at most.

#include "actors/accounts/account_caller.h"
#include "actors/tenants/project_views.h"
#include "actors/tenants/user_views.h"
#include "runtime/secrets/redaction.h"
#include "runtime/webhooks/subscription.h"
#include "storage/crypto/sealer.h"
#include "storage/tables/subscription_table.h"

#include <functional>
#include <memory>
#include <string>

namespace millrace {

class SubscriptionAsking {
 public:
  /// Providers answer such a request at once, or they are in trouble.
  static constexpr Millis time_max{15'000};

  struct Dependencies {
    const storage::OrderedStore& store;
    ProjectViews& projects;
    UserViews& users;
    const Tenants& tenants;
    HttpCaller& http;
    RefusedCredentials& refused;
    TokenRefresh& tokens;
    const Clock& clock;
    const storage::Sealer& sealer;
    /// Where providers reach this server: "https://flows.example".
    std::function<std::string()> address;
  };

  explicit SubscriptionAsking(Dependencies dependencies)
      : uses_(std::move(dependencies)),
        caller_({uses_.http, uses_.refused, uses_.tokens, uses_.clock}) {}

  /// By what a row is asked about: the integration as it is, as long as it subscribes to that webhook, else as
  /// it was when the row was made.
  struct Definition {
    std::shared_ptr<const Integration> integration;
    std::shared_ptr<const Subscription> subscription;
  };
  /// Error: corrupt_data (neither can be read).
  Result<Definition> definition_of(const storage::SubscriptionRow& row) const;

  /// What happened to a request about a subscription.
  struct Answer {
    HttpOutcome outcome;
    bool has_left = false;  // false: the provider was not asked
    std::string why{};      // of an answer that is no success: a sentence without anything secret
    /// Nothing: it is a success, by its status and by what the integration says of its answers
    /// (integrations/answer_rules.h). `request_rejected`: it will not get better.
    std::optional<ErrorCode> error{};
    /// The provider has said no, and there is nothing that it may have done nevertheless; or it was not asked.
    bool is_refused = false;
  };
  Answer ask(const storage::SubscriptionRow& row, const Definition& by,
             const SubscriptionRequest& request);

  /// What is known of it: `secret`, and what was kept. Errors: secrets_locked, corrupt_data.
  Result<JsonObject> known(const storage::SubscriptionRow& row) const;
  void seal(storage::SubscriptionRow& row, const JsonObject& known) const;
  /// Of its URL, behind the server's address.
  static std::string path_of(const storage::SubscriptionRow& row);

  AccountCaller& caller() { return caller_; }

 private:
  /// What the integration makes of an answer.
  static void judge(const Integration& by, const Redaction& secret, Answer& answer);
  /// Of an account that is gone, as it was. Error: credential_missing.
  Result<SharedCredential> left_account(const storage::SubscriptionRow& row) const;
  JsonObject values_of(const storage::SubscriptionRow& row, const Subscription& subscription,
                       JsonObject known) const;

  const Dependencies uses_;
  AccountCaller caller_;
};

}  // namespace millrace
