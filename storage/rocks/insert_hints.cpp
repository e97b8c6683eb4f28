#include "storage/rocks/insert_hints.h"

#include "storage/keys.h"

#include <string_view>

namespace millrace::storage {
namespace {

class InsertHints final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "millrace.InsertHints"; }

  bool InDomain(const rocksdb::Slice& key) const override {
    return keys::is_appended(std::string_view(key.data(), key.size()));
  }

  /// Called for keys in the domain only; RocksDB keeps the slice, which lies in the stored row.
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), keys::shard_and_kind_bytes};
  }
};

}  // namespace

std::shared_ptr<const rocksdb::SliceTransform> insert_hints() {
  return std::make_shared<InsertHints>();
}

}  // namespace millrace::storage
