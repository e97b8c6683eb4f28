#include "runtime/requests/outgoing_request.h"

#include "runtime/requests/bracket_form.h"
#include "runtime/requests/mail_message.h"
#include "runtime/requests/request_line.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/base64_text.h"
#include "runtime/text/hex_text.h"
#include "runtime/text/percent_text.h"

#include <algorithm>
#include <span>
#include <utility>

namespace millrace {
namespace {

using AuthKind = RequestAuthorization::Kind;

constexpr std::string_view encoding_header = "x-paragon-encoding";

Error not_text(std::string_view field, const Json& value) {
  return Error(ErrorCode::type_mismatch,
               std::string(field) + " must be text, got " + std::string(kind_name(value)));
}

/// Text as it goes on the wire: strings as they are, numbers and booleans as JSON writes them.
Result<std::string> as_text(std::string_view field, const Json& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_structured() || value.is_null()) return not_text(field, value);
  return to_text(value);
}

/// Text for a place that cannot hold the bytes of a file.
Result<std::string> as_line(std::string_view field, const Json& value) {
  auto text = as_text(field, value);
  if (text) {
    if (auto refused = refuse_files(field, *text); !refused) return refused.error();
  }
  return text;
}

/// Like `as_text`; arrays and objects become JSON.
std::string as_field(const Json& value) {
  return value.is_string() ? std::string(value.get_string()) : to_text(value);
}

const Json& member(const Json& object, std::string_view key) {
  const auto* const members = object.if_object();
  const Json* const value = members == nullptr ? nullptr : members->if_contains(key);
  return value == nullptr ? *shared_null() : *value;
}

/// Form-encoded but for the handles of files: what takes their place, hex, needs no escapes.
std::string form_field(const std::string& text) {
  std::string encoded = form_encode_text(text);
  for (const FileHandle& file : find_file_handles(text)) {
    const std::string handle = to_text(file);
    const std::string escaped = form_encode_text(handle);
    for (auto at = encoded.find(escaped); at != std::string::npos; at = encoded.find(escaped, at)) {
      encoded.replace(at, escaped.size(), handle);
    }
  }
  return encoded;
}

/// Calls `add(key, value)` for each field until one fails; an array stands for its elements, null for
/// nothing.
template <class Add>
Outcome each_field(std::string_view what, const Json& fields, Add add) {
  if (fields.is_null()) return Done{};
  const auto* const object = fields.if_object();
  if (object == nullptr) {
    return Error(ErrorCode::type_mismatch,
                 std::string(what) + " must be an object, got " + std::string(kind_name(fields)));
  }
  for (const auto& field : *object) {
    const auto* const array = field.value().if_array();
    for (const Json& each : array != nullptr ? std::span(array->data(), array->size())
                                             : std::span(&field.value(), 1)) {
      if (each.is_null()) continue;
      if (auto added = add(field.key(), each); !added) return added;
    }
  }
  return Done{};
}

class Builder {
 public:
  explicit Builder(const RequestValues& values) : values_(values) {}

  Result<OutgoingRequest> build() {
    out_.http.method = values_.method;
    for (const auto step : {&Builder::add_headers, &Builder::add_body, &Builder::add_authorization,
                            &Builder::add_url}) {
      if (auto added = (this->*step)(); !added) return added.error();
    }
    return std::move(out_);
  }

 private:
  bool has_header(std::string_view name) const {
    return std::any_of(out_.http.headers.begin(), out_.http.headers.end(),
                       [&](const HttpHeader& each) { return lower_case(each.name) == name; });
  }

  Outcome add_header(std::string_view name, const Json& value) {
    if (auto checked = check_header_name(name); !checked) return checked;
    auto text = as_line("header \"" + std::string(name) + '"', value);
    if (!text) return text.error();
    if (auto checked = check_header_value(name, *text); !checked) return checked;
    if (lower_case(name) == encoding_header) {
      out_.is_body_hex = lower_case(*text) == "hex";
      return Done{};  // meant for us
    }
    out_.http.headers.push_back({std::string(name), std::move(*text)});
    return Done{};
  }

  /// In the place of what `headers` says: two of them would be two opinions of who asks.
  Outcome set_header(std::string_view name, const std::string& value) {
    const std::string lower = lower_case(name);
    std::erase_if(out_.http.headers,
                  [&](const HttpHeader& each) { return lower_case(each.name) == lower; });
    return add_header(name, Json(value));
  }

  Outcome add_headers() {
    if (values_.headers.is_null()) return Done{};
    const auto* const object = values_.headers.if_object();
    if (object == nullptr) {
      return Error(ErrorCode::type_mismatch,
                   "\"headers\" must be an object, got " + std::string(kind_name(values_.headers)));
    }
    for (const auto& header : *object) {
      if (header.value().is_null()) continue;
      if (auto added = add_header(header.key(), header.value()); !added) return added;
    }
    return Done{};
  }

  void default_type(std::string type) {
    if (!has_header("content-type")) {
      out_.http.headers.push_back({"Content-Type", std::move(type)});
    }
  }

  Outcome add_body() {
    switch (values_.body_kind) {
      case BodyKind::none:
        return Done{};
      case BodyKind::json:
        return add_json(values_.body);
      case BodyKind::graphql:
        // Text is the query alone.
        return add_json(values_.body.is_string() ? Json(JsonObject{{"query", values_.body}})
                                                 : values_.body);
      case BodyKind::form_data:
        return add_form();
      case BodyKind::form_urlencoded:
        return add_fields();
      case BodyKind::xml:
        return add_text("application/xml");
      case BodyKind::raw:
        return add_raw();
      case BodyKind::related:
        return add_composed(related_body(values_.body));
      case BodyKind::mime:
        return add_composed(mail_body(values_.body, values_.message_member));
    }
    return Done{};
  }

  Outcome add_json(const Json& value) {
    out_.body = to_text(value);
    default_type("application/json");
    return Done{};
  }

  Outcome add_form() {
    // The boundary is the caller's: only it knows the whole header.
    std::erase_if(out_.http.headers,
                  [](const HttpHeader& each) { return lower_case(each.name) == "content-type"; });
    std::vector<OutgoingPart> parts;
    const auto add = [&](std::string_view name, const Json& value) -> Outcome {
      auto file = file_to_send(value);
      if (!file) return file.error();
      if (*file) {
        parts.push_back({std::string(name), (*file)->name.empty() ? "file" : (*file)->name,
                         (*file)->mime_type, content_of(std::move(**file))});
      } else {
        parts.push_back({std::string(name), "", "", as_field(value)});
      }
      return Done{};
    };
    auto read = each_field("\"body\"", values_.body, add);
    out_.body = std::move(parts);
    return read;
  }

  /// Its type says how it is put together, so that none is taken from `headers`.
  Outcome add_composed(Result<ComposedBody> body) {
    if (!body) return body.error();
    if (auto set = set_header("Content-Type", body->type); !set) return set;
    out_.body = std::move(*body);
    return Done{};
  }

  Outcome add_fields() {
    std::string text;
    const auto add = [&](std::string_view name, const Json& value) {
      if (!text.empty()) text += '&';
      text += form_encode_text(name) + '=' + form_field(as_field(value));
      return Outcome(Done{});
    };
    const bool is_nested = values_.form_style == FormStyle::brackets && values_.body.is_object();
    if (is_nested) each_bracket_field(values_.body.get_object(), add);
    auto read = is_nested ? Outcome(Done{}) : each_field("\"body\"", values_.body, add);
    out_.body = OutgoingContent(std::move(text));
    default_type("application/x-www-form-urlencoded");
    return read;
  }

  Outcome add_text(const char* type) {
    auto text = as_text("\"body\"", values_.body);
    if (!text) return text.error();
    out_.body = OutgoingContent(std::move(*text));
    default_type(type);
    return Done{};
  }

  Outcome add_raw() {
    auto file = file_to_send(values_.body);
    if (!file) return file.error();
    if (*file) {
      default_type((*file)->mime_type.empty() ? "application/octet-stream" : (*file)->mime_type);
      out_.body = content_of(std::move(**file));
      out_.is_body_hex = false;
      return Done{};
    }
    out_.body = OutgoingContent(values_.body.is_null() ? std::string() : as_field(values_.body));
    default_type(out_.is_body_hex ? "application/octet-stream" : "text/plain; charset=utf-8");
    return Done{};
  }

  Result<std::string> authorization_text(std::string_view key) const {
    return as_line("\"authorization\": \"" + std::string(key) + '"',
                   member(values_.authorization_values, key));
  }

  Outcome add_authorization() {
    switch (values_.authorization) {
      case AuthKind::none:
        return Done{};
      case AuthKind::bearer: {
        auto token = authorization_text("token");
        if (!token) return token.error();
        return set_header("Authorization", "Bearer " + *token);
      }
      case AuthKind::basic: {
        auto name = authorization_text("username");
        auto password = authorization_text("password");
        if (!name) return name.error();
        if (!password) return password.error();
        return set_header("Authorization", "Basic " + base64_encode(*name + ':' + *password));
      }
      case AuthKind::header: {
        auto name = authorization_text("name");
        auto value = authorization_text("value");
        if (!name) return name.error();
        if (!value) return value.error();
        return set_header(*name, *value);
      }
      case AuthKind::query: {
        auto name = authorization_text("name");
        auto value = authorization_text("value");
        if (!name) return name.error();
        if (!value) return value.error();
        add_param(*name, *value);
        return Done{};
      }
      case AuthKind::client_credentials:
        return add_client_credentials();
    }
    return Done{};
  }

  Outcome add_client_credentials() {
    auto url = authorization_text("tokenUrl");
    auto id = authorization_text("clientId");
    auto secret = authorization_text("clientSecret");
    for (const auto* const each : {&url, &id, &secret}) {
      if (!*each) return each->error();
    }
    const Json& scope = member(values_.authorization_values, "scope");
    out_.http.client_credentials =
        ClientCredentials{std::move(*url), std::move(*id), std::move(*secret),
                          scope.is_null() ? std::string() : as_field(scope)};
    return Done{};
  }

  void add_param(std::string_view name, std::string_view value) {
    if (!params_.empty()) params_ += '&';
    params_ += query_param(name, value);
  }

  Outcome add_url() {
    auto url = as_line("\"url\"", values_.url);
    if (!url) {
      const char* const hint = values_.url.is_null() ? " (does the reference lead anywhere?)" : "";
      return Error(ErrorCode::invalid_url, url.error().message + hint);
    }
    const std::string start = lower_case(std::string_view(*url).substr(0, 8));
    if (!start.starts_with("http://") && start != "https://") {
      return Error(ErrorCode::invalid_url, "\"url\" must begin with http:// or https://");
    }
    const auto add = [&](std::string_view name, const Json& value) {
      const std::string text = as_field(value);
      add_param(name, text);
      return refuse_files("\"params\": \"" + std::string(name) + '"', text);
    };
    auto read = each_field("\"params\"", values_.params, add);
    if (!read) return read;
    std::string text = encode_url(*url);
    const auto fragment = text.find('#');
    if (fragment != std::string::npos) text.resize(fragment);
    add_query(text, params_);
    out_.http.url = std::move(text);
    return Done{};
  }

  const RequestValues& values_;
  OutgoingRequest out_;
  std::string params_;
};

template <class Visit>
void each_content(const OutgoingRequest& request, Visit visit) {
  if (const auto* const content = std::get_if<OutgoingContent>(&request.body)) visit(*content);
  if (const auto* const parts = std::get_if<std::vector<OutgoingPart>>(&request.body)) {
    for (const auto& part : *parts) visit(part.content);
  }
  if (const auto* const composed = std::get_if<ComposedBody>(&request.body)) {
    for (const auto& piece : composed->pieces) visit(piece.content);
  }
}

Result<SharedBytes> bytes_of(OutgoingContent content, const FileBytes& bytes) {
  if (auto* const text = std::get_if<std::string>(&content)) {
    return std::make_shared<const std::string>(expand_file_handles(std::move(*text), bytes));
  }
  if (auto* const whole = std::get_if<SharedBytes>(&content)) return std::move(*whole);
  SharedBytes file = bytes(std::get<FileHandle>(content));
  if (file == nullptr) {
    return Error(ErrorCode::invalid_file, "a file that is to be sent is not one of this run");
  }
  return file;
}

Result<SharedBytes> unhex(std::string_view text) {
  auto decoded = parse_hex(text);
  if (!decoded) {
    return Error(ErrorCode::invalid_file,
                 "\"body\" is not hex, as `X-Paragon-Encoding: hex` says it is");
  }
  return std::make_shared<const std::string>(std::move(*decoded));
}

}  // namespace

Result<OutgoingRequest> outgoing_request(const RequestValues& values) {
  return Builder(values).build();
}

std::uint64_t body_bytes_of(const OutgoingRequest& request) {
  std::uint64_t bytes = 0;
  each_content(request, [&](const OutgoingContent& content) {
    if (const auto* const text = std::get_if<std::string>(&content)) bytes += text->size();
    if (const auto* const file = std::get_if<FileHandle>(&content)) bytes += file->size;
    if (const auto* const whole = std::get_if<SharedBytes>(&content)) bytes += (*whole)->size();
  });
  return bytes;
}

std::vector<FileHandle> files_of(const OutgoingRequest& request) {
  std::vector<FileHandle> files;
  each_content(request, [&](const OutgoingContent& content) {
    if (const auto* const file = std::get_if<FileHandle>(&content)) files.push_back(*file);
    if (const auto* const text = std::get_if<std::string>(&content)) {
      for (const auto& each : find_file_handles(*text)) files.push_back(each);
    }
  });
  return files;
}

Result<HttpRequest> send_with(OutgoingRequest request, const FileBytes& bytes) {
  HttpRequest http = std::move(request.http);
  if (auto* const content = std::get_if<OutgoingContent>(&request.body)) {
    const bool is_hex = request.is_body_hex && std::holds_alternative<std::string>(*content);
    auto body = bytes_of(std::move(*content), bytes);
    if (body && is_hex) body = unhex(**body);
    if (!body) return body.error();
    http.body = std::move(*body);
  } else if (auto* const parts = std::get_if<std::vector<OutgoingPart>>(&request.body)) {
    for (auto& part : *parts) {
      auto sent = bytes_of(std::move(part.content), bytes);
      if (!sent) return sent.error();
      http.parts.push_back({std::move(part.name), std::move(part.file_name), std::move(part.type),
                            std::move(*sent)});
    }
  }
  if (auto* const composed = std::get_if<ComposedBody>(&request.body)) {
    auto joined = join(std::move(*composed), [&](OutgoingContent content) {
      return bytes_of(std::move(content), bytes);
    });
    if (!joined) return joined.error();
    http.body = std::make_shared<const std::string>(std::move(*joined));
  }
  return http;
}

}  // namespace millrace
