#include "actors/runs/read_files.h"

#include "runtime/base/limits.h"

#include <algorithm>
#include <functional>

namespace millrace {

Result<RunFiles> read_files(const StoredFiles& stored, const std::vector<FileHandle>& files,
                            std::uint64_t bytes_max) {
  RunFiles found;
  std::uint64_t left = bytes_max + 1;
  for (const FileHandle& file : files) {
    auto bytes = stored.get(file);
    if (!bytes) return bytes.error();
    if (*bytes == nullptr) continue;
    left -= std::min<std::uint64_t>(left, (*bytes)->size());
    if (left == 0) return too_many_file_bytes(bytes_max);
    found.add(file, std::move(*bytes));
  }
  return found;
}

TriggerReply reply_with_files(const StoredFiles& stored, RunResponded reply,
                              const std::vector<FileHandle>& files) {
  RunFiles found;
  for (const FileHandle& file : files) {
    // A file that cannot be read is answered like one that the run does not have.
    auto bytes = stored.get(file);
    if (bytes && *bytes != nullptr) found.add(file, std::move(*bytes));
  }
  const auto bytes_of = [&](const FileHandle& file) { return found.find(file); };
  if (reply.file) {
    reply.file->bytes = bytes_of(files.front());
    return reply;
  }
  FileBudget budget(bytes_of, limits::files_sent_bytes_max);
  expand_file_handles(reply.body, std::ref(budget));
  if (!budget.is_exceeded()) return reply;
  return RunFailed{
      reply.execution, {}, Error(ErrorCode::limit_exceeded, "the response's files are too much")};
}

Error too_many_file_bytes(std::uint64_t bytes_max) {
  return Error(ErrorCode::limit_exceeded, "the files that go into one step may have at most " +
                                              std::to_string(bytes_max) + " bytes together");
}

}  // namespace millrace
