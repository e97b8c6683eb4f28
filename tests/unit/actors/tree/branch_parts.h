#pragma once
// What the parts of a branch need when they are tested without actors: a memory store with its commits,
// the threads that they hand work to, and an inbox in place of the branch's actor.

#include "actors/runs/branch_news.h"
#include "actors/scheduling/timer_service.h"
#include "actors/tree/branch_identity.h"
#include "actors/workers/storage_reader.h"
#include "storage/memory/memory_store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_tenants.h"
#include "tests/support/seeded_random.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace millrace {

/// What has been delivered to a branch, in order. Thread-safe.
class Inbox final : public BranchMail {
 public:
  void deliver(BranchNews news) override {
    const std::lock_guard lock(mutex_);
    news_.push_back(std::move(news));
    came_.notify_all();
  }
  /// The next news, which must be of this kind; nothing if they are of another, or take longer than a
  /// test should.
  template <class News>
  std::optional<News> next() {
    std::unique_lock lock(mutex_);
    const bool came =
        came_.wait_for(lock, std::chrono::seconds(20), [&] { return !news_.empty(); });
    if (!came || !std::holds_alternative<News>(news_.front())) return std::nullopt;
    News news = std::get<News>(std::move(news_.front()));
    news_.pop_front();
    return news;
  }
  bool is_empty() const {
    const std::lock_guard lock(mutex_);
    return news_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::deque<BranchNews> news_;
};

class BranchParts {
 public:
  /// Everything that was submitted has been answered.
  bool settle() { return commits.commit_and_wait({}).ok(); }

  /// Somebody takes every shard over.
  bool claim() { return store.claim(ShardSet::all().ids()).ok(); }

  SharedIdentity identity(BranchPath path = {}) const {
    auto made = std::make_shared<BranchIdentity>();
    made->execution = execution;
    made->path = std::move(path);
    made->project = project;
    made->user = user;
    made->tenure = *begin_tenure(ownership, commits, execution.shard());
    made->secrets = secrets;
    made->places = std::make_shared<LivePlaces>(limits::fan_out_children_live_max);
    made->rules =
        std::make_shared<RunRules>(*tenants.view(project, user), RunRules::Begin::granted);
    made->reply = reply;
    return made;
  }

  storage::MemoryStore store;
  ManualClock clock;
  SeededRandom random{1};
  LogSink log = [](LogLevel, const std::string&) {};
  ScriptedTenants tenants;
  ShardOwnership ownership{ShardSet::all().ids(), *store.claim(ShardSet::all().ids())};
  ProjectId project{"demo"};
  UserId user{"user-1"};
  ExecutionId execution = ExecutionId::make(shard_of(project, user), clock.now(), random);
  const storage::Sealer sealer{storage::SealingKey::make()};
  std::shared_ptr<RunSecrets> secrets = std::make_shared<RunSecrets>(sealer, execution);
  std::shared_ptr<ReplySlot> reply = std::make_shared<ReplySlot>();
  std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();
  TimerService timers{store, ownership, clock, log, {}};
  storage::GroupCommit commits{store, {}};
  StorageReader reader{1, commits, log};
  FlushReminder reminder{Millis(1), log};
};

}  // namespace millrace
