#include "runtime/integrations/check_settings.h"

#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace millrace {
namespace {

bool has_space(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

/// One `@` with something around it; whether mail arrives nobody can tell from the text.
bool is_email(std::string_view text) {
  const auto at = text.find('@');
  return at != 0 && at != std::string_view::npos && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos && !has_space(text);
}

bool is_url(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    return !rest.empty() && rest.find_first_of("/?#:@") != 0 && !has_space(rest);
  }
  return false;
}

std::string list_of(const std::vector<Json>& choices) {
  std::string list;
  for (const Json& choice : choices) {
    if (!list.empty()) list += ", ";
    list += to_text(choice);
  }
  return list;
}

bool is_filled(const Json* value) {
  return value != nullptr && !value->is_null() &&
         !(value->is_string() && value->get_string().empty());
}

/// No two fields in one place of what goes to the provider: `address` and `address.city` cannot both be there.
void check_targets(const Setting& setting, const JsonObject& given, const std::string& path,
                   Findings& findings) {
  std::map<std::string_view, std::string_view> own_of;  // by the provider's name
  const auto refuse = [&](std::string_view own, std::string_view other) {
    findings.push_back(finding_at("", path + '/' + pointer_token(own),
                                  "the setting `" + setting.id + "` maps `" + std::string(other) +
                                      "` to the same place, or around it",
                                  "a field of its own", "one that is taken"));
  };
  for (const auto& [own, target] : given) {
    if (!is_filled(&target) || !target.is_string()) continue;
    const auto [taken, is_new] = own_of.emplace(target.get_string(), own);
    if (!is_new) refuse(own, taken->second);
  }
  for (const auto& [target, own] : own_of) {
    for (auto dot = target.find('.'); dot != std::string_view::npos;
         dot = target.find('.', dot + 1)) {
      const auto around = own_of.find(target.substr(0, dot));
      if (around != own_of.end()) refuse(own, around->second);
    }
  }
}

/// The provider's fields in a mapping: texts under fields that are declared, those that are required among them.
void check_mapping(const Setting& setting, const JsonObject& given, const std::string& path,
                   Findings& findings) {
  std::vector<std::string> names;
  for (const MappedField& field : setting.fields) names.push_back(field.id);
  for (const auto& [own, at_provider] : given) {
    const std::string place = path + '/' + pointer_token(own);
    if (!at_provider.is_string() && !at_provider.is_null()) {
      findings.push_back(finding_at("", place, "a field is mapped to the name of another",
                                    "a string", std::string(kind_name(at_provider))));
    }
    const bool is_known =
        names.empty() || std::find(names.begin(), names.end(), own) != names.end();
    if (is_known) continue;
    findings.push_back(finding_at("", place, "the setting `" + setting.id + "` maps no such field",
                                  "a declared field", std::string(own),
                                  nearest_name(std::string(own), names)));
  }
  check_targets(setting, given, path, findings);
  for (const MappedField& field : setting.fields) {
    const Json* const mapped = given.if_contains(field.id);
    if (!field.is_required || is_filled(mapped)) continue;
    findings.push_back(finding_at("", path + '/' + pointer_token(field.id),
                                  "the field `" + field.id + "` has to be mapped",
                                  "the name of a field", "nothing"));
  }
}

}  // namespace

std::string unmet_expectation(const Setting& setting, const Json& value) {
  const auto* const text = value.if_string();
  const auto is_text = [&](bool (*fits)(std::string_view)) {
    return text != nullptr && (text->empty() || fits(std::string_view(*text)));
  };
  if (setting.type == "number") return value.is_number() ? "" : "a number";
  if (setting.type == "boolean") return value.is_bool() ? "" : "true or false";
  if (setting.type == "email") return is_text(is_email) ? "" : "an e-mail address";
  if (setting.type == "url") return is_text(is_url) ? "" : "an http or https URL";
  if (setting.type == "mapping") return value.is_object() ? "" : "an object";
  if (setting.type == "field") return text != nullptr || value.is_object() ? "" : "a string";
  if (setting.type == "enum") {
    const auto& choices = setting.choices;
    const bool is_one = std::find(choices.begin(), choices.end(), value) != choices.end();
    return choices.empty() || is_one ? "" : "one of " + list_of(choices);
  }
  return text != nullptr ? "" : "a string";
}

void check_settings(const std::vector<Setting>& declared, const JsonObject& given,
                    const std::string& path, Findings& findings) {
  std::vector<std::string> names;
  for (const Setting& setting : declared) names.push_back(setting.id);
  for (const auto& member : given) {
    const std::string place = path + '/' + pointer_token(member.key());
    const auto setting = std::find_if(declared.begin(), declared.end(),
                                      [&](const Setting& each) { return each.id == member.key(); });
    if (setting == declared.end()) {
      const std::string nearest = nearest_name(member.key(), names);
      if (nearest.empty()) continue;
      findings.push_back(finding_at("", place, "no setting of this name is declared",
                                    "a declared setting", std::string(member.key()), nearest));
    } else if (!member.value().is_null()) {
      std::string expected = unmet_expectation(*setting, member.value());
      if (expected.empty() && setting->type == "mapping") {
        check_mapping(*setting, member.value().get_object(), place, findings);
      }
      if (expected.empty()) continue;
      findings.push_back(finding_at(
          "", place, "the setting `" + setting->id + "` must be " + expected, expected,
          member.value().is_string() ? "another text" : std::string(kind_name(member.value()))));
    }
  }
}

void check_required_settings(const std::vector<Setting>& declared, const JsonObject& given,
                             LeftOut left_out, const std::string& path, Findings& findings) {
  for (const Setting& setting : declared) {
    const Json* const value = given.if_contains(setting.id);
    if (!setting.is_required || is_filled(value)) continue;
    if (value == nullptr && left_out == LeftOut::filled_later) continue;
    findings.push_back(finding_at("", path + '/' + pointer_token(setting.id),
                                  "the setting `" + setting.id + "` is required",
                                  "a value of type " + setting.type, "nothing"));
  }
}

}  // namespace millrace
