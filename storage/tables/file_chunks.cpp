#include "storage/tables/file_chunks.h"

#include "runtime/base/limits.h"

#include <algorithm>

namespace millrace::storage {

void put_file_chunks(WriteBatch& batch, const FileChunkKey& key, std::string_view bytes) {
  std::uint32_t chunk = 0;
  do {  // an empty file has one empty row, so that it is there
    const auto size = std::min(bytes.size(), limits::file_chunk_bytes);
    batch.put(key(chunk++), std::string(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  } while (!bytes.empty());
}

Result<std::optional<std::string>> read_file_chunks(const OrderedStore& store,
                                                    const std::string& prefix,
                                                    std::uint64_t size_expected) {
  std::optional<std::string> bytes;
  const auto cursor = store.scan(prefix);
  for (; cursor->valid(); cursor->next()) {
    if (!bytes) bytes.emplace().reserve(static_cast<std::size_t>(size_expected));
    *bytes += cursor->value();
  }
  if (auto status = cursor->status(); !status) return status.error();
  return bytes;
}

}  // namespace millrace::storage
