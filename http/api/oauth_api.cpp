#include "http/api/oauth_api.h"

#include "actors/tenants/user_registry.h"
#include "http/api/history_query.h"
#include "http/api/sign_in_pages.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/percent_text.h"

#include <charconv>

namespace millrace {
namespace {

constexpr std::string_view callback_path = "/oauth/callback";
constexpr std::string_view cookie_lifetime_s = "600";

Result<std::string> address_of(const ApiCall& call, const ApiServices& services) {
  std::string address = own_address(call, services.options);
  while (address.ends_with('/')) address.pop_back();
  if (!address.empty()) return address;
  return Error(ErrorCode::invalid_request,
               "the server does not know its address: start it with --public-url");
}

/// The value of a cookie that the request brings; empty: none.
std::string cookie_of(const httplib::Request& request, const std::string& name) {
  std::string_view rest;
  const std::string header = request.get_header_value("Cookie");
  for (rest = header; !rest.empty();) {
    const auto end = rest.find(';');
    const std::string_view pair = trimmed(rest.substr(0, end), blanks);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return std::string(pair.substr(equals + 1));
    }
  }
  return {};
}

/// Lax: it comes along when the provider sends the browser back, and with nothing that other pages send.
void set_cookie(Reply& reply, const std::string& address, const std::string& name,
                const std::string& value) {
  std::string cookie = name + "=" + value + "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" +
                       (value.empty() ? "0" : std::string(cookie_lifetime_s));
  if (address.starts_with("https://")) cookie += "; Secure";
  reply.headers.emplace_back("Set-Cookie", std::move(cookie));
}

Reply redirect_to(const std::string& url) {
  Reply reply;
  reply.status = 302;
  reply.headers = {
      {"Location", url}, {"Cache-Control", "no-store"}, {"Referrer-Policy", "no-referrer"}};
  return reply;
}

/// The address behind which the result stands.
std::string with_result(std::string url, const std::string& status, std::string_view key,
                        const std::string& value) {
  std::string fragment;
  if (const auto hash = url.find('#'); hash != std::string::npos) {
    fragment = url.substr(hash);
    url.resize(hash);
  }
  url += url.find('?') == std::string::npos ? '?' : '&';
  return url + "status=" + status + '&' + std::string(key) + '=' + percent_encode_text(value) +
         fragment;
}

/// What a user is told in a window: nothing of the project's secrets or the server's network.
std::string for_users(const std::string& code, const std::string& message) {
  for (const ErrorCode inner : {ErrorCode::secret_missing, ErrorCode::secrets_locked,
                                ErrorCode::blocked_address, ErrorCode::invalid_url}) {
    if (code == wire_name(inner)) {
      return "The sign-in is not set up completely. Whoever runs the application can find out why.";
    }
  }
  return message;
}

Reply told(const SignIns::End& end, const SignIns::Connected& connected) {
  if (!end.return_to.empty()) {
    return redirect_to(
        with_result(end.return_to, "connected", "credentialId", connected.credential));
  }
  return closing_page(200,
                      {"connected",
                       end.integration,
                       connected.credential,
                       {},
                       "The account is connected.",
                       end.origins},
                      random_nonce());
}

Reply told(const SignIns::End& end, const SignIns::Failed& failed) {
  if (!end.return_to.empty()) {
    return redirect_to(with_result(end.return_to, "error", "code", failed.code));
  }
  return closing_page(400,
                      {"error",
                       end.integration,
                       {},
                       failed.code,
                       for_users(failed.code, failed.message),
                       end.origins},
                      random_nonce());
}

/// `cookie`: of the browser, which the choice is bound to as the sign-in was.
Reply told(const SignIns::Choice& choice, const std::string& address, const std::string& cookie) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (std::size_t i = 0; i < choice.choices.size(); ++i) {
    const auto& each = choice.choices[i];
    const std::string& name = !each.name.empty() ? each.name : each.provider_id;
    entries.emplace_back(
        name.empty() ? "Account " + std::to_string(i + 1) : name,
        address + "/oauth/choose?token=" + choice.token + "&choice=" + std::to_string(i));
  }
  Reply reply = choice_page(entries, random_nonce());
  set_cookie(reply, address, SignIns::cookie_name(choice.token), cookie);
  return reply;
}

/// The page for a sign-in of which nothing is known, or nothing is to be told.
Reply lost(const Error& why) {
  const int status = http_status(why.code);
  const std::string code(wire_name(public_code(why.code)));
  const bool is_browsers_fault = status < 500 && why.code != ErrorCode::not_found;
  return closing_page(is_browsers_fault ? 400 : status,
                      {"error", {}, {}, code, for_users(code, why.message), {}}, random_nonce());
}

Result<Reply> told(const Result<SignIns::End>& end, const std::string& address,
                   const std::string& token, const std::string& cookie) {
  if (!end) return lost(end.error());
  Reply reply;
  if (const auto* const choice = std::get_if<SignIns::Choice>(&end->result)) {
    return told(*choice, address, cookie);
  }
  if (const auto* const failed = std::get_if<SignIns::Failed>(&end->result)) {
    reply = told(*end, *failed);
  } else {
    reply = told(*end, std::get<SignIns::Connected>(end->result));
  }
  set_cookie(reply, address, SignIns::cookie_name(token), {});
  return reply;
}

Result<SignIns::Wish> read_wish(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  if (auto known = refuse_others(*body, {"settings", "inputs", "returnTo"}); !known) {
    return known.error();
  }
  auto made = wish_of(call, services, call.path_value("integration"));
  if (!made) return made.error();
  SignIns::Wish wish = std::move(*made);
  for (const char* const key : {"settings", "inputs"}) {
    const Json* const value = body->if_contains(key);
    if (value != nullptr && !value->is_object()) return wrong_member(key, "must be an object");
  }
  if (const Json* const settings = body->if_contains("settings")) {
    wish.settings = settings->get_object();
  }
  if (const Json* const inputs = body->if_contains("inputs")) wish.inputs = inputs->get_object();
  const auto return_to = string_member(*body, "returnTo");
  if (!return_to) return return_to.error();
  wish.return_to = return_to->value_or("");
  return wish;
}

}  // namespace

Result<SignIns*> sign_ins_of(ApiServices& services) {
  if (services.sign_ins != nullptr) return services.sign_ins;
  return Error(ErrorCode::not_found, "nobody signs in at providers here");
}

Result<SignIns::Wish> wish_of(const ApiCall& call, ApiServices& services,
                              const std::string& integration) {
  const auto user = services.users.find(call.project, call.user);
  if (!user) return user.error();
  SignIns::Wish wish;
  wish.project = call.project;
  wish.user = call.user;
  wish.integration = integration;
  if (*user != nullptr) wish.user_since = (*user)->first_seen;
  return wish;
}

Result<std::string> redirect_uri_of(const ApiCall& call, const ApiServices& services) {
  auto address = address_of(call, services);
  if (!address) return address;
  return *address + std::string(callback_path);
}

Result<std::string> ticket_url(const ApiCall& call, ApiServices& services,
                               const SignIns::Wish& wish) {
  const auto sign_ins = sign_ins_of(services);
  if (!sign_ins) return sign_ins.error();
  const auto address = address_of(call, services);
  if (!address) return address.error();
  const auto ticket = (*sign_ins)->ticket(wish);
  if (!ticket) return ticket.error();
  return *address + "/projects/" + percent_encode_text(call.project.text) + "/sdk/oauth/" +
         percent_encode_text(wish.integration) + "/start?ticket=" + *ticket;
}

Result<Reply> make_ticket(const ApiCall& call, ApiServices& services) {
  const auto wish = read_wish(call, services);
  if (!wish) return wish.error();
  auto url = ticket_url(call, services, *wish);
  if (!url) return url.error();
  return json_reply(201, JsonObject{{"url", std::move(*url)}});
}

Result<Reply> start_sign_in(const ApiCall& call, ApiServices& services) {
  const auto sign_ins = sign_ins_of(services);
  if (!sign_ins) return sign_ins.error();
  const auto address = address_of(call, services);
  if (!address) return address.error();
  // Whoever only looks, as previews do, uses up no ticket.
  if (call.http.method == "HEAD") return no_content();
  const std::string redirect_uri = *address + std::string(callback_path);
  const std::string integration = call.path_value("integration");
  const auto ticket = call.query_value("ticket");
  const auto start_for_user = [&]() -> Result<SignIns::Start> {
    auto wish = wish_of(call, services, integration);
    if (!wish) return wish.error();
    wish->return_to = call.query_value("returnTo").value_or("");
    return (*sign_ins)->start(*wish, redirect_uri);
  };
  Result<SignIns::Start> start =
      call.user.empty()
          ? (*sign_ins)->start(call.project, integration, ticket.value_or(""), redirect_uri)
          : start_for_user();
  if (!start && call.user.empty()) return lost(start.error());  // a browser shows it
  if (!start) return start.error();
  Reply reply = redirect_to(start->location);
  set_cookie(reply, *address, start->cookie_name, start->cookie_value);
  return reply;
}

Result<Reply> end_sign_in(const ApiCall& call, ApiServices& services) {
  const auto sign_ins = sign_ins_of(services);
  if (!sign_ins) return sign_ins.error();
  SignIns::Arrival arrival;
  arrival.state = call.query_value("state").value_or("");
  arrival.code = call.query_value("code").value_or("");
  arrival.error = call.query_value("error").value_or("");
  arrival.cookie = cookie_of(call.http, SignIns::cookie_name(arrival.state));
  const auto end = (*sign_ins)->callback(arrival);
  return told(end, own_address(call, services.options), arrival.state, arrival.cookie);
}

Result<Reply> choose_account(const ApiCall& call, ApiServices& services) {
  const auto sign_ins = sign_ins_of(services);
  if (!sign_ins) return sign_ins.error();
  const std::string token = call.query_value("token").value_or("");
  const std::string text = call.query_value("choice").value_or("");
  std::size_t choice = profile_choices_max;  // none
  const auto read = std::from_chars(text.data(), text.data() + text.size(), choice);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) choice = profile_choices_max;
  const std::string cookie = cookie_of(call.http, SignIns::cookie_name(token));
  const auto end = (*sign_ins)->choose(token, choice, cookie);
  return told(end, own_address(call, services.options), token, cookie);
}

namespace {

constexpr RouteParameter integration_in_path{"integration", "string", "The integration's type.",
                                             RouteParameter::In::path};

constexpr Route routes[]{
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/oauth/{integration}/ticket",
     .operation = "makeSignInTicket",
     .summary = "An address for the user's browser that begins a sign-in at the provider",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &make_ticket,
     .parameters = {project_in_path, integration_in_path},
     .body = {"{settings?: object, inputs?: {[input]: string}, returnTo?: string}", false},
     .answers = {{201, "For one use, within ten minutes.", "{url: string}"},
                 {400, "Settings, inputs or `returnTo` do not fit.", "Error"},
                 {404, "There is no such integration.", "Error"},
                 {409, "The integration is switched off, or a secret of it is missing.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/oauth/{integration}/start",
     .operation = "startSignIn",
     .summary = "Sends the browser to the provider",
     .access = Access::user_token_or_ticket,
     .handler = &start_sign_in,
     .parameters = {project_in_path,
                    integration_in_path,
                    {"ticket", "string", "In place of a token."},
                    {"returnTo", "string", "With a token: as in the body of a ticket."}},
     .answers = {{302, "To the provider, with a cookie that binds the sign-in to this browser."},
                 {404, "The ticket has been used, or has ended.", "string", "text/html"}}},
    {.method = "GET",
     .pattern = "/oauth/callback",
     .operation = "endSignIn",
     .summary = "Where providers send browsers back to: connects the account",
     .handler = &end_sign_in,
     .parameters = {{"state", "string", "What the provider was sent."},
                    {"code", "string", "What it gives for a token."},
                    {"error", "string", "Why there is no code."}},
     .answers = {{200, "A page that tells its opener and closes, or one to choose an account.",
                  "string", "text/html"},
                 {302, "To `returnTo`, with `status` and `credentialId` or `code`."},
                 {400, "A page that says why not.", "string", "text/html"},
                 {404, "It has been used, or has ended: a page that says so.", "string",
                  "text/html"}}},
    {.method = "GET",
     .pattern = "/oauth/choose",
     .operation = "chooseAccount",
     .summary = "Connects one of several accounts to which a sign-in gives access",
     .handler = &choose_account,
     .parameters = {{"token", "string", "Of the page to choose from."},
                    {"choice", "integer", "Which of its entries, from 0."}},
     .answers = {{200, "A page that tells its opener and closes.", "string", "text/html"},
                 {302, "To `returnTo`, with `status` and `credentialId` or `code`."},
                 {400, "A page that says why not.", "string", "text/html"},
                 {404, "It has been used, or has ended: a page that says so.", "string",
                  "text/html"}}},
};

}  // namespace

constinit const RouteGroup oauth_routes{"Sign-ins", "Users connect accounts at their providers.",
                                        routes};

}  // namespace millrace
