#pragma once
// Files inside JSON values (docs/steps.md). On the wire a file object carries its bytes as hex:
//
//   {"name": "a.pdf", "data": "255044...", "mimeType": "application/pdf", "dataType": "FILE"}
//
// Inside a run the bytes are stored once, by content, beside the journal, and `data` holds a handle
// in their place:
//
//   "data": "millrace-file:<64 hex digits: BLAKE2b-256 of the bytes>:<size in bytes>"
//
// Handles travel through templates like any text. Where a value leaves the run (a function's
// parameters, the body of a request or response, the task history), handles become hex again, or the
// bytes themselves where a whole file is sent. Where hex makes no sense (URLs, headers, conditions) a
// handle is refused. A handle leads only to files of its own execution, so that nobody reaches another
// run's bytes by guessing or copying one; elsewhere it is plain text.
//
// Source of the hash: RFC 7693.

#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {

using SharedBytes = std::shared_ptr<const std::string>;

struct FileHandle {
  std::array<std::uint8_t, 32> hash{};
  std::uint64_t size = 0;
  auto operator<=>(const FileHandle&) const = default;
};

std::string to_text(const FileHandle& handle);
/// Exactly one handle and nothing else.
std::optional<FileHandle> parse_file_handle(std::string_view text);
/// Every handle inside a text, each once, in order of appearance.
std::vector<FileHandle> find_file_handles(std::string_view text);
/// The same in every string of a value (not in its keys: those are never expanded).
std::vector<FileHandle> file_handles_of(const Json& value);
/// True for text in which the bytes of a file would stand: what only takes text refuses it.
bool holds_file(std::string_view text);

/// The bytes behind a handle; null: this execution has no such file.
using FileBytes = std::function<SharedBytes(const FileHandle&)>;

/// Hands out bytes until they are `bytes_max` together, a file that is asked for twice counting twice;
/// after that none. Pass it by std::ref.
class FileBudget {
 public:
  FileBudget(FileBytes bytes, std::uint64_t bytes_max)
      : bytes_(std::move(bytes)), left_(bytes_max) {}

  SharedBytes operator()(const FileHandle& file);
  bool is_exceeded() const { return is_exceeded_; }

 private:
  const FileBytes bytes_;
  std::uint64_t left_;
  bool is_exceeded_ = false;
};

/// Puts hex in the place of every handle that leads to a file. Works on JSON text too: neither
/// handles nor hex need escapes.
std::string expand_file_handles(std::string text, const FileBytes& bytes);
/// The same in every string of a value.
void expand_file_handles(Json& value, const FileBytes& bytes);

/// A file object inside a run, or nothing if the value is none.
struct FileValue {
  std::string name;
  std::string mime_type;
  FileHandle handle;
};
std::optional<FileValue> as_file(const Json& value);
Json file_object(const FileValue& file);

/// A file object that leaves the run as a file: one of this run by its handle, one that a definition
/// put together itself (`"data": "{{render.result}}"`) by its bytes.
struct FileToSend {
  std::string name;
  std::string mime_type;
  std::variant<FileHandle, SharedBytes> content;
};
/// Nothing: the value is no file object. Error invalid_file: its `data` is not hex, or too much of it.
Result<std::optional<FileToSend>> file_to_send(const Json& value);

/// Keeps bytes for the run and says under which handle.
using KeepFile = std::function<FileHandle(std::string bytes)>;

/// What comes from outside of the run has no handles: there, one is as wrong as any other text.
enum class HandlesInData : std::uint8_t { allowed, refused };

/// Replaces the hex of every file object in the value by a handle. Error invalid_file names the place
/// (JSON pointer), when the hex is not hex, or the file is too big or one too many.
Outcome intern_files(Json& value, const KeepFile& keep,
                     HandlesInData handles = HandlesInData::allowed);

}  // namespace millrace
