#pragma once
// Sets a server up through its public API, as an operator and a project's backend would, and asks
// its task history. For set-up and checks only: measured requests are made by the load generator
// from the texts that `trigger_request` writes. Every refusal is a BenchFailure with the server's
// own words.

#include "http/auth/signing_key.h"
#include "runtime/base/json.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace millrace::bench {

/// A project with a signing key of its own, so that it can mint tokens for its users.
struct BenchProject {
  std::string id;
  std::string api_key;
  RsaKey signing_key;
};

struct AccountText {
  std::string provider_id;
  std::string enabled_workflow;
};

struct HistoryFilter {
  std::string workflow;  // empty: all
  std::string status;    // empty: all
};

class ApiClient {
 public:
  ApiClient(std::uint16_t port, std::string admin_key)
      : port_(port), admin_key_(std::move(admin_key)) {}

  bool is_ready() const;
  /// A sample of /metrics, named with its labels if it has any.
  double metric(const std::string& name) const;
  BenchProject create_project() const { return create_project(generate_key_pair()); }
  /// Whose users' tokens are signed by these: making a pair takes a while.
  BenchProject create_project(const RsaKeyPair& pair) const;
  /// Something of the project: its integrations, events, secrets. `path` begins behind the project's.
  void put(const BenchProject& project, const std::string& path, const Json& body) const;
  /// Stores the definition as the workflow's draft and makes it live.
  void deploy(const BenchProject& project, const std::string& workflow,
              const Json& definition) const;

  /// How many runs of the project may be at work at once.
  void limit_runs(const BenchProject& project, std::size_t concurrent_steps) const;

  /// For so many days after their end; 0: for ever.
  void keep_runs(const BenchProject& project, std::size_t days) const;

  /// An account of the user, on which the workflow is enabled.
  void connect(const BenchProject& project, const std::string& user, const std::string& integration,
               const AccountText& account) const;
  /// Of a webhook with one URL for all accounts.
  std::string webhook_url(const BenchProject& project, const std::string& integration,
                          const std::string& webhook) const;

  /// How many runs match.
  std::size_t count_runs(const BenchProject& project, const HistoryFilter& filter) const;
  /// The ids of all runs that match, page by page.
  std::set<std::string> list_runs(const BenchProject& project, const HistoryFilter& filter) const;

 private:
  struct Call {
    std::string method;
    std::string path;
    std::string bearer;
    std::optional<Json> body;
  };
  Json call(const Call& call) const;
  Json history_page(const BenchProject& project, const HistoryFilter& filter,
                    std::size_t offset) const;

  std::uint16_t port_;
  std::string admin_key_;
};

/// A token of one user that is good for an hour.
std::string user_token(const BenchProject& project, const std::string& user);

struct TriggerRequestText {
  std::string path;   // e.g. from `trigger_path`
  std::string token;  // the user's
  std::string body;   // JSON
};
std::string trigger_path(const BenchProject& project, const std::string& workflow);
/// Where a project's app events go.
std::string event_path(const BenchProject& project);
/// The complete HTTP request, for the load generator.
std::string trigger_request(const TriggerRequestText& text);
/// Likewise of anyone; `header` is a whole line.
std::string post_request(const std::string& path, const std::string& header,
                         const std::string& body);

}  // namespace millrace::bench
