#include "runtime/secrets/written_forms.h"

#include "runtime/base/json.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/base64_text.h"
#include "runtime/text/hex_text.h"
#include "runtime/text/percent_text.h"

#include <algorithm>

namespace millrace {
namespace {

std::string upper_case_hex(std::string_view text) {
  std::string hex = to_hex(text);
  for (char& c : hex) {
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  }
  return hex;
}

/// `%2F` as `%2f`.
std::string lower_case_escapes(std::string text) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    if (text[i] != '%') continue;
    text[i + 1] = lower_case(text[i + 1]);
    text[i + 2] = lower_case(text[i + 2]);
  }
  return text;
}

/// Percent-encoded but for some characters.
std::string percent_encode_except(std::string_view text, std::string_view kept) {
  std::string out;
  for (const char c : text) {
    out += kept.find(c) != std::string_view::npos ? std::string(1, c)
                                                  : percent_encode_text(std::string_view(&c, 1));
  }
  return out;
}

void add_percent_forms(std::string_view text, std::vector<std::string>& forms) {
  std::string encoded[] = {percent_encode_text(text), form_encode_text(text), encode_url(text),
                           percent_encode_except(text, "!'()*"),  // JavaScript's encodeURIComponent
                           percent_encode_except(text, "/")};
  for (std::string& form : encoded) {
    forms.push_back(lower_case_escapes(form));
    forms.push_back(std::move(form));
  }
}

/// As JSON text without its quotes; some writers escape slashes too.
void add_json_forms(std::string_view text, std::vector<std::string>& forms) {
  const std::string quoted = to_text(Json(text));
  const std::string json = quoted.substr(1, quoted.size() - 2);
  std::string slashed;
  for (const char c : json) {
    if (c == '/') slashed += '\\';
    slashed += c;
  }
  forms.push_back(json);
  forms.push_back(std::move(slashed));
}

/// Of what stands at `offset` in a group of three bytes: the characters that it alone decides.
std::string base64_inside(std::string_view text, std::size_t offset) {
  const std::string all = base64_encode(std::string(offset, '\0').append(text));
  const std::size_t begin = (8 * offset + 5) / 6;
  const std::size_t end = 8 * (offset + text.size()) / 6;
  return all.substr(begin, end - begin);
}

std::string without_padding(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  return text;
}

/// For URLs (RFC 4648, 5).
std::string base64url(std::string text) {
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

void add_base64_forms(std::string_view text, std::vector<std::string>& forms) {
  const std::string whole = base64_encode(text);
  for (std::string form : {whole, without_padding(whole), base64_inside(text, 0),
                           base64_inside(text, 1), base64_inside(text, 2)}) {
    forms.push_back(base64url(form));
    forms.push_back(std::move(form));
  }
}

}  // namespace

std::vector<std::string> written_forms(std::string_view text) {
  // Host names become lower case on their way into error messages.
  std::vector<std::string> forms{std::string(text), lower_case(text), to_hex(text),
                                 upper_case_hex(text)};
  add_percent_forms(text, forms);
  add_json_forms(text, forms);
  add_base64_forms(text, forms);
  return forms;
}

}  // namespace millrace
