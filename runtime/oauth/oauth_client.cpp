#include "runtime/oauth/oauth_client.h"

#include "runtime/oauth/input_pattern.h"
#include "runtime/oauth/token_fields.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

using Root = Reference::Root;
using Path = std::vector<PathSegment>;

constexpr std::size_t list_entries_max = 100;
constexpr Millis early_max{86'400'000};
/// One label of a host: nothing that leads elsewhere.
constexpr std::string_view pattern_otherwise = "[A-Za-z0-9-]+";

constexpr std::array<Choice<OAuthClient::TokenAuth>, 2> token_auths{
    {{"basic", OAuthClient::TokenAuth::basic}, {"body", OAuthClient::TokenAuth::body}}};
constexpr std::array<Choice<OAuthClient::TokenBody>, 2> token_bodies{
    {{"form", OAuthClient::TokenBody::form}, {"json", OAuthClient::TokenBody::json}}};
constexpr std::array<Choice<bool>, 2> pkce_words{{{"S256", true}, {"none", false}}};

class ClientReader {
 public:
  ClientReader(ObjectReader& json, OAuthClient& client) : json_(json), client_(client) {}

  void read() {
    read_inputs();
    client_.authorize_url = url(json_, "authorizeUrl");
    client_.token_url = url(json_, "tokenUrl");
    client_.client_id = text(json_, "clientId");
    client_.client_secret = text(json_, "clientSecret");
    client_.scopes = texts("scopes");
    client_.scope_separator = json_.constant_text("scopeSeparator").value_or(" ");
    read_params();
    client_.has_pkce = read_pkce();
    using TokenAuth = OAuthClient::TokenAuth;
    using TokenBody = OAuthClient::TokenBody;
    client_.token_auth =
        json_.choice<TokenAuth>("tokenAuth", token_auths).value_or(TokenAuth::body);
    client_.token_body =
        json_.choice<TokenBody>("tokenBody", token_bodies).value_or(TokenBody::form);
    read_token();
    read_profile();
    read_refresh();
    read_revoke();
    read_origins();
  }

 private:
  /// The object under a key, or null; a finding if it is something else.
  const JsonObject* object(ObjectReader& json, std::string_view key) {
    const Json* const value = json.find(key);
    if (value == nullptr) return nullptr;
    if (!value->is_object()) {
      json.report_mismatch(json.pointer_to(key), "an object", *value);
      return nullptr;
    }
    return &value->get_object();
  }

  void link(Template& text, ObjectReader& json, std::string_view key) {
    text.visit_references([&](Reference& reference, const std::string&) {
      const auto* const name =
          reference.path.size() == 1 ? std::get_if<std::string>(&reference.path.front()) : nullptr;
      if (reference.root == Root::secrets && name != nullptr) {
        client_.secrets.push_back(*name);
        return;
      }
      if (reference.root == Root::step && reference.name == "inputs" && name != nullptr) {
        std::vector<std::string> known;
        for (const auto& input : client_.inputs) known.push_back(input.name);
        if (std::find(known.begin(), known.end(), *name) == known.end()) {
          json.report(key, "there is no input `" + *name + "`", list_names(known), *name,
                      nearest_name(*name, known));
        }
        return;
      }
      json.report(key, "only `inputs` and `secrets` are known before an account is connected", {},
                  reference.text);
    });
  }

  Template text(ObjectReader& json, std::string_view key) {
    if (!json.required_text(key)) return {};
    Template text = json.any(key, "");
    link(text, json, key);
    return text;
  }

  Template url(ObjectReader& json, std::string_view key) {
    const auto written = json.required_text(key);
    if (!written) return {};
    // What is no URL at all is told to whoever signs in: definitions of before may hold such.
    const std::string start = lower_case(std::string_view(*written).substr(0, 8));
    const bool has_scheme = written->find("://") != std::string::npos;
    if (has_scheme && !start.starts_with("http://") && start != "https://") {
      json.report(key, "a URL begins with https:// or http://", {}, *written);
    }
    Template text = json.any(key, "");
    link(text, json, key);
    return text;
  }

  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> all;
    const Json* const value = json_.find(key);
    if (value == nullptr) return all;
    if (value->is_string()) {
      if (!value->get_string().empty()) all.emplace_back(value->get_string());
      return all;
    }
    const auto* const list = value->if_array();
    const bool fits =
        list != nullptr && list->size() <= list_entries_max &&
        std::all_of(list->begin(), list->end(), [](const Json& each) { return each.is_string(); });
    if (!fits) {
      json_.report_mismatch(json_.pointer_to(key), "an array of strings", *value);
      return all;
    }
    for (const Json& each : *list) all.emplace_back(each.get_string());
    return all;
  }

  void read_inputs() {
    const JsonObject* const inputs = object(json_, "inputs");
    if (inputs == nullptr) return;
    if (inputs->size() > list_entries_max) {
      json_.report("inputs", "there are at most " + std::to_string(list_entries_max));
      return;
    }
    ObjectReader list(*json_.find("inputs"), json_.pointer_to("inputs"), "", json_.findings());
    for (const auto& member : *inputs) {
      ObjectReader json(member.value(), list.pointer_to(member.key()), "", json_.findings());
      OAuthClient::Input input;
      input.name = member.key();
      if (member.value().is_object()) {
        json.text("title");
        json.text("description");
        input.otherwise = json.constant_text("default").value_or("");
        input.pattern = json.text("pattern").value_or(std::string(pattern_otherwise));
        if (const auto why = why_no_pattern(input.pattern)) {
          json.report("pattern", "the pattern cannot be used: " + *why, {}, input.pattern);
          input.pattern = pattern_otherwise;
        } else if (!input.otherwise.empty() && !matches_pattern(input.pattern, input.otherwise)) {
          json.report("default", "it does not fit the pattern", input.pattern, input.otherwise);
        }
        json.finish();
      }
      client_.inputs.push_back(std::move(input));
    }
  }

  void read_params() {
    const JsonObject* const params = object(json_, "authorizeParams");
    if (params == nullptr) return;
    ObjectReader json(*json_.find("authorizeParams"), json_.pointer_to("authorizeParams"), "",
                      json_.findings());
    for (const auto& member : *params) {
      const std::string key(member.key());
      client_.authorize_params.emplace_back(key, text(json, key));
    }
  }

  bool read_pkce() {
    const Json* const value = json_.find("pkce");
    if (value != nullptr && value->is_bool()) return value->get_bool();
    return json_.choice<bool>("pkce", pkce_words).value_or(true);
  }

  /// `otherwise` empty: absent is an empty path.
  Path path(ObjectReader& json, std::string_view key, std::string_view otherwise) {
    const std::string written = json.constant_text(key).value_or(std::string(otherwise));
    if (written.empty()) return {};
    auto reference = parse_reference("answer." + written);
    if (!reference) {
      json.report(key, "this is no path into an answer", "such as `access_token`", written);
      return {};
    }
    return std::move(reference->path);
  }

  std::vector<KeptField> kept(ObjectReader& json) {
    std::vector<KeptField> fields;
    const JsonObject* const keep = object(json, "keep");
    if (keep == nullptr) return fields;
    ObjectReader inner(*json.find("keep"), json.pointer_to("keep"), "", json.findings());
    for (const auto& member : *keep) {
      const std::string name(member.key());
      fields.push_back({name, path(inner, name, "")});
    }
    return fields;
  }

  void read_token() {
    static const Json nothing = JsonObject();
    const Json* const value = json_.find("token");
    ObjectReader json(value == nullptr ? nothing : *value, json_.pointer_to("token"), "",
                      json_.findings());
    client_.access_token = path(json, "accessToken", "access_token");
    client_.refresh_token = path(json, "refreshToken", "refresh_token");
    client_.expires_in = path(json, "expiresIn", "expires_in");
    client_.provider_id = path(json, "providerId", "");
    client_.keep = kept(json);
    json.finish();
  }

  void read_profile() {
    const Json* const value = json_.find("profile");
    if (value == nullptr) return;
    ObjectReader json(*value, json_.pointer_to("profile"), "", json_.findings());
    OAuthClient::Profile profile;
    profile.url = url(json, "url");
    if (const auto choose = json.constant_text("choose")) {
      auto reference = parse_reference(*choose);
      const bool is_response =
          reference && reference->root == Root::step && reference->name == "response";
      if (is_response) {
        profile.choose = std::move(reference->path);
      } else {
        json.report("choose", "it says where the list is in the answer", "such as `response.body`",
                    *choose);
      }
    }
    profile.provider_id = path(json, "providerId", "");
    profile.name = path(json, "name", "name");
    profile.keep = kept(json);
    json.finish();
    client_.profile = std::move(profile);
  }

  void read_refresh() {
    client_.refresh_early = refresh_early_default;
    const Json* const value = json_.find("refresh");
    if (value == nullptr) return;
    ObjectReader json(*value, json_.pointer_to("refresh"), "", json_.findings());
    client_.refresh_early = json.duration("early", early_max).value_or(refresh_early_default);
    if (const JsonArray* const on = json.array("on")) {
      if (*on != JsonArray{401}) {
        json.report("on", "a token is refreshed when a peer answers 401, and with no other status",
                    "[401]");
      }
    }
    json.finish();
  }

  void read_revoke() {
    const Json* const value = json_.find("revoke");
    if (value == nullptr) return;
    ObjectReader json(*value, json_.pointer_to("revoke"), "", json_.findings());
    client_.revoke_url = url(json, "url");
    json.finish();
  }

  void read_origins() {
    for (const std::string& origin : texts("returnTo")) {
      std::string plain = origin_of_page(origin);
      if (plain.empty() || plain != lower_case(origin)) {
        json_.report("returnTo",
                     "an origin is a scheme, a host and, if it is not the usual one, a port",
                     "such as `https://app.example.com`", origin);
        continue;
      }
      client_.return_origins.push_back(std::move(plain));
    }
  }

  ObjectReader& json_;
  OAuthClient& client_;
};

class ValueScope final : public Scope {
 public:
  explicit ValueScope(const OAuthValues& values)
      : inputs_(values.inputs), secrets_(values.secrets) {}
  const Json& root_value(const Reference& reference) const override {
    return reference.root == Reference::Root::secrets ? secrets_ : inputs_;
  }

 private:
  const Json inputs_;
  const Json secrets_;
};

}  // namespace

std::vector<std::string> OAuthClient::kept_names() const {
  std::vector<std::string> names;
  for (const auto& field : keep) names.push_back(field.name);
  if (profile) {
    for (const auto& field : profile->keep) names.push_back(field.name);
  }
  return names;
}

std::shared_ptr<OAuthClient> read_oauth_client(ObjectReader& json) {
  auto client = std::make_shared<OAuthClient>();
  ClientReader(json, *client).read();
  return client;
}

Result<JsonObject> check_inputs(const OAuthClient& client, const JsonObject& given) {
  JsonObject inputs;
  Findings findings;
  std::vector<std::string> known;
  for (const auto& input : client.inputs) {
    known.push_back(input.name);
    const std::string pointer = "/inputs/" + pointer_token(input.name);
    const Json* const value = given.if_contains(input.name);
    const bool is_text = value != nullptr && value->is_string();
    if (value != nullptr && !is_text) {
      findings.push_back(
          finding_at("", pointer, "must be a string", "string", std::string(kind_name(*value))));
      continue;
    }
    std::string text = is_text ? std::string(value->get_string()) : input.otherwise;
    if (text.empty()) {
      findings.push_back(finding_at("", pointer, "the input is missing", input.pattern));
    } else if (!matches_pattern(input.pattern, text)) {
      findings.push_back(
          finding_at("", pointer, "the input does not fit its pattern", input.pattern, text));
    } else {
      inputs[input.name] = std::move(text);
    }
  }
  for (const auto& member : given) {
    if (std::find(known.begin(), known.end(), member.key()) != known.end()) continue;
    findings.push_back(finding_at("", "/inputs/" + pointer_token(member.key()),
                                  "this is not known here", {}, {},
                                  nearest_name(std::string(member.key()), known)));
  }
  if (findings.empty()) return inputs;
  return Error(ErrorCode::invalid_request, "the inputs do not fit the integration: see the details",
               findings.take());
}

std::string origin_of_page(std::string_view url) {
  constexpr std::string_view separator = "://";
  const auto colon = url.find(separator);
  if (colon == std::string_view::npos) return {};
  const std::string scheme = lower_case(url.substr(0, colon));
  if (scheme != "https" && scheme != "http") return {};
  std::string_view authority = url.substr(colon + separator.size());
  authority = authority.substr(0, authority.find_first_of("/?#"));
  std::string plain = lower_case(authority);
  const std::string usual = scheme == "https" ? ":443" : ":80";
  if (plain.ends_with(usual)) plain.resize(plain.size() - usual.size());
  const bool is_plain = !plain.empty() && std::all_of(plain.begin(), plain.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
  });
  return is_plain ? scheme + "://" + plain : std::string();
}

Result<OAuthValues> oauth_values(
    const OAuthClient& client, JsonObject inputs,
    const std::function<Result<std::string>(const std::string& name)>& secret) {
  OAuthValues values{std::move(inputs), {}};
  for (const std::string& name : client.secrets) {
    auto plain = secret(name);
    if (!plain) return plain.error();
    values.secrets[name] = std::move(*plain);
  }
  return values;
}

std::string rendered_text(const Template& text, const OAuthValues& values) {
  const Json value = text.render(ValueScope(values));
  if (value.is_string()) return std::string(value.get_string());
  return value.is_null() ? std::string() : to_text(value);
}

}  // namespace millrace
