#include "runtime/webhooks/read_verification.h"

#include "runtime/text/header_text.h"
#include "runtime/text/nearest_name.h"

#include <array>
#include <utility>

namespace millrace {
namespace {

enum class Type : std::uint8_t { hmac, signature, basic, value, jwt, custom };

constexpr std::array<Choice<Type>, 6> types{{{"hmac", Type::hmac},
                                             {"signature", Type::signature},
                                             {"basic", Type::basic},
                                             {"value", Type::value},
                                             {"jwt", Type::jwt},
                                             {"custom", Type::custom}}};
constexpr std::array<Choice<HashAlgorithm>, 3> algorithms{{{"sha1", HashAlgorithm::sha1},
                                                           {"sha256", HashAlgorithm::sha256},
                                                           {"sha512", HashAlgorithm::sha512}}};
constexpr std::array<Choice<SignatureCheck::Encoding>, 2> encodings{
    {{"hex", SignatureCheck::Encoding::hex}, {"base64", SignatureCheck::Encoding::base64}}};
constexpr std::array<Choice<bool>, 2> secret_encodings{{{"text", false}, {"base64", true}}};
constexpr std::array<Choice<bool>, 2> units{{{"s", false}, {"ms", true}}};
constexpr std::array<Choice<int>, 1> token_algorithms{{{"HS256", 256}}};

constexpr std::array<Choice<DeliveryPath::Part>, 4> parts{{{"event", DeliveryPath::Part::event},
                                                           {"headers", DeliveryPath::Part::headers},
                                                           {"query", DeliveryPath::Part::query},
                                                           {"body", DeliveryPath::Part::body}}};

/// A text of the project's secrets.
SecretText read_secret(ObjectReader& json, std::string_view key) {
  if (!json.required_text(key)) return {};
  Template text = json.any(key, nullptr);
  text.visit_references([&](const Reference& reference, const std::string&) {
    if (reference.root == Reference::Root::step && reference.name == "subscription") {
      json.report(key, "subscriptions are not made yet: keep the secret as one of the project's",
                  "`{{secrets.KEY}}`", reference.text);
    } else if (reference.root != Reference::Root::secrets || reference.path.size() != 1 ||
               !std::holds_alternative<std::string>(reference.path.front())) {
      json.report(key, "a delivery is verified before there is a run: only secrets are known",
                  "`{{secrets.KEY}}`", reference.text);
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

TokenCheck read_token(ObjectReader& json) {
  TokenCheck check;
  json.choice<int>("algorithm", token_algorithms);
  if (json.find("header") != nullptr) check.header = read_header(json);
  check.secret = read_secret(json, "secret");
  check.issuer = json.constant_text("issuer").value_or("");
  check.audience = json.constant_text("audience").value_or("");
  json.refuse("jwks", "keys of a JWKS are not fetched yet: HS256 with a secret is supported");
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
    case Type::custom:
      json.report("type", "verification by code is not supported yet", "`hmac` or `signature`",
                  "custom");
      json.find("code");
      json.find("codeFile");
      return {};
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
