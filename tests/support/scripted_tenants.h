#pragma once
// What runs get of their tenant in actor tests: the same for every project and user. Thread-safe.

#include "actors/tenants/tenant_view.h"
#include "tests/support/scripted_dispatch.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

class ScriptedTenants final : public Tenants, private TenantView {
 public:
  void put_secret(const std::string& name, const std::string& value) {
    const std::lock_guard guard(mutex_);
    std::string& stored = values_.secrets[name];
    if (!stored.empty() && stored != value) values_.formers[name].push_back(stored);
    stored = value;
  }
  void forget_formers() {
    const std::lock_guard guard(mutex_);
    values_.formers.clear();
  }
  /// Connects every user's account with these secret parts.
  void connect(const std::string& integration, JsonObject fields) {
    const std::lock_guard guard(mutex_);
    values_.connect(integration, std::move(fields));
  }
  /// What runs begin with from now on.
  void give(RunGrant grant) {
    const std::lock_guard guard(mutex_);
    grant_ = std::move(grant);
    refusal_.reset();
    ++version_;
  }
  /// From now on no run may begin, for this reason.
  void refuse(Error why) {
    const std::lock_guard guard(mutex_);
    refusal_ = std::move(why);
    ++version_;
  }

  /// What every project may use from now on.
  void limit(ProjectLimits limits) {
    const std::lock_guard guard(mutex_);
    limits_ = limits;
  }
  /// The next actor that asks for the limits crashes.
  void crash_once() {
    const std::lock_guard guard(mutex_);
    crashes_ = true;
  }

  Result<SharedTenant> view(const ProjectId&, const UserId&) const override {
    // Owned by nobody: the script outlives its runs.
    return SharedTenant(SharedTenant(), this);
  }

 private:
  std::uint64_t version() const override { return version_; }
  ProjectLimits limits() const override {
    const std::lock_guard guard(mutex_);
    if (std::exchange(crashes_, false)) throw std::runtime_error("a test crashes the project");
    return limits_;
  }
  Result<RunGrant> grant(const Workflow&, const std::string&) const override {
    const std::lock_guard guard(mutex_);
    if (refusal_) return *refusal_;
    return grant_;
  }
  std::vector<std::string> enabled_on(const Workflow&) const override {
    const std::lock_guard guard(mutex_);
    return {grant_.credential};
  }
  JsonObject user_meta() const override {
    const std::lock_guard guard(mutex_);
    return grant_.user_meta;
  }
  Result<std::string> secret(const std::string& name) const override {
    const std::lock_guard guard(mutex_);
    return values_.secret(name);
  }
  std::vector<std::string> former_secrets(const std::string& name) const override {
    const std::lock_guard guard(mutex_);
    return values_.former_secrets(name);
  }
  Result<SharedCredential> credential(std::string_view integration,
                                      const std::string&) const override {
    const std::lock_guard guard(mutex_);
    return values_.credential(integration);
  }

  mutable std::mutex mutex_;
  ScriptedDispatch values_;
  RunGrant grant_;
  std::atomic<std::uint64_t> version_{0};
  ProjectLimits limits_;
  mutable bool crashes_ = false;
  std::optional<Error> refusal_;
};

}  // namespace millrace
