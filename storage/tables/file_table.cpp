#include "storage/tables/file_table.h"

#include "runtime/base/limits.h"
#include "storage/crypto/content_hash.h"
#include "storage/keys.h"
#include "storage/tables/file_chunks.h"

namespace millrace::storage {

namespace {

using keys::ExecutionPart;

void put_chunks(WriteBatch& batch, const ExecutionId& execution, const FileHandle& file,
                ExecutionPart part, std::string_view bytes) {
  put_file_chunks(
      batch,
      [&](std::uint32_t chunk) { return keys::file_chunk(execution, file.hash, chunk, part); },
      bytes);
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
  auto bytes = read_file_chunks(store_, keys::file(execution, file.hash), file.size);
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
  return read_file_chunks(store_, keys::file(execution, file.hash, ExecutionPart::sealed_file),
                          file.size);
}

}  // namespace millrace::storage
