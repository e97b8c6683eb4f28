#include "runtime/secrets/secret_text.h"

#include "runtime/secrets/redaction.h"

#include <utility>

namespace millrace {
namespace {

/// Secrets and nothing else.
class SecretScope final : public Scope {
 public:
  explicit SecretScope(JsonObject secrets) : secrets_(std::move(secrets)) {}
  const Json& root_value(const Reference& reference) const override {
    return reference.root == Reference::Root::secrets ? secrets_ : *shared_null();
  }

 private:
  const Json secrets_;
};

std::string text_with(const Template& text, JsonObject values) {
  const Json value = text.render(SecretScope(std::move(values)));
  return value.is_string() ? std::string(value.get_string()) : to_text(value);
}

}  // namespace

SecretText secret_text_of(Template text) {
  SecretText made{std::move(text), {}};
  made.text.visit_references([&](const Reference& reference, const std::string&) {
    if (reference.root != Reference::Root::secrets || reference.path.size() != 1) return;
    if (const auto* const name = std::get_if<std::string>(&reference.path[0])) {
      made.secrets.push_back(*name);
    }
  });
  return made;
}

Result<std::string> rendered(const SecretText& text, const SecretSource& secrets) {
  JsonObject values;
  for (const auto& name : text.secrets) {
    auto plain = secrets(name);
    if (!plain) return plain.error();
    values[name] = std::move(*plain);
  }
  return text_with(text.text, std::move(values));
}

std::string masked(const SecretText& text) {
  JsonObject masks;
  for (const auto& name : text.secrets) masks[name] = masked_secret(name);
  return text_with(text.text, std::move(masks));
}

}  // namespace millrace
