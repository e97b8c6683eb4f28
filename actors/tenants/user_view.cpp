#include "actors/tenants/user_view.h"

#include <utility>

namespace millrace {

SharedCredential UserView::find(std::string_view integration, std::string_view id) const {
  SharedCredential first;
  for (auto& credential : list(integration)) {
    if (id.empty() ? credential->is_valid : credential->id == id) return credential;
    if (first == nullptr) first = std::move(credential);
  }
  return id.empty() ? first : nullptr;
}

std::vector<SharedCredential> UserView::list(std::string_view integration) const {
  std::vector<SharedCredential> list;
  for (const auto& held : credentials) {
    const bool is_wanted = integration.empty() || held.credential->integration == integration;
    if (is_wanted) list.push_back(held.credential);
  }
  return list;
}

std::optional<Error> UserView::why_locked(std::string_view id) const {
  for (const auto& held : credentials) {
    if (held.credential->id == id) return held.lock;
  }
  return std::nullopt;
}

std::size_t UserView::bytes() const {
  // A JSON value takes about three times its text.
  constexpr std::size_t of_each = 800;
  std::size_t bytes = of_each + (user == nullptr ? 0 : 3 * user->meta_bytes);
  for (const auto& held : credentials) bytes += of_each + 3 * held.bytes;
  return bytes;
}

}  // namespace millrace
