#include "runtime/triggers/poll_request.h"

#include "runtime/integrations/connect_request.h"
#include "runtime/requests/outgoing_request.h"
#include "runtime/requests/pages.h"

#include <utility>

namespace millrace {
namespace {

constexpr std::string_view step_name = "poll";

Result<HttpRequest> rendered(const Poll& poll, const Integration& integration,
                             const PollScope& scope, const PageProgress& so_far) {
  RequestValues values = render_request(poll.request, scope);
  add_default_headers(values, integration.headers.render(scope));
  const Json base_url = integration.base_url.render(scope);
  if (auto connected = connect_request(values, integration, base_url); !connected) {
    return connected.error();
  }
  auto followed = follow_pages(values, poll.request.pagination, so_far, &integration, base_url);
  if (!followed) return followed.error();
  auto outgoing = outgoing_request(values);
  if (!outgoing) return outgoing.error();
  return send_with(std::move(*outgoing), [](const FileHandle&) { return nullptr; });
}

}  // namespace

PollScope::PollScope(const PollFacts& facts, Json self, Json secrets)
    : user_(JsonObject{{"id", facts.user.text}, {"meta", facts.user_meta}}),
      settings_(facts.settings),
      project_(JsonObject{{"id", facts.project.text}}),
      parameters_(facts.parameters),
      self_(std::move(self)),
      secrets_(std::move(secrets)) {}

const Json& PollScope::root_value(const Reference& reference) const {
  switch (reference.root) {
    case Reference::Root::user:
      return user_;
    case Reference::Root::settings:
      return settings_;
    case Reference::Root::project:
      return project_;
    case Reference::Root::parameters:
      return parameters_;
    case Reference::Root::self:
      return self_;
    case Reference::Root::secrets:
      return secrets_;
    default:
      return *shared_null();
  }
}

Result<Json> poll_secrets(const Poll& poll, const Integration& integration,
                          const SecretSource& secrets, Redaction& redaction) {
  JsonObject values;
  std::optional<Error> missing;
  const auto add = [&](const std::string& name) {
    if (missing || values.contains(name)) return;
    auto value = secrets(name);
    if (!value) {
      missing = value.error();
      return;
    }
    redaction.add(*value, masked_secret(name));
    values.emplace(name, *value);
  };
  for (const std::string& name : integration.header_secrets) add(name);
  RequestTemplate request = poll.request;  // templates are visited where they could be changed
  for (Template* const each : templates_of(request)) {
    each->visit_references([&](const Reference& reference, const std::string&) {
      if (reference.root != Reference::Root::secrets || reference.path.empty()) return;
      const auto* const name = std::get_if<std::string>(&reference.path.front());
      if (name != nullptr) add(*name);
    });
  }
  if (missing) return std::move(*missing);
  return Json(std::move(values));
}

Result<HttpRequest> poll_request(const Poll& poll, const Integration& integration,
                                 const PollFacts& facts, const PollScope& scope,
                                 const PageProgress& so_far) {
  try {
    auto request = rendered(poll, integration, scope, so_far);
    if (!request) return request;
    request->project = facts.project;
    request->user = facts.user;
    request->step = step_name;
    request->response_bytes_max = limits::poll_look_bytes_max;
    return request;
  } catch (const RenderedTooMuch& too_much) {
    return Error(ErrorCode::limit_exceeded, too_much.what());
  }
}

}  // namespace millrace
