#pragma once
// New files of one run, on their way to the disk: names bytes by their content and holds each content
// once. Used by one thread at a time.

#include "runtime/files/file_value.h"

#include <map>
#include <string>

namespace millrace {

class RunFiles {
 public:
  FileHandle keep(std::string bytes);
  /// Null: it is not among these.
  SharedBytes find(const FileHandle& file) const;

  bool empty() const { return files_.empty(); }
  const std::map<FileHandle, SharedBytes>& all() const { return files_; }
  void add(const FileHandle& file, SharedBytes bytes) { files_[file] = std::move(bytes); }

 private:
  std::map<FileHandle, SharedBytes> files_;
};

}  // namespace millrace
