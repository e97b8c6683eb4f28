#include "runtime/integrations/account_text.h"

#include "runtime/integrations/credential_id.h"

namespace millrace {

AccountPlace account_place(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return {std::string(text), {}};
  return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

std::string account_text(std::string_view credential, std::string_view configuration) {
  std::string text(credential);
  if (!configuration.empty()) text.append("/").append(configuration);
  return text;
}

std::vector<std::string> account_texts(const Credential& credential) {
  std::vector<std::string> texts{credential.id};
  for (const auto& other : credential.others) {
    texts.push_back(account_text(credential.id, other.id));
  }
  return texts;
}

bool is_default_configuration(const Credential& credential, std::string_view id) {
  return id == default_configuration_id(credential.id);
}

const Configuration* find_configuration(const Credential& credential, std::string_view name) {
  if (name.empty()) return nullptr;
  const Configuration* by_name = nullptr;
  for (const auto& each : credential.others) {
    if (each.id == name) return &each;
    if (each.external_id == name) by_name = &each;
  }
  return by_name;
}

}  // namespace millrace
