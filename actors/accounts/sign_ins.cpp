#include "actors/accounts/sign_ins.h"

#include "runtime/base/limits.h"
#include "runtime/digests/sha256.h"
#include "runtime/integrations/authorize_request.h"
#include "runtime/integrations/check_settings.h"
#include "runtime/integrations/configurations_text.h"
#include "runtime/outbound/request_secrets.h"
#include "runtime/text/base64_text.h"
#include "runtime/text/header_text.h"
#include "runtime/text/hex_text.h"
#include "runtime/triggers/trigger_catalog.h"

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <utility>

namespace millrace {
namespace {

/// Beyond the token server's own time: its turn comes within moments, or the provider is overrun.
constexpr std::chrono::seconds patience{60};
constexpr std::size_t return_to_bytes_max = 2'048;
constexpr std::size_t code_bytes_max = 8'192;
constexpr std::size_t key_bytes_max = 128;

std::string hash_of(std::string_view text) {
  const Sha256 hash = sha256(text);
  return to_hex(std::span<const std::uint8_t>(hash));
}

/// RFC 7636, 4.2: base64 with the alphabet of URLs and without padding.
std::string challenge_of(const std::string& verifier) {
  const Sha256 hash = sha256(verifier);
  std::string text = base64_encode({reinterpret_cast<const char*>(hash.data()), hash.size()});
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.resize(text.find('='));
  return text;
}

bool is_same(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  unsigned differences = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    differences |= static_cast<unsigned>(static_cast<unsigned char>(left[i]) ^
                                         static_cast<unsigned char>(right[i]));
  }
  return differences == 0;
}

/// A provider's word, as far as it is one.
std::string error_word(const std::string& text) {
  const bool is_word =
      !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
      });
  return is_word ? text : "provider_error";
}

}  // namespace

/// An integration with its sign-in, and what its templates are rendered with.
struct SignIns::Provider {
  std::shared_ptr<const Integration> integration;
  SharedProject project;

  const OAuthClient& client() const { return *integration->auth.oauth; }
  Result<OAuthValues> values(const JsonObject& inputs) const {
    return oauth_values(client(), inputs,
                        [this](const std::string& name) { return project->secrets->value(name); });
  }
};

Result<SignIns::Provider> SignIns::provider_of(const ProjectId& project,
                                               const std::string& integration) const {
  auto view = uses_.projects.now(project);
  if (!view) return view.error();
  Provider provider{(*view)->integrations->find_integration(integration), *view};
  const std::string quoted = "\"" + integration + "\"";
  if (provider.integration == nullptr) {
    return Error(ErrorCode::not_found, "the project has no integration " + quoted);
  }
  if (!provider.integration->is_active) {
    return Error(ErrorCode::integration_inactive, "the integration " + quoted + " is switched off");
  }
  if (provider.integration->auth.oauth == nullptr) {
    return Error(ErrorCode::invalid_request,
                 "accounts of " + quoted + " are connected with their fields, not by a sign-in");
  }
  return provider;
}

Outcome SignIns::check(const Wish& wish, const Provider& provider) const {
  if (wish.settings) {
    Findings findings;
    const auto& declared = provider.integration->settings;
    check_settings(declared, *wish.settings, "/settings", findings);
    check_required_settings(declared, *wish.settings, LeftOut::refused, "/settings", findings);
    if (!findings.empty()) {
      return Error(ErrorCode::invalid_request,
                   "the settings do not fit the integration: see the details", findings.take());
    }
    if (to_text(*wish.settings).size() > limits::credential_config_bytes_max) {
      return Error(ErrorCode::limit_exceeded, "the settings are too large");
    }
  }
  if (wish.key.size() > key_bytes_max || !is_header_value(wish.key)) {
    return Error(ErrorCode::invalid_request, "the key of a sign-in is one line of at most " +
                                                 std::to_string(key_bytes_max) + " bytes");
  }
  if (!wish.external_id.empty()) {
    if (auto named = check_external_id(wish.external_id); !named) return named;
  }
  if (wish.return_to.empty()) return Done{};
  const std::string origin = origin_of_page(wish.return_to);
  const auto& known = provider.client().return_origins;
  const bool is_known = !origin.empty() && wish.return_to.size() <= return_to_bytes_max &&
                        std::find(known.begin(), known.end(), origin) != known.end();
  const bool is_plain = std::all_of(wish.return_to.begin(), wish.return_to.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>';
  });
  if (is_known && is_plain) return Done{};
  return Error(ErrorCode::invalid_request,
               "\"returnTo\" leads to an origin that the integration's auth does not list under "
               "\"returnTo\"");
}

// --- rows -----------------------------------------------------------------------------------------

std::string SignIns::random_text() {
  std::array<std::uint8_t, 32> bytes{};
  uses_.random.fill(bytes);
  return to_hex(std::span<const std::uint8_t>(bytes));
}

std::string SignIns::cookie_name(const std::string& token) {
  return "millrace_sign_in_" + hash_of(token).substr(0, 16);
}

Result<std::string> SignIns::put(const SignIn& sign_in, const std::string& token) {
  storage::SignInRow row;
  row.hash = hash_of(token);
  row.ends = uses_.clock.now() + lasts;
  seal(sign_in, row);
  auto batch = uses_.commits.begin(storage::shard_of_sign_in(row));
  if (!batch) return batch.error();
  storage::SignInTable::put(*batch, row);
  if (auto stored = uses_.commits.commit(std::move(*batch)); !stored) return stored.error();
  return token;
}

Result<SignIn> SignIns::take(const std::string& token, Stage stage) {
  const Error gone(
      ErrorCode::not_found,
      "this sign-in has been used, its ten minutes are over, or the server was stopped while "
      "the provider was asked: begin it again");
  if (token.empty() || token.size() > 128) return gone;
  const std::string hash = hash_of(token);
  // Two who come with the same text take it one after the other.
  const KeyedLocks::Hold hold(locks_, hash);
  storage::SignInRow key;
  key.hash = hash;
  auto batch = uses_.commits.begin(storage::shard_of_sign_in(key));
  if (!batch) return batch.error();
  auto row = storage::SignInTable(uses_.store).find(hash);
  if (!row) return row.error();
  if (!*row || (*row)->ends <= uses_.clock.now()) return gone;
  auto sign_in = open(**row);
  if (!sign_in) return sign_in.error();
  if (sign_in->stage != stage) return gone;
  if (stage == Stage::state) {
    SignIn asked;
    asked.stage = Stage::asked;
    asked.project = sign_in->project;
    asked.user = sign_in->user;
    asked.integration = sign_in->integration;
    seal(asked, **row);
    storage::SignInTable::put(*batch, **row);
  } else {
    storage::SignInTable::remove(*batch, **row);
  }
  if (auto taken = uses_.commits.commit(std::move(*batch)); !taken) return taken.error();
  return sign_in;
}

Result<SignIn> SignIns::open(const storage::SignInRow& row) const {
  auto plain = uses_.sealer.unseal(row.sealed, row.place());
  if (!plain) return plain.error();
  const auto value = parse_json(*plain, limits::stored_depth_max);
  storage::wipe(*plain);
  if (!value) return Error(ErrorCode::corrupt_data, "a stored sign-in is no JSON");
  return sign_in_of(*value);
}

void SignIns::seal(const SignIn& sign_in, storage::SignInRow& row) const {
  std::string plain = to_text(to_json(sign_in));
  row.sealed = uses_.sealer.seal(plain, row.place());
  storage::wipe(plain);
}

void SignIns::forget(const std::string& token) {
  storage::SignInRow key;
  key.hash = hash_of(token);
  const KeyedLocks::Hold hold(locks_, key.hash);
  auto batch = uses_.commits.begin(storage::shard_of_sign_in(key));
  if (!batch) return;
  const auto row = storage::SignInTable(uses_.store).find(key.hash);
  if (!row || !*row) return;
  storage::SignInTable::remove(*batch, **row);
  ignore_result(uses_.commits.commit(std::move(*batch)), "it goes when its time is over");
}

void SignIns::end(const storage::WakeRow& wake) {
  const KeyedLocks::Hold hold(locks_, wake.target_key);
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return;  // its owner sees to it
  const auto row = storage::SignInTable(uses_.store).find(wake.target_key);
  if (!row) return;
  storage::WakeTable::remove(*batch, wake);
  const bool is_over = *row && (*row)->ends <= uses_.clock.now();
  if (is_over) storage::SignInTable::remove(*batch, **row);
  const auto removed = uses_.commits.commit(std::move(*batch));
  if (!removed || !is_over) return;  // it is woken again; or there is nothing to tell
  const auto sign_in = open(**row);
  if (!sign_in || sign_in->stage != Stage::asked) return;
  failed(*sign_in,
         Error(ErrorCode::authorization_failed,
               "the server was stopped while the provider was asked for the tokens: the user "
               "has to sign in again"));
}

SignIns::Failed SignIns::failed(const SignIn& sign_in, const Error& why) {
  EventLogEntry entry;
  entry.project = sign_in.project;
  entry.user = sign_in.user;
  entry.type = oauth_trigger_kind.type;
  entry.integration = sign_in.integration;
  uses_.events.note(entry, Error(why.code, "a sign-in has failed: " + why.message));
  if (uses_.log) {
    uses_.log(LogLevel::warning, "a sign-in of user " + sign_in.user.text + " of project " +
                                     sign_in.project.text + " at \"" + sign_in.integration +
                                     "\" failed: " + why.message);
  }
  return {std::string(wire_name(public_code(why.code))), why.message};
}

// --- stages ---------------------------------------------------------------------------------------

Result<SignIn> SignIns::sign_in_for(const Wish& wish, const Provider& provider) const {
  if (auto checked = check(wish, provider); !checked) return checked.error();
  auto inputs = check_inputs(provider.client(), wish.inputs);
  if (!inputs) return inputs.error();
  SignIn sign_in;
  sign_in.project = wish.project;
  sign_in.user = wish.user;
  sign_in.integration = wish.integration;
  sign_in.settings = wish.settings;
  sign_in.inputs = std::move(*inputs);
  sign_in.return_to = wish.return_to;
  sign_in.again = wish.again;
  sign_in.external_id = wish.external_id;
  sign_in.key = wish.key;
  sign_in.user_since = wish.user_since;
  return sign_in;
}

Result<std::string> SignIns::ticket(const Wish& wish) {
  const auto provider = provider_of(wish.project, wish.integration);
  if (!provider) return provider.error();
  const auto sign_in = sign_in_for(wish, *provider);
  if (!sign_in) return sign_in.error();
  // What it would fail for at once is better told here than to a user in a window.
  if (const auto values = provider->values(sign_in->inputs); !values) return values.error();
  return put(*sign_in, random_text());
}

Result<SignIns::Start> SignIns::start(const ProjectId& project, const std::string& integration,
                                      const std::string& ticket, const std::string& redirect_uri) {
  auto sign_in = take(ticket, Stage::ticket);
  if (!sign_in) return sign_in.error();
  if (sign_in->project != project || sign_in->integration != integration) {
    return Error(ErrorCode::not_found, "the ticket is for another sign-in");
  }
  const auto provider = provider_of(project, integration);
  if (!provider) return provider.error();
  return begin(std::move(*sign_in), *provider, redirect_uri);
}

Result<SignIns::Start> SignIns::start(const Wish& wish, const std::string& redirect_uri) {
  const auto provider = provider_of(wish.project, wish.integration);
  if (!provider) return provider.error();
  auto sign_in = sign_in_for(wish, *provider);
  if (!sign_in) return sign_in.error();
  return begin(std::move(*sign_in), *provider, redirect_uri);
}

Result<SignIns::Start> SignIns::begin(SignIn sign_in, const Provider& provider,
                                      const std::string& redirect_uri) {
  const auto values = provider.values(sign_in.inputs);
  if (!values) {
    if (uses_.log) {
      uses_.log(LogLevel::warning, "a sign-in for integration " + sign_in.integration +
                                       " of project " + sign_in.project.text +
                                       " cannot begin: " + values.error().message);
    }
    return values.error();
  }
  const std::string cookie = random_text();
  sign_in.stage = Stage::state;
  sign_in.redirect_uri = redirect_uri;
  sign_in.browser = hash_of(cookie);
  if (provider.client().has_pkce) sign_in.verifier = random_text();
  const std::string state = random_text();
  auto location = authorize_url(provider.client(), *values,
                                {redirect_uri, state, challenge_of(sign_in.verifier)});
  if (!location) return location.error();
  if (auto stored = put(sign_in, state); !stored) return stored.error();
  return Start{std::move(*location), cookie_name(state), cookie};
}

HttpOutcome SignIns::ask(HttpRequest request, const Redaction& sent, const SignIn& sign_in) {
  request.project = sign_in.project;
  request.user = sign_in.user;
  auto answer = std::make_shared<std::promise<HttpOutcome>>();
  auto arrives = answer->get_future();
  const auto call = uses_.http.call(
      std::move(request), [answer](HttpOutcome outcome) { answer->set_value(std::move(outcome)); });
  if (arrives.wait_for(patience) != std::future_status::ready) uses_.http.cancel(call);
  HttpOutcome outcome = arrives.get();
  return outcome ? std::move(outcome) : token_server_failure(outcome.error(), sent);
}

Result<SignIns::End> SignIns::callback(const Arrival& arrival) {
  auto sign_in = take(arrival.state, Stage::state);
  if (!sign_in) return sign_in.error();
  auto end = arrived(*sign_in, arrival);
  forget(arrival.state);
  return end;
}

Result<SignIns::End> SignIns::arrived(SignIn& sign_in, const Arrival& arrival) {
  if (!is_same(hash_of(arrival.cookie), sign_in.browser)) {
    return Error(ErrorCode::unauthorized,
                 "this sign-in was begun in another browser: begin it again in this one");
  }
  End end{sign_in.project, sign_in.integration, sign_in.return_to, {}, Connected()};
  const auto fail = [&](const Error& why) {
    end.result = failed(sign_in, why);
    return end;
  };
  const auto provider = provider_of(sign_in.project, sign_in.integration);
  if (!provider) return fail(provider.error());
  end.origins = provider->client().return_origins;
  if (!arrival.error.empty() || arrival.code.empty() || arrival.code.size() > code_bytes_max) {
    const std::string word = error_word(arrival.error);
    fail(Error(ErrorCode::authorization_failed, "the provider did not let the user in: " + word));
    end.result = Failed{word, "the provider did not let the user in"};
    return end;
  }
  auto completed = complete(sign_in, *provider, arrival.code);
  if (!completed) return fail(completed.error());
  if (auto* const choice = std::get_if<Choice>(&*completed)) {
    end.result = std::move(*choice);
  } else {
    end.result = std::get<Connected>(*completed);
  }
  return end;
}

Result<SignIns::Connected> SignIns::redeem(const Wish& wish, const std::string& code,
                                           const std::string& redirect_uri) {
  const auto provider = provider_of(wish.project, wish.integration);
  if (!provider) return provider.error();
  auto sign_in = sign_in_for(wish, *provider);
  if (!sign_in) return sign_in.error();
  if (code.empty() || code.size() > code_bytes_max || redirect_uri.size() > return_to_bytes_max) {
    return Error(ErrorCode::invalid_request, "the code or the redirect URL is empty or too long");
  }
  sign_in->redirect_uri = redirect_uri;
  auto completed = complete(*sign_in, *provider, code);
  if (!completed) return completed.error();
  if (const auto* const connected = std::get_if<Connected>(&*completed)) return *connected;
  return Error(ErrorCode::conflict,
               "the provider gives access to several accounts: let the user choose, in a sign-in");
}

Result<std::variant<SignIns::Connected, SignIns::Choice>> SignIns::complete(
    SignIn& sign_in, const Provider& provider, const std::string& code) {
  using Completed = std::variant<Connected, Choice>;
  struct Place {
    explicit Place(std::atomic<int>& count) : taken(count) { number = ++taken; }
    ~Place() { --taken; }
    std::atomic<int>& taken;
    int number = 0;
  } const place(callbacks_);
  if (place.number > callbacks_max) {
    return Error(ErrorCode::overloaded, "too many sign-ins wait for their providers");
  }
  const OAuthClient& client = provider.client();
  const auto values = provider.values(sign_in.inputs);
  if (!values) return values.error();
  HttpRequest exchange =
      token_request(client, *values, code_grant(code, sign_in.redirect_uri, sign_in.verifier));
  Redaction sent = secrets_of(exchange);
  const auto outcome = ask(std::move(exchange), sent, sign_in);
  if (!outcome) return outcome.error();
  auto read = read_token_answer(client, *outcome, sent);
  if (!read) return read.error();
  if (const auto* const refused = std::get_if<GrantRefused>(&*read)) {
    return Error(ErrorCode::authorization_failed,
                 "the provider does not take the code: " + refused->why);
  }
  TokenAnswer& answer = std::get<TokenAnswer>(*read);
  sign_in.fields = token_fields({}, answer.given, uses_.clock.now(), client.refresh_early);
  if (!sign_in.inputs.empty()) sign_in.fields["inputs"] = sign_in.inputs;
  sign_in.scopes = answer.scopes.empty() ? client.scopes : std::move(answer.scopes);
  sign_in.provider_id = std::move(answer.provider_id);
  sign_in.kept = std::move(answer.kept);
  if (!client.profile) {
    auto connected = connect(sign_in, {});
    if (!connected) return connected.error();
    return Completed(*connected);
  }
  HttpRequest looking = profile_request(*client.profile, *values, answer.given.access_token);
  sent.add_all(secrets_of(looking));
  const auto profile = ask(std::move(looking), sent, sign_in);
  if (!profile) return profile.error();
  auto choices = read_profile(*client.profile, *profile, sent);
  if (!choices) return choices.error();
  if (choices->size() == 1) {
    auto connected = connect(sign_in, choices->front());
    if (!connected) return connected.error();
    return Completed(*connected);
  }
  sign_in.stage = Stage::choice;
  sign_in.choices = std::move(*choices);
  const std::string token = random_text();
  if (auto stored = put(sign_in, token); !stored) return stored.error();
  return Completed(Choice{token, sign_in.choices});
}

Result<SignIns::End> SignIns::choose(const std::string& token, std::size_t choice,
                                     const std::string& cookie) {
  auto sign_in = take(token, Stage::choice);
  if (!sign_in) return sign_in.error();
  if (!is_same(hash_of(cookie), sign_in->browser)) {
    return Error(ErrorCode::unauthorized,
                 "this sign-in was begun in another browser: begin it again in this one");
  }
  if (choice >= sign_in->choices.size()) {
    return Error(ErrorCode::invalid_request, "there is no such account to choose");
  }
  End end{sign_in->project, sign_in->integration, sign_in->return_to, {}, Connected()};
  if (const auto provider = provider_of(sign_in->project, sign_in->integration)) {
    end.origins = provider->client().return_origins;
  }
  auto connected = connect(*sign_in, sign_in->choices[choice]);
  if (connected) {
    end.result = *connected;
  } else {
    end.result = failed(*sign_in, connected.error());
  }
  return end;
}

Result<SignIns::Connected> SignIns::connect(const SignIn& sign_in, const ProfileChoice& choice) {
  CredentialRegistry::Connection connection;
  connection.fields = sign_in.fields;
  connection.provider_id = choice.provider_id.empty() ? sign_in.provider_id : choice.provider_id;
  connection.settings = sign_in.settings;
  connection.scopes = sign_in.scopes;
  JsonObject kept = sign_in.kept;
  for (const auto& member : choice.kept) kept[member.key()] = member.value();
  connection.provider_data = std::move(kept);
  connection.external_id = sign_in.external_id;
  connection.sign_in_key = sign_in.key;
  connection.user_since = sign_in.user_since;
  if (!sign_in.again.empty()) {
    const auto again =
        uses_.credentials.find(sign_in.project, sign_in.user, sign_in.integration, sign_in.again);
    if (!again) return again.error();
    if (*again != nullptr) connection.again = (*again)->id;
  }
  auto connected =
      uses_.credentials.connect(sign_in.project, sign_in.user, sign_in.integration, connection);
  if (!connected) return connected.error();
  return Connected{(*connected)->id};
}

void SignIns::revoke(const ProjectId& project, const Credential& account) {
  const auto provider = provider_of(project, account.integration);
  if (!provider || !provider->client().revoke_url) return;
  const Json* const token = account.fields.contains("refreshToken")
                                ? account.fields.if_contains("refreshToken")
                                : account.fields.if_contains("accessToken");
  if (token == nullptr || !token->is_string()) return;
  const Json* const inputs = account.fields.if_contains("inputs");
  const auto values = provider->values(
      inputs != nullptr && inputs->is_object() ? inputs->get_object() : JsonObject());
  if (!values) return;
  HttpRequest request =
      revoke_request(provider->client(), *values, std::string(token->get_string()));
  request.project = project;
  request.user = account.user;
  const std::string name = "the tokens of account " + account.id + " of project " + project.text;
  uses_.http.call(std::move(request), [log = uses_.log, name](const HttpOutcome& outcome) {
    if (!log || (outcome && outcome->status / 100 == 2)) return;
    log(LogLevel::warning, name + " were not revoked: " +
                               (outcome ? "status " + std::to_string(outcome->status)
                                        : std::string(wire_name(outcome.error().code))));
  });
}

}  // namespace millrace
