#include "storage/tables/file_table.h"

#include "runtime/base/limits.h"
#include "storage/crypto/content_hash.h"
#include "storage/keys.h"

#include <algorithm>

namespace millrace::storage {

void FileTable::put(WriteBatch& batch, const ExecutionId& execution, const FileHandle& file,
                    std::string_view bytes) {
  std::uint32_t chunk = 0;
  do {  // an empty file has one empty row, so that it is there
    const auto size = std::min(bytes.size(), limits::file_chunk_bytes);
    batch.put(keys::file_chunk(execution, file.hash, chunk++), std::string(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  } while (!bytes.empty());
}

Result<SharedBytes> FileTable::get(const ExecutionId& execution, const FileHandle& file) const {
  // The size comes from a text that a user may have written: it bounds nothing but the wish.
  if (file.size > limits::file_bytes_max) return SharedBytes();
  std::string bytes;
  bool is_there = false;
  const auto cursor = store_.scan(keys::file(execution, file.hash));
  for (; cursor->valid(); cursor->next()) {
    if (!is_there) bytes.reserve(static_cast<std::size_t>(file.size));
    is_there = true;
    bytes += cursor->value();
  }
  if (auto status = cursor->status(); !status) return status.error();
  if (!is_there) return SharedBytes();
  if (bytes.size() != file.size) {
    // A handle with another size is text that looks like one; missing chunks are damage.
    if (content_hash(bytes) == file.hash) return SharedBytes();
    return Error(ErrorCode::corrupt_data, "a file of execution " + execution.text() + " has " +
                                              std::to_string(bytes.size()) + " bytes of " +
                                              std::to_string(file.size));
  }
  return SharedBytes(std::make_shared<const std::string>(std::move(bytes)));
}

}  // namespace millrace::storage
