#include "runtime/execution/plan_request.h"

#include "runtime/base/check.h"
#include "runtime/execution/plan_step.h"
#include "runtime/execution/step_path.h"
#include "runtime/integrations/check_parameters.h"
#include "runtime/integrations/connect_request.h"
#include "runtime/integrations/path_places.h"
#include "runtime/integrations/resource.h"
#include "runtime/outbound/request_secrets.h"
#include "runtime/templates/overlay_scope.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/percent_text.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr std::string_view key_header = "Idempotency-Key";
constexpr std::string_view trace_header = "traceparent";

/// The parts that are written differently for a request and for an action.
struct Recipe {
  const RequestTemplate& request;
  const Integration* integration;
  Json parameters;  // of an action
};

Result<Recipe> recipe_of(const Step& step, const Scope& scope) {
  if (const auto* const request = std::get_if<RequestStep>(&step.config)) {
    return Recipe{request->request, request->frozen_integration.get(), nullptr};
  }
  const auto& action = std::get<ActionStep>(step.config);
  CHECK(action.declared != nullptr, "an action step has no action");
  Json parameters = action.parameters.render(scope);
  const auto is_object = require_object(step, parameters, ErrorCode::invalid_parameters);
  if (!is_object) return is_object.error();
  if (auto checked = check_parameters(*action.declared, parameters); !checked) {
    return checked.error();
  }
  const auto segments = check_path_parameters(action.declared->path_parameters, parameters);
  if (!segments) return segments.error();
  auto rendered = render_filters(*action.declared, std::move(parameters));
  if (!rendered) return rendered.error();
  return Recipe{action.declared->request, action.frozen_integration.get(), std::move(*rendered)};
}

/// A parameter's text as it may stand in a path or query: whatever it holds, it stays one segment, or one
/// value. Files stay as they are, to be refused.
Json encoded_parameter(const Json& value) {
  if (const auto* const object = value.if_object()) {
    JsonObject encoded;
    for (const auto& member : *object) {
      encoded.emplace(member.key(), encoded_parameter(member.value()));
    }
    return encoded;
  }
  if (const auto* const array = value.if_array()) {
    JsonArray encoded;
    for (const Json& each : *array) encoded.push_back(encoded_parameter(each));
    return encoded;
  }
  const auto* const text = value.if_string();
  if (text == nullptr || holds_file(*text)) return value;
  return Json(percent_encode_text(*text));
}

/// What an action's URL sees: its parameters are encoded, behind the escape of a query language if there is one.
class UrlScope final : public Scope {
 public:
  /// Refers to both: use it locally.
  UrlScope(const Scope& base, const Json& parameters)
      : base_(base), plain_(parameters), encoded_(encoded_parameter(parameters)) {}

  const Json& root_value(const Reference& reference) const override {
    if (reference.root != Reference::Root::parameters) return base_.root_value(reference);
    return reference.escape == QueryEscape::none ? encoded_ : plain_;
  }
  std::string escaped_text(const Reference& reference, std::string text) const override {
    const bool is_encoded = reference.root == Reference::Root::parameters && !holds_file(text);
    return is_encoded ? percent_encode_text(text) : text;
  }

 private:
  const Scope& base_;
  const Json& plain_;
  const Json encoded_;
};

RequestValues render_recipe(const Recipe& recipe, const Scope& scope) {
  return render_action(recipe.request, recipe.parameters, scope);
}

/// The request of the page at hand, whole. Errors: invalid_url, with an integration and without.
Outcome address(RequestValues& values, const Recipe& recipe, const Scope& scope,
                const PageProgress& pages) {
  Json base_url;
  if (recipe.integration != nullptr) {
    base_url = recipe.integration->base_url.render(scope);
    auto connected = connect_request(values, *recipe.integration, base_url);
    if (!connected) return connected;
  }
  return follow_pages(values, recipe.request.pagination, pages, recipe.integration, base_url);
}

/// Unless the definition has one of that name.
void add_header(HttpRequest& http, std::string_view name, std::string value) {
  const bool is_own = std::any_of(http.headers.begin(), http.headers.end(), [&](const auto& each) {
    return equal_but_for_case(each.name, name);
  });
  if (!is_own) http.headers.push_back({std::string(name), std::move(value)});
}

/// Each attempt is a span of its own; the same attempt, repeated after a crash, is the same span.
void continue_trace(HttpRequest& http, const std::optional<TraceParent>& trace,
                    const std::string& key, std::uint32_t attempt) {
  if (!trace) return;
  add_header(http, trace_header, trace->from_span(key + '#' + std::to_string(attempt)).text());
}

/// Under which key a definition names what a step calls.
std::string_view key_of(const std::string& type) {
  return is_resource_type(type) ? "resource" : "integration";
}

/// Basic authorization sends name and password as one text: an echo of it would hold the password in
/// another form than its own.
void redact_basic(const RequestValues& values, Redaction& redaction) {
  if (values.authorization != RequestAuthorization::Kind::basic || redaction.empty()) return;
  const auto text = [&](std::string_view key) {
    const auto* const fields = values.authorization_values.if_object();
    const Json* const value = fields == nullptr ? nullptr : fields->if_contains(key);
    if (value == nullptr) return std::string();
    return value->is_string() ? std::string(value->get_string()) : to_text(*value);
  };
  redaction.add(text("username") + ':' + text("password"), "[authorization]");
}

}  // namespace

RequestValues render_action(const RequestTemplate& request, const Json& parameters,
                            const Scope& scope) {
  const OverlayScope in_action(scope, {.parameters = &parameters});
  RequestValues rendered = render_request(request, in_action);
  if (!parameters.is_object()) return rendered;
  const UrlScope in_url(scope, parameters);
  rendered.url = request.url.render(in_url);
  return rendered;
}

Result<SendRequest> plan_request(const Workflow& workflow, const Step& step,
                                 const BranchScope& scope, const RequestPosition& position,
                                 const DispatchValues& values) {
  SendRequest send;
  const auto secrets = dispatch_secrets(step, values);
  if (!secrets) return secrets.error();
  send.attempt.redaction = dispatch_redaction(workflow, values);
  send.attempt.accounts = dispatch_accounts(workflow, values);
  const Json self = page_self(position.pages, nullptr);
  const OverlayScope at_dispatch(scope, {.secrets = secrets->get(), .self = &self});
  auto recipe = recipe_of(step, at_dispatch);
  if (!recipe) return recipe.error();
  RequestValues rendered = render_recipe(*recipe, at_dispatch);
  if (recipe->integration != nullptr) {
    const Integration& integration = *recipe->integration;
    const bool has_own = recipe->request.authorization.kind != RequestAuthorization::Kind::none;
    if (integration.auth.kind != IntegrationAuth::Kind::none && !has_own) {
      auto account = values.account(integration.type);
      if (!account) return account.error();
      send.credential = CredentialUse{std::move(*account), integration.auth};
    }
    add_default_headers(rendered, integration.headers.render(at_dispatch));
  }
  if (auto addressed = address(rendered, *recipe, scope, position.pages); !addressed) {
    return addressed.error();
  }
  redact_basic(rendered, send.attempt.redaction);
  auto outgoing = outgoing_request(rendered);
  if (!outgoing) return outgoing.error();
  send.request = std::move(*outgoing);
  add_secrets(send.request.http, send.attempt.redaction);
  send.request.http.project = scope.facts()->started.project;
  send.request.http.step = step.id.text;
  send.request.http.user = scope.facts()->started.user;
  if (step.timeout) send.request.http.timeout = *step.timeout;
  const std::string key = idempotency_key(step, scope, position.pages.pages + 1);
  add_header(send.request.http, key_header, key);
  continue_trace(send.request.http, scope.facts()->started.trace, key, position.attempt);
  send.attempt.step = step.index;
  send.attempt.number = position.attempt;
  send.attempt.input_bytes = send.request.http.url.size() + body_bytes_of(send.request);
  return send;
}

std::uint32_t pages_max(const Pagination& pagination, bool is_test) {
  return is_test ? std::min(pagination.pages_max, limits::test_pages_max) : pagination.pages_max;
}

Json request_input(const RequestStep& config, const Scope& scope) {
  RequestValues values = render_request(config.request, scope);
  if (config.frozen_integration == nullptr) return show_request(values);
  Json shown = show_request(values);
  shown.get_object().emplace(key_of(config.integration), own_name(config.integration));
  return shown;
}

Json action_input(const ActionStep& config, const Scope& scope) {
  return JsonObject{{key_of(config.integration), own_name(config.integration)},
                    {"action", config.action},
                    {"parameters", config.parameters.render(scope)}};
}

Json shown_request_line(const Step& step, const BranchScope& scope, const PageProgress& pages) {
  const Json self = page_self(pages, nullptr);
  const OverlayScope at_request(scope, {.self = &self});
  const auto recipe = recipe_of(step, at_request);
  if (!recipe) return nullptr;
  RequestValues rendered = render_recipe(*recipe, at_request);
  if (!address(rendered, *recipe, at_request, pages)) return nullptr;
  return JsonObject{{"method", rendered.method}, {"url", rendered.url}};
}

Json request_output(const Step& step, Json response) {
  const auto* const action = std::get_if<ActionStep>(&step.config);
  if (action == nullptr) return JsonObject{{"response", std::move(response)}};
  const bool is_paged = action->declared->request.pagination.has_value();
  if (is_paged) {
    JsonObject paged{{"result", response.get_object().at("results")}};
    // Pages that are missing must not pass for all there is.
    if (const Json* const error = response.get_object().if_contains("error")) {
      paged.emplace("error", *error);
    }
    return paged;
  }
  const Json output = JsonObject{{"response", std::move(response)}};
  return JsonObject{{"result", follow(output, action->declared->result)}};
}

std::string idempotency_key(const Step& step, const BranchScope& scope, std::uint32_t page) {
  std::string key = scope.facts()->execution.get_object().at("id").get_string().c_str();
  key += ':' + step_path(step, scope.indexes());
  if (page > 1) key += ':' + std::to_string(page);
  return key;
}

}  // namespace millrace
