#pragma once
// The files of one simulated run. Their "hash" is made of their first bytes and a checksum: good
// enough to tell a test's files apart, and without a library.

#include "runtime/files/file_value.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace millrace {

class SimulatedFiles {
 public:
  FileHandle keep(std::string bytes) {
    FileHandle file;
    file.size = bytes.size();
    std::uint64_t sum = 14'695'981'039'346'656'037u;  // FNV-1a
    for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 1'099'511'628'211u;
    const std::size_t shown = std::min<std::size_t>(bytes.size(), 24);
    for (std::size_t i = 0; i < shown; ++i) file.hash[i] = static_cast<std::uint8_t>(bytes[i]);
    for (std::size_t i = 24; i < 32; ++i, sum >>= 8) file.hash[i] = static_cast<std::uint8_t>(sum);
    files_[file] = std::make_shared<const std::string>(std::move(bytes));
    return file;
  }

  SharedBytes find(const FileHandle& file) const {
    const auto found = files_.find(file);
    return found == files_.end() ? nullptr : found->second;
  }

  KeepFile keeper() {
    return [this](std::string bytes) { return keep(std::move(bytes)); };
  }
  FileBytes reader() const& {
    return [this](const FileHandle& file) { return find(file); };
  }
  FileBytes reader() const&& = delete;  // it reads from this object

 private:
  std::map<FileHandle, SharedBytes> files_;
};

}  // namespace millrace
