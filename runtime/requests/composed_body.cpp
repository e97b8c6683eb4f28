#include "runtime/requests/composed_body.h"

#include "runtime/digests/sha256.h"
#include "runtime/text/base64_text.h"
#include "runtime/text/header_text.h"
#include "runtime/text/hex_text.h"

#include <algorithm>
#include <span>
#include <utility>

namespace millrace {
namespace {

using Encoding = ComposedPiece::Encoding;

std::string in_lines(std::string text) {
  constexpr std::size_t line = 76;
  std::string out;
  out.reserve(text.size() + text.size() / line * 2 + 2);
  for (std::size_t at = 0; at < text.size(); at += line) out.append(text, at, line).append("\r\n");
  return out;
}

std::string as_base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::string name_of(const OutgoingContent& content) {
  if (const auto* const text = std::get_if<std::string>(&content)) return *text;
  if (const auto* const file = std::get_if<FileHandle>(&content)) return to_text(*file);
  return *std::get<SharedBytes>(content);
}

std::string boundary_of(const std::string& metadata, const OutgoingContent& file) {
  const Sha256 hash = sha256(metadata + '\n' + name_of(file));
  return "millrace-" + to_hex(std::span<const std::uint8_t>(hash)).substr(0, 40);
}

}  // namespace

OutgoingContent content_of(FileToSend file) {
  return std::visit([](auto& each) { return OutgoingContent(std::move(each)); }, file.content);
}

bool is_media_type(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  // Both are tokens, as names of headers are (RFC 9110, 8.3.1).
  return is_header_name(text.substr(0, slash)) && is_header_name(text.substr(slash + 1));
}

Result<ComposedBody> related_body(const Json& body) {
  const auto* const object = body.if_object();
  const Json* const given = object == nullptr ? nullptr : object->if_contains("file");
  if (given == nullptr) {
    return Error(ErrorCode::type_mismatch,
                 "\"body\" must be an object with `file`, and `metadata` if any, got " +
                     std::string(kind_name(body)));
  }
  auto file = file_to_send(*given);
  if (!file) return file.error();
  if (!*file && !given->is_string()) {
    return Error(ErrorCode::type_mismatch, "\"body\": `file` must be a file object or text, got " +
                                               std::string(kind_name(*given)));
  }
  std::string type = *file ? (*file)->mime_type : "text/plain; charset=utf-8";
  if (*file && type.empty()) type = "application/octet-stream";
  if (*file && !is_header_value(type)) {
    return Error(ErrorCode::invalid_parameters, "\"body\": the file's `mimeType` is none");
  }
  const OutgoingContent content =
      *file ? content_of(std::move(**file)) : OutgoingContent(std::string(given->get_string()));
  const Json* const metadata = object->if_contains("metadata");
  const std::string text = metadata == nullptr ? "{}" : to_text(*metadata);
  const std::string boundary = boundary_of(text, content);
  ComposedBody composed;
  composed.type = "multipart/related; boundary=" + boundary;
  composed.pieces.push_back({"--" + boundary +
                             "\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n" + text +
                             "\r\n--" + boundary + "\r\nContent-Type: " + type + "\r\n\r\n"});
  composed.pieces.push_back({content});
  composed.pieces.push_back({"\r\n--" + boundary + "--\r\n"});
  return composed;
}

Result<std::string> join(ComposedBody body, const PieceBytes& bytes_of) {
  std::string out;
  for (ComposedPiece& piece : body.pieces) {
    const auto bytes = bytes_of(std::move(piece.content));
    if (!bytes) return bytes.error();
    if (piece.encoding == Encoding::as_is) {
      out += **bytes;
    } else {
      out += in_lines(base64_encode(**bytes));
    }
  }
  if (!body.envelope) return out;
  return body.envelope->before + as_base64url(out) + body.envelope->after;
}

}  // namespace millrace
