#pragma once
// The files of an execution: bytes stored once by their content, in rows of limits::file_chunk_bytes,
// so that no single row is big. They belong to their execution and are erased with it; an execution
// can reach no other one's files.

#include "runtime/base/execution_id.h"
#include "runtime/files/file_value.h"
#include "storage/ordered_store.h"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage {

class FileTable {
 public:
  explicit FileTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const ExecutionId& execution, const FileHandle& file,
                  std::string_view bytes);
  /// Of one whose bytes hold a secret: `sealed` is not looked into.
  static void put_sealed(WriteBatch& batch, const ExecutionId& execution, const FileHandle& file,
                         std::string_view sealed);

  /// Null pointer: the execution has no such file. Blocks on the disk. Error corrupt_data when bytes
  /// are missing.
  Result<SharedBytes> get(const ExecutionId& execution, const FileHandle& file) const;
  /// As it was put; nothing: there is none. Blocks on the disk.
  Result<std::optional<std::string>> get_sealed(const ExecutionId& execution,
                                                const FileHandle& file) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
