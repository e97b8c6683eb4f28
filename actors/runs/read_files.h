#pragma once
// Bytes of a run's files, read from their rows. Blocks on the disk: for the storage reader's threads.

#include "actors/runs/run_files.h"
#include "actors/runs/stored_files.h"
#include "actors/runs/trigger_reply.h"

#include <cstdint>
#include <vector>

namespace millrace {

/// The files of a step's input. A handle that leads to none of the run's files is text that looks like
/// one, and is left out. Error limit_exceeded: more than `bytes_max` together.
Result<RunFiles> read_files(const StoredFiles& stored, const std::vector<FileHandle>& files,
                            std::uint64_t bytes_max);

/// A response with the bytes of its files in their places; RunFailed when they are too much for one.
TriggerReply reply_with_files(const StoredFiles& stored, RunResponded reply,
                              const std::vector<FileHandle>& files);

Error too_many_file_bytes(std::uint64_t bytes_max);

}  // namespace millrace
