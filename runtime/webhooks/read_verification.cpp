#include "runtime/webhooks/read_verification.h"

#include "runtime/text/header_text.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

enum class Type : std::uint8_t { hmac, signature, basic, value, jwt, code };

constexpr std::array<Choice<Type>, 6> types{{{"hmac", Type::hmac},
                                             {"signature", Type::signature},
                                             {"basic", Type::basic},
                                             {"value", Type::value},
                                             {"jwt", Type::jwt},
                                             {"code", Type::code}}};
constexpr std::array<Choice<HashAlgorithm>, 3> algorithms{{{"sha1", HashAlgorithm::sha1},
                                                           {"sha256", HashAlgorithm::sha256},
                                                           {"sha512", HashAlgorithm::sha512}}};
constexpr std::array<Choice<SignatureCheck::Encoding>, 2> encodings{
    {{"hex", SignatureCheck::Encoding::hex}, {"base64", SignatureCheck::Encoding::base64}}};
constexpr std::array<Choice<bool>, 2> secret_encodings{{{"text", false}, {"base64", true}}};
constexpr std::array<Choice<bool>, 2> units{{{"s", false}, {"ms", true}}};
constexpr std::array<std::string_view, 2> public_algorithms{"RS256", "ES256"};

constexpr std::array<Choice<DeliveryPath::Part>, 4> parts{{{"event", DeliveryPath::Part::event},
                                                           {"headers", DeliveryPath::Part::headers},
                                                           {"query", DeliveryPath::Part::query},
                                                           {"body", DeliveryPath::Part::body}}};

/// The one key of the reference; null if it is longer, or an index.
const std::string* only_key(const Reference& reference) {
  return reference.path.size() == 1 ? std::get_if<std::string>(&reference.path.front()) : nullptr;
}

/// A text of secrets: the project's, and the subscription's.
SecretText read_secret(ObjectReader& json, std::string_view key) {
  if (!json.required_text(key)) return {};
  Template text = json.any(key, nullptr);
  text.visit_references([&](Reference& reference, const std::string&) {
    const std::string* const name = only_key(reference);
    if (reference.root == Reference::Root::step && reference.name == "subscription" &&
        name != nullptr && *name == "secret") {
      reference.root = Reference::Root::secrets;
      reference.path = {std::string(subscription_secret_name)};
    } else if (reference.root != Reference::Root::secrets || name == nullptr) {
      json.report(key, "a delivery is verified before there is a run: only secrets are known",
                  "`{{secrets.KEY}}` or `{{subscription.secret}}`", reference.text);
    }
  });
  return secret_text_of(std::move(text));
}

std::string read_header(ObjectReader& json) {
  const auto name = json.required_constant_text("header").value_or("");
  if (!name.empty() && !is_header_name(name)) {
    json.report("header", "this is no name of a header", "letters, digits and `-`", name);
  }
  return lower_case(name);
}

void read_basics(ObjectReader& json, SignatureCheck& check) {
  check.algorithm =
      json.choice<HashAlgorithm>("algorithm", algorithms).value_or(HashAlgorithm::sha256);
  check.encoding = json.choice<SignatureCheck::Encoding>("encoding", encodings)
                       .value_or(SignatureCheck::Encoding::hex);
  check.header = read_header(json);
  check.secret = read_secret(json, "secret");
  check.is_secret_base64 = json.choice<bool>("secretEncoding", secret_encodings).value_or(false);
}

SignatureCheck read_hmac(ObjectReader& json) {
  SignatureCheck check;
  read_basics(json, check);
  check.format.signature_prefix = json.constant_text("prefix").value_or("");
  check.signed_text.pieces = {{SignedText::Part::body, {}}};
  return check;
}

std::optional<SignatureCheck::Timestamp> read_timestamp(ObjectReader& json,
                                                        const SignatureFormat& format) {
  SignatureCheck::Timestamp timestamp;
  const Json* const given = json.find("timestamp");
  if (given == nullptr) {
    if (!format.has_timestamp) return std::nullopt;
    return timestamp;
  }
  ObjectReader inner(*given, json.pointer_to("timestamp"), "", json.findings());
  if (!given->is_object()) return std::nullopt;
  if (inner.find("header") != nullptr || !format.has_timestamp)
    timestamp.header = read_header(inner);
  timestamp.is_in_milliseconds = inner.choice<bool>("unit", units).value_or(false);
  timestamp.tolerance =
      inner.duration("tolerance", limits::delivery_tolerance_max).value_or(timestamp.tolerance);
  inner.finish();
  return timestamp;
}

SignatureCheck read_signature(ObjectReader& json) {
  SignatureCheck check;
  read_basics(json, check);
  auto format = parse_signature_format(json.constant_text("format").value_or("{signature}"));
  if (format) {
    check.format = std::move(*format);
  } else {
    json.report("format", format.error().message);
  }
  auto signed_text = parse_signed_text(json.constant_text("signed").value_or("{body}"));
  if (!signed_text) {
    json.report("signed", signed_text.error().message);
    return check;
  }
  check.signed_text = std::move(*signed_text);
  check.timestamp = read_timestamp(json, check.format);
  if (!check.signed_text.has(SignedText::Part::body) &&
      !check.signed_text.has(SignedText::Part::url)) {
    json.report("signed", "a signature that does not cover the `{body}` proves nothing about it");
  }
  const bool is_named = check.signed_text.has(SignedText::Part::timestamp);
  if (is_named && !check.timestamp) {
    json.report("timestamp", "`signed` names `{timestamp}`: where does it stand?",
                "{\"header\": …}, or `{timestamp}` in the `format`");
  }
  if (!is_named && check.timestamp && check.timestamp->header.empty()) {
    json.report("signed", "a `{timestamp}` that is not signed can be changed by anybody");
  }
  return check;
}

/// The algorithms of tokens that a published key signs: all that there are, if the definition names none.
std::vector<std::string> read_public_algorithms(ObjectReader& json) {
  std::vector<std::string> known(public_algorithms.begin(), public_algorithms.end());
  const JsonArray* const list = json.array("algorithms");
  if (list == nullptr) return known;
  std::vector<std::string> chosen;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& each = (*list)[i];
    const std::string name = each.is_string() ? std::string(each.get_string()) : std::string();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      json.report_mismatch(json.pointer_to("algorithms") + '/' + std::to_string(i),
                           "one of " + list_names(known), each);
    }
    chosen.push_back(name);
  }
  if (chosen.empty()) json.report("algorithms", "with none, no token is right", list_names(known));
  return chosen;
}

/// Keys that anybody on the way could replace prove nothing.
bool may_hold_keys(const std::string& url) {
  for (const std::string_view prefix : {"https://", "http://127.0.0.1:", "http://127.0.0.1/",
                                        "http://localhost:", "http://localhost/"}) {
    if (url.starts_with(prefix) && url.size() > prefix.size()) return true;
  }
  return false;
}

TokenCheck read_token(ObjectReader& json) {
  TokenCheck check;
  if (json.find("header") != nullptr) check.header = read_header(json);
  check.issuer = json.constant_text("issuer").value_or("");
  check.audience = json.constant_text("audience").value_or("");
  if (json.find("jwks") == nullptr) {
    constexpr std::array<Choice<int>, 1> shared{{{"HS256", 256}}};
    json.choice<int>("algorithm", shared);
    check.secret = read_secret(json, "secret");
    return check;
  }
  check.jwks = json.required_constant_text("jwks").value_or("");
  if (!check.jwks.empty() && !may_hold_keys(check.jwks)) {
    json.report("jwks", "the provider's public keys are fetched over https",
                "such as https://provider.example/.well-known/jwks.json", check.jwks);
  }
  check.algorithms = read_public_algorithms(json);
  if (check.audience.empty() && check.issuer.empty()) {
    json.report("audience",
                "the provider signs for many with these keys: `audience` or `issuer` says which "
                "tokens are meant for this webhook");
  }
  return check;
}

CodeCheck read_code(ObjectReader& json) {
  CodeCheck check;
  check.code = json.required_text("code").value_or("");
  if (check.code.size() > limits::function_code_bytes_max) {
    json.report("code",
                "code has at most " + std::to_string(limits::function_code_bytes_max) + " bytes");
  }
  const Json* const given = json.find("secrets");
  if (given == nullptr) return check;
  ObjectReader secrets(*given, json.pointer_to("secrets"), "", json.findings());
  if (!given->is_object()) return check;
  for (const auto& member : given->get_object()) {
    std::string name(member.key());
    check.secrets.emplace_back(name, read_secret(secrets, name));
  }
  return check;
}

ValueCheck read_value(ObjectReader& json) {
  ValueCheck check;
  json.require("in", "where the value is, such as `headers.x-token`");
  if (auto path = read_delivery_path(json, "in")) check.in = std::move(*path);
  check.secret = read_secret(json, "secret");
  return check;
}

Verification read_type(ObjectReader& json, Type type) {
  switch (type) {
    case Type::hmac:
      return read_hmac(json);
    case Type::signature:
      return read_signature(json);
    case Type::basic:
      return BasicCheck{read_secret(json, "username"), read_secret(json, "password")};
    case Type::value:
      return read_value(json);
    case Type::jwt:
      return read_token(json);
    case Type::code:
      return read_code(json);
  }
  return {};
}

}  // namespace

Verification read_verification(ObjectReader& webhook) {
  const Json* const given = webhook.find("verify");
  if (given == nullptr) return {};
  ObjectReader json(*given, webhook.pointer_to("verify"), "", webhook.findings());
  if (!given->is_object()) return {};
  json.require("type", "how a delivery proves where it comes from");
  const auto type = json.choice<Type>("type", types);
  if (!type) return {};
  Verification verification = read_type(json, *type);
  json.finish();
  return verification;
}

std::vector<std::string> secrets_of(const Verification& verification) {
  std::vector<std::string> names;
  const auto add = [&](const SecretText& text) {
    names.insert(names.end(), text.secrets.begin(), text.secrets.end());
  };
  if (const auto* const signature = std::get_if<SignatureCheck>(&verification)) {
    add(signature->secret);
  } else if (const auto* const basic = std::get_if<BasicCheck>(&verification)) {
    add(basic->username);
    add(basic->password);
  } else if (const auto* const value = std::get_if<ValueCheck>(&verification)) {
    add(value->secret);
  } else if (const auto* const token = std::get_if<TokenCheck>(&verification)) {
    add(token->secret);
  } else if (const auto* const code = std::get_if<CodeCheck>(&verification)) {
    for (const auto& [name, secret] : code->secrets) add(secret);
  }
  return names;
}

std::optional<DeliveryPath> parse_delivery_path(const std::string& text) {
  auto reference = parse_reference(text);
  if (!reference || reference->root != Reference::Root::step) return std::nullopt;
  for (const auto& part : parts) {
    if (part.name != reference->name) continue;
    DeliveryPath path{part.value, std::move(reference->path)};
    if (path.part == DeliveryPath::Part::headers && !path.path.empty()) {
      if (auto* const name = std::get_if<std::string>(&path.path.front()))
        *name = lower_case(*name);
    }
    return path;
  }
  return std::nullopt;
}

std::optional<DeliveryPath> read_delivery_path(ObjectReader& json, std::string_view key) {
  const auto text = json.constant_text(key);
  if (!text) return std::nullopt;
  auto path = parse_delivery_path(*text);
  if (path) return path;
  std::vector<std::string> names;
  for (const auto& part : parts) names.emplace_back(part.name);
  const std::string first = text->substr(0, text->find_first_of(".["));
  const std::string nearest = nearest_name(first, names);
  json.report(key, "a path into the delivery begins with " + list_names(names),
              "such as `body.account_id` or `headers.x-delivery`", *text,
              nearest == first ? std::string() : nearest);
  return std::nullopt;
}

}  // namespace millrace
