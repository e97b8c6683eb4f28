#include "storage/ordered_store.h"

#include "runtime/base/check.h"
#include "storage/keys.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::storage {
namespace {

// Checked here and not in the stores: this way the bug meets its author, and not the thread that
// commits a thousand batches of others together with this one.
void check_key(const std::string& key) {
  CHECK(!key.empty(), "a row needs a key");
  CHECK(key.size() <= keys::bytes_max, "a key is longer than keys may be");
  CHECK(!keys::is_reserved(key), "this row is written by the store alone");
}

}  // namespace

void WriteBatch::put(std::string key, std::string value) {
  check_key(key);
  bytes_ += key.size() + value.size();
  operations_.push_back({Operation::Kind::put, std::move(key), std::move(value)});
}

void WriteBatch::remove(std::string key) {
  check_key(key);
  bytes_ += key.size();
  operations_.push_back({Operation::Kind::remove, std::move(key), {}});
}

void WriteBatch::remove_prefix(std::string prefix) {
  CHECK(prefix.size() <= keys::bytes_max, "a prefix is longer than keys may be");
  CHECK(!keys::may_hold_reserved(prefix), "this range holds rows that the store alone writes");
  CHECK(!keys::is_appended(prefix), "of these rows only whole executions or kinds can be removed");
  bytes_ += prefix.size();
  operations_.push_back({Operation::Kind::remove_prefix, std::move(prefix), {}});
}

void WriteBatch::add(const Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::put:
      return put(operation.key, operation.value);
    case Operation::Kind::remove:
      return remove(operation.key);
    case Operation::Kind::remove_prefix:
      return remove_prefix(operation.key);
  }
}

void WriteBatch::require(Fence fence) {
  CHECK(static_cast<std::uint16_t>(fence.shard) < shard_count, "there is no such shard");
  // A commit of a thousand batches names few shards: a short list beats a set.
  if (std::find(fences_.begin(), fences_.end(), fence) == fences_.end()) fences_.push_back(fence);
}

void WriteBatch::settle(const ProjectId& project, CalendarMonth month, std::uint64_t tasks) {
  // Mostly the steps of one run, one after the other.
  if (!settled_.empty() && settled_.back().month == month && settled_.back().project == project) {
    settled_.back().tasks += tasks;
  } else {
    settled_.push_back({project, month, tasks});
  }
}

void WriteBatch::append(WriteBatch&& other) {
  CHECK(this != &other, "a batch cannot be appended to itself");
  operations_.insert(operations_.end(), std::make_move_iterator(other.operations_.begin()),
                     std::make_move_iterator(other.operations_.end()));
  for (const Fence& fence : other.fences_) require(fence);
  settled_.insert(settled_.end(), std::make_move_iterator(other.settled_.begin()),
                  std::make_move_iterator(other.settled_.end()));
  bytes_ += other.bytes_;
  other = WriteBatch();
}

}  // namespace millrace::storage
