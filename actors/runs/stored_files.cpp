#include "actors/runs/stored_files.h"

#include <utility>

namespace millrace {

Result<SharedBytes> StoredFiles::get(const FileHandle& file) const {
  auto plain = table_.get(execution_, file);
  if (!plain || *plain != nullptr) return plain;
  const auto sealed = table_.get_sealed(execution_, file);
  if (!sealed) return sealed.error();
  if (!*sealed) return SharedBytes();
  auto bytes = secrets_->open(**sealed);
  if (!bytes) return bytes.error();
  // A handle with another size is text that looks like one.
  if (bytes->size() != file.size) return SharedBytes();
  return SharedBytes(std::make_shared<const std::string>(std::move(*bytes)));
}

void StoredFiles::put(storage::WriteBatch& batch, const ExecutionId& execution,
                      const FileHandle& file, const std::string& bytes, const RunSecrets& secrets) {
  const auto known = secrets.known();
  if (known->finds_any(bytes)) {
    storage::FileTable::put_sealed(batch, execution, file, secrets.seal(*known, bytes));
  } else {
    storage::FileTable::put(batch, execution, file, bytes);
  }
}

}  // namespace millrace
