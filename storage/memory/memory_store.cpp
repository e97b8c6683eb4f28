#include "storage/memory/memory_store.h"

#include "runtime/base/check.h"
#include "runtime/base/shard_set.h"
#include "storage/joined_cursor.h"
#include "storage/keys.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace millrace::storage {

/// Keeps the versions that are current when it is made for as long as it lives.
class MemoryStore::View {
 public:
  explicit View(const MemoryStore& store) : store_(store), commit_(store.open_view()) {}
  ~View() { store_.close_view(commit_); }
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  std::uint64_t commit() const { return commit_; }

 private:
  const MemoryStore& store_;
  const std::uint64_t commit_;
};

/// Finds each row anew from the last key, as rows come and go between two steps.
class MemoryStore::RangeCursor final : public Cursor {
 public:
  RangeCursor(const MemoryStore& store, std::shared_ptr<const View> view, KeyBounds bounds,
              Direction direction, std::string_view start_at)
      : store_(store),
        view_(std::move(view)),
        begin_(std::move(bounds.lower)),
        end_(std::move(bounds.upper)),
        direction_(direction) {
    const std::shared_lock lock(store_.mutex_);
    if (direction_ == Direction::forward) {
      settle_forward(store_.rows_.lower_bound(std::max<std::string_view>(start_at, begin_)));
    } else if (start_at.empty() || start_at >= end_) {
      settle_backward(store_.rows_.lower_bound(end_));
    } else {
      settle_backward(store_.rows_.upper_bound(start_at));
    }
  }

  bool valid() const override { return value_ != nullptr; }
  std::string_view key() const override {
    CHECK(valid(), "a cursor past its end has no key");
    return key_;
  }
  std::string_view value() const override {
    CHECK(valid(), "a cursor past its end has no value");
    return *value_;
  }
  void next() override {
    CHECK(valid(), "a cursor past its end cannot move");
    const std::shared_lock lock(store_.mutex_);
    if (direction_ == Direction::forward) {
      settle_forward(store_.rows_.upper_bound(key_));
    } else {
      settle_backward(store_.rows_.lower_bound(key_));
    }
  }
  Outcome status() const override { return Done{}; }

 private:
  /// Takes the first row at or behind `row` that the view sees.
  void settle_forward(Rows::const_iterator row) {
    value_.reset();
    for (; row != store_.rows_.end() && row->first < end_; ++row) {
      if (take(row)) return;
    }
  }
  /// Takes the last row before `row` that the view sees.
  void settle_backward(Rows::const_iterator row) {
    value_.reset();
    while (row != store_.rows_.begin()) {
      --row;
      if (row->first < begin_ || take(row)) return;
    }
  }
  bool take(Rows::const_iterator row) {
    const Version* version = visible(row->second, view_->commit());
    if (version == nullptr || version->value == nullptr) return false;
    key_ = row->first;
    value_ = version->value;
    return true;
  }

  const MemoryStore& store_;
  const std::shared_ptr<const View> view_;
  const std::string begin_;
  const std::string end_;
  const Direction direction_;
  std::string key_;
  std::shared_ptr<const std::string> value_;  // null: past the end
};

Outcome MemoryStore::commit(const WriteBatch& batch) {
  using Kind = WriteBatch::Operation::Kind;
  const std::unique_lock lock(mutex_);
  for (const Fence& fence : batch.fences()) {
    if (!is_current(fence)) {
      return Error(ErrorCode::stale_epoch,
                   "Shard " + std::to_string(static_cast<std::uint16_t>(fence.shard)) +
                       " has a newer owner: this commit was made under epoch " +
                       std::to_string(static_cast<std::uint64_t>(fence.epoch)) + ".");
    }
  }
  if (failing_with_) return Error(*failing_with_, "The store was told to fail all commits.");
  if (batch.empty()) return Done{};
  if (failures_left_ > 0) {
    --failures_left_;
    return Error(failure_, "The store was told to fail this commit.");
  }
  ++last_commit_;
  for (const auto& operation : batch.operations()) {
    switch (operation.kind) {
      case Kind::put:
        write(operation.key, std::make_shared<const std::string>(operation.value));
        break;
      case Kind::remove:
        if (const auto row = rows_.find(operation.key); row != rows_.end()) write(row, nullptr);
        break;
      case Kind::remove_prefix:
        remove_prefix(operation.key);
        break;
    }
  }
  ++commit_count_;
  return Done{};
}

Result<std::optional<std::string>> MemoryStore::get(std::string_view key) const {
  const std::shared_lock lock(mutex_);
  const auto row = rows_.find(key);
  if (row == rows_.end() || row->second.back().value == nullptr) {
    return std::optional<std::string>();
  }
  return std::optional<std::string>(*row->second.back().value);
}

std::unique_ptr<Cursor> MemoryStore::scan(std::string_view prefix, Direction direction,
                                          std::string_view start_at) const {
  return std::make_unique<RangeCursor>(*this, std::make_shared<const View>(*this),
                                       bounds_of({std::string(prefix)}), direction, start_at);
}

std::unique_ptr<Cursor> MemoryStore::scan_many(std::vector<KeyRange> ranges,
                                               const ManyOptions& options) const {
  auto open = [this, direction = options.direction,
               view = std::make_shared<const View>(*this)](const KeyBounds& bounds) {
    return std::make_unique<RangeCursor>(*this, view, bounds, direction, std::string_view());
  };
  return join_ranges(std::move(ranges), options, std::move(open));
}

Result<std::vector<Epoch>> MemoryStore::claim(std::span<const ShardId> shards) {
  const ShardSet raised(shards);  // checks each id before anything is changed
  const std::unique_lock lock(mutex_);
  for (const ShardId shard : raised) ++epochs_[static_cast<std::size_t>(shard)];
  std::vector<Epoch> claimed;
  for (const ShardId shard : shards) {
    claimed.push_back(Epoch{epochs_[static_cast<std::size_t>(shard)]});
  }
  return claimed;
}

void MemoryStore::fail_next_commits(std::size_t count, ErrorCode code) {
  const std::unique_lock lock(mutex_);
  failures_left_ = count;
  failure_ = code;
}

void MemoryStore::fail_commits(std::optional<ErrorCode> code) {
  const std::unique_lock lock(mutex_);
  failing_with_ = code;
}

std::size_t MemoryStore::commit_count() const {
  const std::shared_lock lock(mutex_);
  return commit_count_;
}

void MemoryStore::write(const std::string& key, std::shared_ptr<const std::string> value) {
  write(rows_.try_emplace(key).first, std::move(value));
}

void MemoryStore::write(Rows::iterator row, std::shared_ptr<const std::string> value) {
  auto& versions = row->second;
  if (!versions.empty() && versions.back().commit == last_commit_) versions.pop_back();
  versions.push_back({last_commit_, std::move(value)});
  trim(row);
}

void MemoryStore::remove_prefix(const std::string& prefix) {
  const std::string end = keys::end_of_prefix(prefix);
  for (auto row = rows_.lower_bound(prefix); row != rows_.end() && row->first < end;) {
    const auto next = std::next(row);
    write(row, nullptr);
    row = next;
  }
}

bool MemoryStore::is_current(const Fence& fence) const {
  return epochs_.at(static_cast<std::size_t>(fence.shard)) ==
         static_cast<std::uint64_t>(fence.epoch);
}

const MemoryStore::Version* MemoryStore::visible(const std::vector<Version>& versions,
                                                 std::uint64_t commit) {
  const auto later = std::find_if(versions.rbegin(), versions.rend(),
                                  [commit](const Version& v) { return v.commit <= commit; });
  return later == versions.rend() ? nullptr : &*later;
}

MemoryStore::Rows::iterator MemoryStore::trim(Rows::iterator row) const {
  auto& versions = row->second;
  const std::uint64_t oldest_view = views_.empty() ? last_commit_ : *views_.begin();
  // What the oldest view sees is needed, and everything after it; nobody sees what is before it.
  if (const Version* needed = visible(versions, oldest_view); needed != nullptr) {
    versions.erase(versions.begin(), versions.begin() + (needed - versions.data()));
  }
  if (versions.size() > 1) {
    untrimmed_.insert(row->first);
    return std::next(row);
  }
  if (versions.front().value != nullptr) return std::next(row);
  // Removed, and no view is old enough to see the row as it was.
  return rows_.erase(row);
}

std::uint64_t MemoryStore::open_view() const {
  const std::unique_lock lock(mutex_);
  views_.insert(last_commit_);
  return last_commit_;
}

void MemoryStore::close_view(std::uint64_t commit) const {
  const std::unique_lock lock(mutex_);
  const auto view = views_.find(commit);
  CHECK(view != views_.end(), "a view is closed that was not open");
  const bool was_oldest = view == views_.begin();
  views_.erase(view);
  if (!was_oldest || untrimmed_.empty()) return;
  for (const std::string& key : std::exchange(untrimmed_, {})) {
    if (const auto row = rows_.find(key); row != rows_.end()) trim(row);
  }
}

}  // namespace millrace::storage
