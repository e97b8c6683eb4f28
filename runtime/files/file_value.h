#pragma once
// Files inside JSON values (behaviour 3). On the wire a file object carries its bytes as hex:
//
//   {"name": "a.pdf", "data": "255044...", "mimeType": "application/pdf", "dataType": "FILE"}
//
// Inside a run the bytes are stored once, by content, beside the journal, and `data` holds a handle
// in their place:
//
//   "data": "millrace-file:<64 hex digits: BLAKE2b-256 of the bytes>:<size in bytes>"
//
// Handles travel through templates like any text. Where a value leaves the run (a function's
// parameters, a request, a response), handles become hex again, or the bytes themselves where a whole
// file is sent. A handle leads only to files of its own execution, so that nobody reaches another
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

/// The bytes behind a handle; null: this execution has no such file.
using FileBytes = std::function<SharedBytes(const FileHandle&)>;

/// Puts hex in the place of every handle that leads to a file. Works on JSON text too: neither
/// handles nor hex need escapes.
std::string expand_file_handles(std::string text, const FileBytes& bytes);

/// A file object inside a run, or nothing if the value is none.
struct FileValue {
  std::string name;
  std::string mime_type;
  FileHandle handle;
};
std::optional<FileValue> as_file(const Json& value);
Json file_object(const FileValue& file);

/// Keeps bytes for the run and says under which handle.
using KeepFile = std::function<FileHandle(std::string bytes)>;

/// What comes from outside of the run has no handles: there, one is as wrong as any other text.
enum class HandlesInData : std::uint8_t { allowed, refused };

/// Replaces the hex of every file object in the value by a handle. Error invalid_file names the place
/// (JSON pointer), when the hex is not hex, or the file is too big or one too many.
Outcome intern_files(Json& value, const KeepFile& keep,
                     HandlesInData handles = HandlesInData::allowed);

std::optional<std::string> parse_hex(std::string_view text);
std::string to_hex(std::string_view bytes);

}  // namespace millrace
