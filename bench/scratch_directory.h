#pragma once
// A new, empty directory below a given one, removed with all it holds at the end. All runs use the
// same parent, so that they meet the same disk.

#include <string>

namespace millrace::bench {

class ScratchDirectory {
 public:
  /// Ends the program with a message when the directory cannot be made: nothing can be measured.
  explicit ScratchDirectory(const std::string& parent);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace millrace::bench
