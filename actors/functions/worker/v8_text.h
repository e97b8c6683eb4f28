#pragma once
// Text between C++ and V8. UTF-8 on our side is always valid: what JavaScript cannot express in it
// (a lone surrogate) becomes U+FFFD.

#include <v8.h>

#include <string>
#include <string_view>

namespace millrace::worker {

/// Empty when the text is longer than a JavaScript string can be.
inline v8::MaybeLocal<v8::String> to_v8(v8::Isolate* isolate, std::string_view text) {
  if (text.size() > static_cast<std::size_t>(v8::String::kMaxLength)) return {};
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(text.size()));
}

/// For short constants.
inline v8::Local<v8::String> literal(v8::Isolate* isolate, std::string_view text) {
  return to_v8(isolate, text).ToLocalChecked();
}

/// Appends the text, at most about `bytes_max` of it (cut between characters).
inline void append_text(v8::Isolate* isolate, v8::Local<v8::String> text, std::string& out,
                        std::size_t bytes_max) {
  const auto size = static_cast<std::size_t>(text->Utf8Length(isolate));
  const std::size_t room = size < bytes_max ? size : bytes_max;
  const std::size_t start = out.size();
  out.resize(start + room);
  const int written =
      text->WriteUtf8(isolate, out.data() + start, static_cast<int>(room), nullptr,
                      v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8);
  out.resize(start + static_cast<std::size_t>(written));
}

inline std::string from_v8(v8::Isolate* isolate, v8::Local<v8::String> text,
                           std::size_t bytes_max = 4096) {
  std::string out;
  append_text(isolate, text, out, bytes_max);
  return out;
}

}  // namespace millrace::worker
