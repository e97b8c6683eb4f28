#include "runtime/outbound/request_secrets.h"

#include <memory>
#include <utility>

namespace millrace {

void add_secrets(HttpRequest& request, const Redaction& secrets) {
  if (secrets.empty()) return;
  // Never in place: copies of the request share what they had.
  Redaction all = secrets_of(request);
  all.add_all(secrets);
  request.secrets = std::make_shared<const Redaction>(std::move(all));
}

Redaction secrets_of(const HttpRequest& request) {
  // Not a plain copy, which would look at a search that whoever sends the request prepares.
  Redaction all;
  if (request.secrets != nullptr) all.add_all(*request.secrets);
  return all;
}

}  // namespace millrace
