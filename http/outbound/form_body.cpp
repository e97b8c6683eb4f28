#include "http/outbound/form_body.h"

#include "runtime/secrets/redaction.h"

#include <algorithm>

namespace millrace {
namespace {

/// Names inside quotes as browsers write them (WHATWG HTML, multipart/form-data): UTF-8 as it is,
/// and only what would end the quotes or the line is escaped.
std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') {
      text += "%22";
    } else if (c == '\r') {
      text += "%0D";
    } else if (c == '\n') {
      text += "%0A";
    } else {
      text += c;
    }
  }
  return text + "\"";
}

std::string head_of(const FormPart& part) {
  std::string head = "Content-Disposition: form-data; name=" + quoted(part.name);
  if (!part.file_name.empty()) head += "; filename=" + quoted(part.file_name);
  if (!part.type.empty()) head += "\r\nContent-Type: " + part.type;
  return head + "\r\n\r\n";
}

}  // namespace

FormBody::FormBody(const std::vector<FormPart>& parts, const std::string& boundary)
    : content_type_("multipart/form-data; boundary=" + boundary) {
  for (const FormPart& part : parts) {
    add("--" + boundary + "\r\n" + head_of(part));
    if (part.bytes) add(part.bytes);
    add(std::string("\r\n"));
  }
  add("--" + boundary + "--\r\n");
}

void FormBody::add(std::string text) { add(std::make_shared<const std::string>(std::move(text))); }

void FormBody::add(const SharedBytes& bytes) {
  if (bytes->empty()) return;
  starts_.push_back(size_);
  pieces_.push_back(bytes);
  size_ += bytes->size();
}

std::size_t FormBody::read(std::size_t offset, std::span<char> into) const {
  std::size_t copied = 0;
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  auto at = static_cast<std::size_t>(after - starts_.begin()) - 1;  // the first piece starts at 0
  for (; at < pieces_.size() && copied < into.size(); ++at) {
    const std::size_t skip = offset + copied - starts_[at];
    if (skip >= pieces_[at]->size()) break;
    copied += pieces_[at]->copy(into.data() + copied, into.size() - copied, skip);
  }
  return copied;
}

bool FormBody::holds_any(const Redaction& secrets) const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [&](const SharedBytes& each) { return secrets.finds_any(*each); });
}

}  // namespace millrace
