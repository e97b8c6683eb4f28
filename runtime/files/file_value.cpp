#include "runtime/files/file_value.h"

#include "runtime/base/limits.h"
#include "runtime/text/hex_text.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace millrace {
namespace {

constexpr std::string_view prefix = "millrace-file:";
constexpr std::size_t hash_digits = 64;

/// A handle at the beginning of the text, and how long it is.
std::optional<std::pair<FileHandle, std::size_t>> handle_at(std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  std::string_view rest = text.substr(prefix.size());
  if (rest.size() < hash_digits + 2 || rest[hash_digits] != ':') return std::nullopt;
  const auto hash = parse_hex(rest.substr(0, hash_digits));
  if (!hash) return std::nullopt;
  FileHandle handle;
  std::copy(hash->begin(), hash->end(), handle.hash.begin());
  rest.remove_prefix(hash_digits + 1);
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), handle.size);
  if (read.ec != std::errc()) return std::nullopt;
  return std::pair(handle, static_cast<std::size_t>(read.ptr - text.data()));
}

/// Calls `found(position, handle, length)` for each handle in the text.
template <class Found>
void each_handle(std::string_view text, Found found) {
  for (std::size_t at = text.find(prefix); at != std::string_view::npos;) {
    const auto handle = handle_at(text.substr(at));
    if (handle) found(at, handle->first, handle->second);
    at = text.find(prefix, at + (handle ? handle->second : prefix.size()));
  }
}

/// Each once. Somebody may send a text with a million of them.
class HandleCollector {
 public:
  void add(std::string_view text) {
    each_handle(text, [&](std::size_t, const FileHandle& handle, std::size_t) {
      if (seen_.insert(handle).second) handles_.push_back(handle);
    });
  }
  void add(const Json& value) {
    if (const auto* const text = value.if_string()) {
      add(std::string_view(*text));
    } else if (const auto* const array = value.if_array()) {
      for (const Json& each : *array) add(each);
    } else if (const auto* const object = value.if_object()) {
      for (const auto& member : *object) add(member.value());
    }
  }
  std::vector<FileHandle> take() { return std::move(handles_); }

 private:
  std::vector<FileHandle> handles_;
  std::set<FileHandle> seen_;
};

std::string text_member(const JsonObject& object, std::string_view key) {
  const Json* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool is_file_object(const JsonObject& object) {
  const Json* const type = object.if_contains("dataType");
  const Json* const data = object.if_contains("data");
  return type != nullptr && type->is_string() && std::string_view(type->get_string()) == "FILE" &&
         data != nullptr && data->is_string();
}

Error bad_file(const std::string& pointer, std::string why) {
  ErrorDetail detail;
  detail.path = pointer + "/data";
  detail.message = why;
  detail.expected = "hex digits, two for each byte";
  return Error(ErrorCode::invalid_file, "the file at " + pointer + ": " + std::move(why),
               {std::move(detail)});
}

class Interner {
 public:
  Interner(const KeepFile& keep, HandlesInData handles) : keep_(keep), handles_(handles) {}

  Outcome walk(Json& value, const std::string& pointer) {
    if (auto* const object = value.if_object()) {
      if (is_file_object(*object)) return intern(*object, pointer);
      for (auto& member : *object) {
        if (!member.value().is_structured()) continue;
        auto walked = walk(member.value(), pointer + '/' + pointer_token(member.key()));
        if (!walked) return walked;
      }
    } else if (auto* const array = value.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        if (!(*array)[i].is_structured()) continue;
        auto walked = walk((*array)[i], pointer + '/' + std::to_string(i));
        if (!walked) return walked;
      }
    }
    return Done{};
  }

 private:
  Outcome intern(JsonObject& file, const std::string& pointer) {
    boost::json::string& data = file.at("data").get_string();
    const bool is_of_this_run = handles_ == HandlesInData::allowed && parse_file_handle(data);
    if (is_of_this_run) return Done{};
    if (++files_ > limits::files_per_request_max) {
      return bad_file(pointer, "more than " + std::to_string(limits::files_per_request_max) +
                                   " files in one value");
    }
    if (data.size() / 2 > limits::file_bytes_max) {
      return bad_file(pointer,
                      "it has more than " + std::to_string(limits::file_bytes_max) + " bytes");
    }
    auto bytes = parse_hex(data);
    if (!bytes) return bad_file(pointer, "its `data` is not hex");
    data = to_text(keep_(std::move(*bytes)));
    return Done{};
  }

  const KeepFile& keep_;
  const HandlesInData handles_;
  std::size_t files_ = 0;
};

}  // namespace

std::string to_text(const FileHandle& handle) {
  return std::string(prefix) + to_hex(handle.hash) + ':' + std::to_string(handle.size);
}

std::optional<FileHandle> parse_file_handle(std::string_view text) {
  const auto handle = handle_at(text);
  if (!handle || handle->second != text.size()) return std::nullopt;
  return handle->first;
}

std::vector<FileHandle> find_file_handles(std::string_view text) {
  HandleCollector handles;
  handles.add(text);
  return handles.take();
}

std::vector<FileHandle> file_handles_of(const Json& value) {
  HandleCollector handles;
  handles.add(value);
  return handles.take();
}

bool holds_file(std::string_view text) { return !find_file_handles(text).empty(); }

SharedBytes FileBudget::operator()(const FileHandle& file) {
  if (is_exceeded_) return nullptr;
  SharedBytes found = bytes_(file);
  if (found == nullptr) return nullptr;
  is_exceeded_ = found->size() > left_;
  if (is_exceeded_) return nullptr;
  left_ -= found->size();
  return found;
}

std::string expand_file_handles(std::string text, const FileBytes& bytes) {
  std::string expanded;
  std::size_t copied = 0;
  each_handle(text, [&](std::size_t at, const FileHandle& handle, std::size_t length) {
    const SharedBytes file = bytes(handle);
    if (file == nullptr) return;
    expanded.append(text, copied, at - copied);
    expanded += to_hex(*file);
    copied = at + length;
  });
  if (copied == 0) return text;
  expanded.append(text, copied);
  return expanded;
}

void expand_file_handles(Json& value, const FileBytes& bytes) {
  if (auto* const text = value.if_string()) {
    if (holds_file(*text)) *text = expand_file_handles(std::string(*text), bytes);
  } else if (auto* const array = value.if_array()) {
    for (Json& each : *array) expand_file_handles(each, bytes);
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) expand_file_handles(member.value(), bytes);
  }
}

std::optional<FileValue> as_file(const Json& value) {
  const auto* const object = value.if_object();
  if (object == nullptr || !is_file_object(*object)) return std::nullopt;
  const auto handle = parse_file_handle(object->at("data").get_string());
  if (!handle) return std::nullopt;
  return FileValue{text_member(*object, "name"), text_member(*object, "mimeType"), *handle};
}

Result<std::optional<FileToSend>> file_to_send(const Json& value) {
  const auto* const object = value.if_object();
  if (object == nullptr || !is_file_object(*object)) return std::optional<FileToSend>();
  std::optional<FileToSend> file(std::in_place);
  file->name = text_member(*object, "name");
  file->mime_type = text_member(*object, "mimeType");
  const std::string_view data = object->at("data").get_string();
  if (const auto handle = parse_file_handle(data)) {
    file->content = *handle;
    return file;
  }
  if (data.size() / 2 > limits::file_bytes_max) {
    return Error(ErrorCode::invalid_file,
                 "a file has at most " + std::to_string(limits::file_bytes_max) + " bytes");
  }
  auto bytes = parse_hex(data);
  if (!bytes) return Error(ErrorCode::invalid_file, "a file object's `data` must be hex");
  file->content = std::make_shared<const std::string>(std::move(*bytes));
  return file;
}

Json file_object(const FileValue& file) {
  return JsonObject{{"name", file.name},
                    {"data", to_text(file.handle)},
                    {"mimeType", file.mime_type},
                    {"dataType", "FILE"}};
}

Outcome intern_files(Json& value, const KeepFile& keep, HandlesInData handles) {
  return Interner(keep, handles).walk(value, "");
}

}  // namespace millrace
