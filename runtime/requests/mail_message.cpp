#include "runtime/requests/mail_message.h"

#include "runtime/text/ascii_text.h"
#include "runtime/text/base64_text.h"
#include "runtime/text/header_text.h"
#include "runtime/text/percent_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

using Encoding = ComposedPiece::Encoding;

constexpr std::string_view line_end = "\r\n";
// No line of base64 begins so.
constexpr std::string_view mixed_boundary = "=_millrace_mixed";
constexpr std::string_view alternative_boundary = "=_millrace_alternative";

Error refused(const std::string& field, const std::string& why) {
  return Error(ErrorCode::invalid_parameters, "e-mail: `" + field + "` " + why);
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

/// RFC 2047: words of at most 75 characters, each of whole characters, on lines of their own.
std::string encoded_words(std::string_view text) {
  constexpr std::size_t bytes_max = 45;
  std::string out;
  while (!text.empty()) {
    std::size_t size = std::min(bytes_max, text.size());
    while (size > 1 && size < text.size() && (text[size] & 0xC0) == 0x80) --size;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64_encode(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return out;
}

/// Breaks lines at spaces (RFC 5322, 2.2.3): none gets near the 998 characters that a line may have.
std::string folded(std::string_view text) {
  constexpr std::size_t line = 400;
  std::string out;
  std::size_t begin_of_line = 0;
  for (const char c : text) {
    if (c == ' ' && out.size() - begin_of_line > line) {
      out += line_end;
      begin_of_line = out.size();
    }
    out += c;
  }
  return out;
}

Result<std::string> header_text(const std::string& field, const Json& value) {
  if (value.is_structured()) return refused(field, "must be text");
  const std::string text = value.is_null()     ? std::string()
                           : value.is_string() ? std::string(value.get_string())
                                               : to_text(value);
  if (has_control(text)) return refused(field, "must not hold a line break or control character");
  const bool is_plain = is_printable_ascii(text) && text.find("=?") == std::string::npos;
  return is_plain ? folded(text) : encoded_words(text);
}

struct Address {
  std::string name;
  std::string email;
};

/// `Ann <ann@acme.example>`, with or without quotes around the name, or the address alone.
Address split_address(std::string_view text) {
  text = trimmed(text, blanks);
  const auto open = text.rfind('<');
  if (open == std::string_view::npos || !text.ends_with('>')) return {"", std::string(text)};
  std::string_view name = trimmed(text.substr(0, open), blanks);
  if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) {
    name = name.substr(1, name.size() - 2);
  }
  std::string plain;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\' && i + 1 < name.size()) ++i;
    plain += name[i];
  }
  return {std::move(plain),
          std::string(trimmed(text.substr(open + 1, text.size() - open - 2), blanks))};
}

/// At commas that are neither in quotes nor between angle brackets.
std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  bool is_quoted = false;
  bool is_in_brackets = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == ',' && !is_quoted && !is_in_brackets)) {
      if (!trimmed(text.substr(begin, i - begin), blanks).empty()) {
        parts.push_back(text.substr(begin, i - begin));
      }
      begin = i + 1;
    } else if (text[i] == '\\' && is_quoted) {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && (text[i] == '<' || text[i] == '>')) {
      is_in_brackets = text[i] == '<';
    }
  }
  return parts;
}

/// An address in the plain form of RFC 5322, 3.4.1: what needs quotes or comments is refused.
bool is_email(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos && text.size() <= 320 &&
         is_printable_ascii(text) && text.find_first_of(" <>(),;:\\\"[]") == std::string_view::npos;
}

Result<std::string> address_text(const std::string& field, const Address& address) {
  if (has_control(address.name) || has_control(address.email)) {
    return refused(field, "must not hold a line break or control character");
  }
  if (!is_email(address.email)) return refused(field, "holds what is no e-mail address");
  if (address.name.empty()) return address.email;
  if (!is_printable_ascii(address.name) || address.name.find("=?") != std::string::npos) {
    return encoded_words(address.name) + " <" + address.email + '>';
  }
  std::string quoted = "\"";
  for (const char c : address.name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\" <" + address.email + '>';
}

class Message {
 public:
  explicit Message(const JsonObject& fields) : fields_(fields) {}

  Result<std::vector<ComposedPiece>> build() {
    for (const auto step : {&Message::check_keys, &Message::add_addresses, &Message::add_subject,
                            &Message::add_own_headers, &Message::add_content}) {
      if (auto added = (this->*step)(); !added) return added.error();
    }
    flush();
    return std::move(pieces_);
  }

 private:
  const Json& field(std::string_view name) const {
    const Json* const value = fields_.if_contains(name);
    return value == nullptr ? *shared_null() : *value;
  }

  Outcome check_keys() {
    static constexpr std::array<std::string_view, 10> known{
        "from", "to", "cc", "bcc", "replyTo", "subject", "text", "html", "attachments", "headers"};
    for (const auto& each : fields_) {
      if (std::find(known.begin(), known.end(), std::string_view(each.key())) == known.end()) {
        return refused(each.key(), "is nothing that an e-mail has");
      }
    }
    return Done{};
  }

  void add(std::string_view text) { text_ += text; }
  void flush() {
    if (!text_.empty()) pieces_.push_back({std::exchange(text_, {})});
  }
  void header(std::string_view name, std::string_view value) {
    text_.append(name).append(": ").append(value).append(line_end);
  }

  Outcome add_one(const std::string& name, const Address& address, std::vector<std::string>& all) {
    auto text = address_text(name, address);
    if (!text) return text.error();
    all.push_back(std::move(*text));
    return Done{};
  }

  Outcome add_addresses_of(const std::string& name, const Json& value,
                           std::vector<std::string>& all) {
    if (value.is_null()) return Done{};
    if (const auto* const text = value.if_string()) {
      for (const std::string_view each : split_list(*text)) {
        if (auto added = add_one(name, split_address(each), all); !added) return added;
      }
      return Done{};
    }
    if (const auto* const object = value.if_object()) {
      const auto part = [&](std::string_view key) {
        const Json* const given = object->if_contains(key);
        return given != nullptr && given->is_string() ? std::string(given->get_string())
                                                      : std::string();
      };
      return add_one(name, {part("name"), part("email")}, all);
    }
    const auto* const list = value.if_array();
    if (list == nullptr) return refused(name, "must be an address or a list of them");
    for (const Json& each : *list) {
      if (each.is_array()) return refused(name, "must be an address or a list of them");
      if (auto added = add_addresses_of(name, each, all); !added) return added;
    }
    return Done{};
  }

  Outcome add_addresses() {
    static constexpr std::array<std::pair<const char*, const char*>, 5> all{
        {{"from", "From"}, {"to", "To"}, {"cc", "Cc"}, {"bcc", "Bcc"}, {"replyTo", "Reply-To"}}};
    bool has_recipient = false;
    for (const auto& [key, name] : all) {
      std::vector<std::string> addresses;
      if (auto read = add_addresses_of(key, field(key), addresses); !read) return read;
      if (addresses.empty()) continue;
      has_recipient = has_recipient || *name == 'T' || *name == 'C' || *name == 'B';
      std::string joined;
      for (const std::string& each : addresses) joined += (joined.empty() ? "" : ",\r\n ") + each;
      header(name, joined);
    }
    if (!has_recipient) return refused("to", "is missing: an e-mail needs a recipient");
    return Done{};
  }

  Outcome add_subject() {
    if (field("subject").is_null()) return Done{};
    auto text = header_text("subject", field("subject"));
    if (!text) return text.error();
    header("Subject", *text);
    return Done{};
  }

  Outcome add_own_headers() {
    const Json& given = field("headers");
    if (given.is_null()) return Done{};
    if (!given.is_object()) return refused("headers", "must be an object");
    static constexpr std::array<std::string_view, 7> taken{
        "from", "to", "cc", "bcc", "reply-to", "subject", "mime-version"};
    for (const auto& each : given.get_object()) {
      const std::string lower = lower_case(each.key());
      const bool is_ours = lower.starts_with("content-") ||
                           std::find(taken.begin(), taken.end(), lower) != taken.end();
      if (!is_header_name(each.key()) || is_ours) {
        return refused("headers", "holds a name that is none, or that the e-mail sets itself");
      }
      if (each.value().is_null()) continue;
      auto text = header_text("headers", each.value());
      if (!text) return text.error();
      header(each.key(), *text);
    }
    return Done{};
  }

  void add_text(std::string_view type, const Json& value) {
    header("Content-Type", std::string(type) + "; charset=UTF-8");
    header("Content-Transfer-Encoding", "base64");
    add(line_end);
    flush();
    std::string text = value.is_string() ? std::string(value.get_string())
                       : value.is_null() ? std::string()
                                         : to_text(value);
    if (text.empty()) return;
    pieces_.push_back({std::move(text), Encoding::base64_lines});
  }

  void begin_part(std::string_view boundary) { add("--" + std::string(boundary) + "\r\n"); }
  void end_parts(std::string_view boundary) { add("--" + std::string(boundary) + "--\r\n"); }
  void begin_parts(const std::string& type, std::string_view boundary) {
    header("Content-Type", type + "; boundary=\"" + std::string(boundary) + '"');
    add(line_end);
  }

  void add_versions() {
    const Json& text = field("text");
    const Json& html = field("html");
    if (html.is_null()) return add_text("text/plain", text);
    if (text.is_null()) return add_text("text/html", html);
    begin_parts("multipart/alternative", alternative_boundary);
    begin_part(alternative_boundary);
    add_text("text/plain", text);
    begin_part(alternative_boundary);
    add_text("text/html", html);
    end_parts(alternative_boundary);
  }

  Outcome add_attachment(const Json& value) {
    auto file = file_to_send(value);
    if (!file) return file.error();
    if (!*file) return refused("attachments", "must be a list of file objects");
    const std::string name = (*file)->name.empty() ? "file" : (*file)->name;
    const std::string& type = (*file)->mime_type;
    header("Content-Type", is_media_type(type) ? type : "application/octet-stream");
    header("Content-Transfer-Encoding", "base64");
    header("Content-Disposition", "attachment; filename*=UTF-8''" + percent_encode_text(name));
    add(line_end);
    flush();
    pieces_.push_back({content_of(std::move(**file)), Encoding::base64_lines});
    return Done{};
  }

  Outcome add_content() {
    header("MIME-Version", "1.0");
    const Json& attachments = field("attachments");
    const auto* const list = attachments.if_array();
    if (list == nullptr && !attachments.is_null()) {
      return refused("attachments", "must be a list of file objects");
    }
    if (list == nullptr || list->empty()) {
      add_versions();
      return Done{};
    }
    begin_parts("multipart/mixed", mixed_boundary);
    begin_part(mixed_boundary);
    add_versions();
    for (const Json& each : *list) {
      begin_part(mixed_boundary);
      if (auto added = add_attachment(each); !added) return added;
    }
    end_parts(mixed_boundary);
    return Done{};
  }

  const JsonObject& fields_;
  std::string text_;  // of the piece at hand
  std::vector<ComposedPiece> pieces_;
};

Error no_message(const std::string& member, const Json& got) {
  const std::string where = member.empty() ? "\"body\"" : "\"body\": `" + member + '`';
  return Error(ErrorCode::type_mismatch,
               where + " must be an e-mail as an object, got " + std::string(kind_name(got)));
}

/// The body's other members around the place of the message.
ComposedBody::Envelope envelope_of(const JsonObject& body, const std::string& member) {
  JsonObject others = body;
  others.erase(member);
  std::string text = to_text(others);
  text.pop_back();
  text += (others.empty() ? "" : ",") + to_text(Json(member)) + ":\"";
  return {std::move(text), "\"}"};
}

}  // namespace

Result<ComposedBody> mail_body(const Json& body, const std::string& member) {
  const auto* const object = body.if_object();
  if (object == nullptr) return no_message("", body);
  const Json* const message = member.empty() ? &body : object->if_contains(member);
  if (message == nullptr || !message->is_object()) {
    return no_message(member, message == nullptr ? *shared_null() : *message);
  }
  auto pieces = Message(message->get_object()).build();
  if (!pieces) return pieces.error();
  ComposedBody composed;
  composed.pieces = std::move(*pieces);
  composed.type = member.empty() ? "message/rfc822" : "application/json";
  if (!member.empty()) composed.envelope = envelope_of(*object, member);
  return composed;
}

}  // namespace millrace
