#pragma once
// Views of what tenants have: read from the store on demand, kept in memory as long as there is room,
// changed one at a time for each key. The only way to change what a view shows: begin with the shard's
// fence, look at the view as it is, commit the rows, publish the next view.
//
// A view is immutable and has `bytes()` (about what it takes in memory) and `exists()` (false: there are
// no rows, so it is not worth a place). Keys have a hash and `shard_of`.
//
// No lock is held over the disk but the key's own: whoever waits there waits for that tenant alone.
// Thread-safe. Blocks on the disk: call it from request threads and the storage reader, never from
// actors, which hold a place (latest.h) instead.

#include "actors/tenants/fenced_commits.h"
#include "actors/tenants/view_cache.h"
#include "runtime/base/result.h"

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace millrace {

template <class Key, class View>
class Views {
 public:
  using Place = Latest<View>;
  using SharedView = std::shared_ptr<const View>;
  using Read = std::function<Result<SharedView>(const Key&)>;
  /// Adds what is to be written and returns what will be then; null: there is nothing to change.
  using Decide = std::function<Result<SharedView>(const View& now, storage::WriteBatch& batch)>;

  Views(FencedCommits commits, ViewCacheLimits limits, Read read)
      : commits_(std::move(commits)), cache_(limits), read_(std::move(read)) {}

  /// The key's place, which shows a view. Errors: those of `read`.
  Result<std::shared_ptr<const Place>> open(const Key& key) {
    auto place = cache_.place(key);
    if (place->get() == nullptr) {
      const std::lock_guard changing(place->changing());
      if (auto read = load(key, *place); !read) return read.error();
    }
    return std::shared_ptr<const Place>(std::move(place));
  }

  /// The view as it is now. Errors: those of `read`.
  Result<SharedView> now(const Key& key) {
    auto place = cache_.place(key);
    SharedView view = place->get();
    if (view == nullptr) {
      const std::lock_guard changing(place->changing());
      auto read = load(key, *place);
      if (!read) return read;
      view = std::move(*read);
    }
    if (!view->exists()) cache_.forget(key, std::move(place));
    return view;
  }

  /// Durable when it returns, and seen by everyone only then. Errors: those of `read`, `decide` and the
  /// commit; then nothing has changed.
  Outcome change(const Key& key, const Decide& decide) {
    const auto place = cache_.place(key);
    const std::lock_guard changing(place->changing());
    auto next = prepare(key, *place, decide);
    if (!next) return next.error();
    if (next->view == nullptr) return Done{};
    auto committed = commits_.commit(std::move(next->batch));
    if (committed) publish(key, *place, std::move(next->view));
    return committed;
  }

  /// Seen by everyone at once, durable soon: for what a crash may forget. While too much waits for the
  /// disk nothing happens.
  Outcome change_soon(const Key& key, const Decide& decide) {
    const auto place = cache_.place(key);
    const std::lock_guard changing(place->changing());
    auto next = prepare(key, *place, decide);
    if (!next) return next.error();
    if (next->view == nullptr) return Done{};
    const SharedView before = place->get();
    // Whoever sees it commits behind it, so it is published first.
    publish(key, *place, std::move(next->view));
    if (!commits_.submit(std::move(next->batch))) publish(key, *place, before);
    return Done{};
  }

  /// Waits for the change that is under way, if one is: what is on the disk is shown then.
  void settle(const Key& key) {
    const auto place = cache_.place(key);
    const std::lock_guard changing(place->changing());
  }

  /// See FencedCommits.
  FencedCommits& commits() { return commits_; }
  std::size_t size() const { return cache_.size(); }

 private:
  struct Next {
    storage::WriteBatch batch;
    SharedView view;
  };

  /// Requires the place's `changing`, like all that follow.
  Result<Next> prepare(const Key& key, Place& place, const Decide& decide) {
    auto batch = commits_.begin(shard_of(key));
    if (!batch) return batch.error();
    const auto now = load(key, place);
    if (!now) return now.error();
    auto view = decide(**now, *batch);
    if (!view) return view.error();
    return Next{std::move(*batch), std::move(*view)};
  }

  Result<SharedView> load(const Key& key, Place& place) {
    if (auto view = place.get()) return view;
    auto read = read_(key);
    if (read) publish(key, place, *read);
    return read;
  }

  void publish(const Key& key, Place& place, SharedView view) {
    const std::size_t bytes = view->bytes();
    place.publish(std::move(view));
    cache_.weigh(key, bytes);
  }

  FencedCommits commits_;
  ViewCache<Key, View> cache_;
  const Read read_;
};

}  // namespace millrace
