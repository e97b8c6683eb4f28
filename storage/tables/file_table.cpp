#include "storage/tables/file_table.h"

#include "runtime/base/limits.h"
#include "storage/crypto/content_hash.h"
#include "storage/keys.h"

#include <algorithm>

namespace millrace::storage {

namespace {

using keys::ExecutionPart;

void put_chunks(WriteBatch& batch, const ExecutionId& execution, const FileHandle& file,
                ExecutionPart part, std::string_view bytes) {
  std::uint32_t chunk = 0;
  do {  // an empty file has one empty row, so that it is there
    const auto size = std::min(bytes.size(), limits::file_chunk_bytes);
    batch.put(keys::file_chunk(execution, file.hash, chunk++, part),
              std::string(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  } while (!bytes.empty());
}

/// Nothing: there is no row.
Result<std::optional<std::string>> chunks(const OrderedStore& store, const std::string& prefix,
                                          std::uint64_t size) {
  std::optional<std::string> bytes;
  const auto cursor = store.scan(prefix);
  for (; cursor->valid(); cursor->next()) {
    if (!bytes) bytes.emplace().reserve(static_cast<std::size_t>(size));
    *bytes += cursor->value();
  }
  if (auto status = cursor->status(); !status) return status.error();
  return bytes;
}

}  // namespace

void FileTable::put(WriteBatch& batch, const ExecutionId& execution, const FileHandle& file,
                    std::string_view bytes) {
  put_chunks(batch, execution, file, ExecutionPart::file, bytes);
}

void FileTable::put_sealed(WriteBatch& batch, const ExecutionId& execution, const FileHandle& file,
                           std::string_view sealed) {
  put_chunks(batch, execution, file, ExecutionPart::sealed_file, sealed);
}

Result<SharedBytes> FileTable::get(const ExecutionId& execution, const FileHandle& file) const {
  // The size comes from a text that a user may have written: it bounds nothing but the wish.
  if (file.size > limits::file_bytes_max) return SharedBytes();
  auto bytes = chunks(store_, keys::file(execution, file.hash), file.size);
  if (!bytes) return bytes.error();
  if (!*bytes) return SharedBytes();
  if ((*bytes)->size() != file.size) {
    // A handle with another size is text that looks like one; missing chunks are damage.
    if (content_hash(**bytes) == file.hash) return SharedBytes();
    return Error(ErrorCode::corrupt_data, "a file of execution " + execution.text() + " has " +
                                              std::to_string((*bytes)->size()) + " bytes of " +
                                              std::to_string(file.size));
  }
  return SharedBytes(std::make_shared<const std::string>(std::move(**bytes)));
}

Result<std::optional<std::string>> FileTable::get_sealed(const ExecutionId& execution,
                                                         const FileHandle& file) const {
  if (file.size > limits::file_bytes_max) return std::optional<std::string>();
  return chunks(store_, keys::file(execution, file.hash, ExecutionPart::sealed_file), file.size);
}

}  // namespace millrace::storage
