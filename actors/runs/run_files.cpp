#include "actors/runs/run_files.h"

#include "storage/crypto/content_hash.h"

namespace millrace {

FileHandle RunFiles::keep(std::string bytes) {
  const FileHandle file{storage::content_hash(bytes), bytes.size()};
  auto& slot = files_[file];
  if (slot == nullptr) slot = std::make_shared<const std::string>(std::move(bytes));
  return file;
}

SharedBytes RunFiles::find(const FileHandle& file) const {
  const auto found = files_.find(file);
  return found == files_.end() ? nullptr : found->second;
}

}  // namespace millrace
