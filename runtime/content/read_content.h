#pragma once
// What a body is, by what its headers say: the one reader for requests that come in and for responses
// that come back. Pure.
//
// By its media type: JSON (application/json, text/json, anything+json) is its value; text (text/*, XML,
// JavaScript, GraphQL, NDJSON) and forms are text; everything else is a file. Without a type, and under
// curl's default type of a form, an object or array of JSON is its value; without a type anything else
// that is UTF-8 is text.
//
// Text is in the charset of its type, else in what XML or HTML declares inside, else UTF-8; a byte order
// mark goes before all of them. Lenient in what the charset is called, exact in what is kept: bytes that
// cannot be decoded are broken content, and whoever reads it keeps the file or refuses it.

#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace millrace {

/// The values of the body's headers; empty where there is none.
struct ContentHeaders {
  std::string_view type;         // Content-Type
  std::string_view disposition;  // Content-Disposition: names a file
};

/// A body that is a file: its bytes are the body's.
struct FileContent {
  std::string name;       // never a path; empty when nothing names it
  std::string mime_type;  // "application/octet-stream" when there is none
};

/// A form, not yet parsed, as UTF-8.
struct FormContent {
  std::string text;
  /// Of the bytes that `%XX` stand for; empty: UTF-8.
  std::string charset = {};
};

/// What its headers say it is, it is not.
struct BrokenContent {
  /// invalid_json; limit_exceeded: JSON beyond what Millrace can hold; invalid_request: the charset.
  Error problem;
  std::optional<std::string> text;  // nothing: it could not be decoded
  FileContent file;                 // what it can be kept as
};

/// JSON's value, or a string.
using Content = std::variant<Json, FormContent, FileContent, BrokenContent>;

/// "text/html; charset=utf-8" -> "text/html", in lower case.
std::string media_type(std::string_view content_type);
/// A type whose empty body is an empty text.
bool is_text_type(std::string_view media_type);

/// `bytes` are not empty. Blank JSON is null.
Content read_content(std::string_view bytes, const ContentHeaders& headers);

/// The text of a part of a form, by its own type. Nothing: it cannot be decoded.
std::optional<std::string> read_text(std::string_view bytes, std::string_view content_type);

/// A name as a file may have it: never a path, never too long. Empty: it cannot be one.
std::string file_name_of(std::string_view name);

}  // namespace millrace
