#include "runtime/definitions/compiled_form/source_reader.h"

#include "runtime/definitions/compiled_form/json_text.h"
#include "runtime/definitions/compiled_form/secret_names.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace millrace::compiled_form {
namespace {

constexpr std::string_view opening = "{{";

bool is_key_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

std::string segment(std::string_view key) {
  if (!key.empty() && std::all_of(key.begin(), key.end(), is_key_character)) {
    return '.' + std::string(key);
  }
  std::string quoted = "[\"";
  for (const char c : key) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"]";
}

std::string_view text_of(const Json& value) { return value.get_string(); }

/// JSON as text that is to be looked at: an object or array from a string that writes one.
bool may_be_structured(std::string_view data_type) {
  return data_type == "ANY" || data_type == "OBJECT" || data_type == "ARRAY";
}

std::optional<Json> as_number(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed || !parsed->is_number()) return std::nullopt;
  return std::move(*parsed);
}

/// A boolean, or a number that loses nothing by being one: what has more digits than a double keeps, or
/// an exponent, may well be an id.
std::optional<Json> as_scalar(std::string_view text) {
  constexpr std::ptrdiff_t digits_max = 15;
  if (text == "true" || text == "false") return Json(text == "true");
  const auto digits =
      std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits > digits_max || text.find_first_of("eE") != std::string_view::npos)
    return std::nullopt;
  return as_number(text);
}

/// What the original calls the page's token, whichever way it is written.
bool is_page_token(const JsonObject& source, std::string_view path) {
  if (path.empty()) return text_member(source, "type") == "SAME_STEP_REFERENCE";
  return path == ".pageToken" || path == ".paginationOptions.pageToken";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  std::size_t at = 0;
  while (true) {
    const auto open = text.find(opening, at);
    result += text.substr(at, open - at);
    if (open == std::string_view::npos) return result;
    result += "\\{{";
    at = open + opening.size();
  }
}

std::optional<std::string> text_member(const JsonObject& object, std::string_view key) {
  const Json* const value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

bool says_nothing(const Json& value) {
  if (value.is_bool()) return !value.get_bool();
  if (value.is_string()) return value.get_string().empty();
  if (const auto* const array = value.if_array()) return array->empty();
  if (const auto* const object = value.if_object()) return object->empty();
  return value.is_null();
}

bool is_source(const Json& value) {
  const auto* const object = value.if_object();
  return object != nullptr && object->contains("type");
}

void finish(ObjectReader& json, const Json& value, FindingLog& log) {
  if (const auto* const object = value.if_object()) {
    for (const auto& member : *object) {
      const std::string_view key = member.key();
      if (key.starts_with('_') || says_nothing(member.value())) json.find(key);
    }
  }
  const std::size_t before = log.size();
  json.finish();
  log.mark_since(before, FindingCode::unknown_key);
}

void SourceReader::finish(ObjectReader& json, const Json& value) const {
  compiled_form::finish(json, value, log_);
}

void SourceReader::report(FindingCode code, const std::string& pointer, std::string message,
                          std::string expected, std::string got, std::string nearest) const {
  log_.add(code, finding_at(step_, pointer, std::move(message), std::move(expected), std::move(got),
                            std::move(nearest)));
}

SourceReader SourceReader::in_page() const {
  SourceReader reader = *this;
  reader.own_ = OwnOutput::current_page;
  return reader;
}

SourceReader SourceReader::in_next_request(std::string token_path) const {
  SourceReader reader = *this;
  reader.own_ = OwnOutput::page_before;
  reader.token_path_ = std::move(token_path);
  return reader;
}

// --- values -------------------------------------------------------------------------------------

Json SourceReader::value(const Json& source, const std::string& pointer) const {
  const auto* const object = source.if_object();
  const std::string type = object == nullptr ? "" : text_member(*object, "type").value_or("");
  if (type == "VALUE") return literal(*object, "");
  if (!source.is_structured() && !source.is_string()) return source;  // a constant given as it is
  const auto parts = pieces(source, pointer);
  if (type != "TOKENIZED") return Json(join(parts, pointer));
  const std::string data_type = text_member(*object, "dataType").value_or("");
  const Json* const list = object->if_contains("parts");
  const auto* const array = list == nullptr ? nullptr : list->if_array();
  if (array != nullptr && array->size() == 1 && (*array)[0].is_object() &&
      text_member((*array)[0].get_object(), "type") == "VALUE") {
    return literal((*array)[0].get_object(), data_type);
  }
  if (may_be_structured(data_type)) {
    if (auto structured = structured_value(*this, parts, pointer)) return std::move(*structured);
  }
  return Json(join(parts, pointer));
}

/// A `VALUE`, by what it is declared to be.
Json SourceReader::literal(const JsonObject& source, std::string_view type_around) const {
  const Json* const given = source.if_contains("value");
  if (given == nullptr) return nullptr;  // left out where it was undefined
  Json value = *given;
  const std::string data_type =
      type_around.empty() ? text_member(source, "dataType").value_or("") : std::string(type_around);
  if (value.is_string()) {
    const std::string_view text = text_of(value);
    if (data_type == "NUMBER" || data_type == "NON_DECIMAL") {
      if (auto number = as_number(text)) return std::move(*number);
    }
    if (data_type == "BOOLEAN" && (text == "true" || text == "false")) return text == "true";
    // An editor that types everything as text says ANY of a number; a part of a text says STRING.
    if (text_member(source, "dataType").value_or(data_type) == "ANY") {
      if (auto scalar = as_scalar(text)) return std::move(*scalar);
    }
    if (may_be_structured(data_type)) {
      const std::vector<Piece> pieces{{Piece::Kind::literal, std::string(text)}};
      if (auto structured = structured_value(*this, pieces, "")) return std::move(*structured);
    }
  }
  escape_all(value);
  return value;
}

std::string SourceReader::text(const Json& source, const std::string& pointer) const {
  return join(pieces(source, pointer), pointer);
}

Json SourceReader::number(const Json& source, const std::string& pointer) const {
  Json given = value(source, pointer);
  if (!given.is_string()) return given;
  auto number = as_number(text_of(given));
  return number ? std::move(*number) : std::move(given);
}

std::string SourceReader::join(const std::vector<Piece>& pieces, const std::string& pointer) const {
  std::string joined;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].kind == Piece::Kind::reference) {
      joined += "{{" + pieces[i].text + "}}";
      continue;
    }
    const std::string& text = pieces[i].text;
    joined += escaped(text);
    if (i + 1 == pieces.size() || text.empty()) continue;
    // A brace that escaping has not taken with it would be read with those of the reference.
    const auto last_other = text.find_last_not_of('{');
    const auto braces =
        last_other == std::string::npos ? text.size() : text.size() - 1 - last_other;
    const bool has_lone_brace = braces % 2 == 1;
    if (text.back() == '\\' || has_lone_brace) {
      report(FindingCode::no_counterpart, pointer,
             "`" + std::string(1, text.back()) +
                 "` right before a variable cannot be written in a template; put a space "
                 "between, or build the text in a function");
    }
  }
  return joined;
}

std::vector<Piece> SourceReader::pieces(const Json& source, const std::string& pointer) const {
  const auto* const object = source.if_object();
  if (object == nullptr) {
    if (source.is_null()) return {};
    if (source.is_array()) {
      report(FindingCode::not_understood, pointer, "a source is needed here",
             "an object with a `type`", "array");
      return {};
    }
    return {{Piece::Kind::literal,
             source.is_string() ? std::string(source.get_string()) : to_text(source)}};
  }
  const std::string type = text_member(*object, "type").value_or("");
  if (type == "VALUE") {
    const Json* const value = object->if_contains("value");
    if (value == nullptr || value->is_null()) return {};
    return {{Piece::Kind::literal,
             value->is_string() ? std::string(value->get_string()) : to_text(*value)}};
  }
  if (type != "TOKENIZED") {
    const auto reference_text = reference(*object, type, pointer);
    if (!reference_text) return {};
    return {{Piece::Kind::reference, *reference_text}};
  }
  const Json* const parts = object->if_contains("parts");
  if (parts == nullptr || !parts->is_array()) {
    report(FindingCode::not_understood, pointer + "/parts", "a tokenized value needs its parts",
           "an array of sources", parts == nullptr ? "nothing" : describe(*parts));
    return {};
  }
  std::vector<Piece> all;
  for (std::size_t i = 0; i < parts->get_array().size(); ++i) {
    const Json& part = parts->get_array()[i];
    const std::string place = pointer + "/parts/" + std::to_string(i);
    if (part.is_object() && text_member(part.get_object(), "type") == "TOKENIZED") {
      report(FindingCode::not_understood, place, "a tokenized value cannot be part of another one");
      continue;
    }
    for (Piece& piece : pieces(part, place)) {
      const bool continues = !all.empty() && all.back().kind == Piece::Kind::literal &&
                             piece.kind == Piece::Kind::literal;
      if (continues) {
        all.back().text += piece.text;
      } else {
        all.push_back(std::move(piece));
      }
    }
  }
  return all;
}

// --- references ---------------------------------------------------------------------------------

std::optional<std::string> SourceReader::reference(const JsonObject& source, std::string_view type,
                                                   const std::string& pointer) const {
  if (type == "VARIABLE") return variable(source, pointer);
  if (type == "SAME_STEP_REFERENCE") return own_output(source, pointer);
  if (type == "PERSONA_METADATA") return "user.meta" + path(source, pointer);
  if (type == "ENVIRONMENT_SECRET") return secret(source, pointer);
  if (type == "CONNECT_CREDENTIAL_FIELD") return credential_field(source, pointer);
  if (type == "WORKFLOW_EXECUTION_FIELD") return execution_field(source, pointer);
  if (type == "UUID_NONCE") {
    report(FindingCode::no_counterpart, pointer,
           "random ids are not values here; make one in a function with `libraries.uuid`");
    return std::nullopt;
  }
  const std::vector<std::string> known{"VALUE",
                                       "VARIABLE",
                                       "TOKENIZED",
                                       "ENVIRONMENT_SECRET",
                                       "PERSONA_METADATA",
                                       "CONNECT_CREDENTIAL_FIELD",
                                       "SAME_STEP_REFERENCE",
                                       "WORKFLOW_EXECUTION_FIELD"};
  report(FindingCode::no_counterpart, pointer + "/type",
         "values from this source cannot be translated; make the value in a function before",
         list_names(known), type.empty() ? "nothing" : std::string(type),
         nearest_name(type, known));
  return std::nullopt;
}

std::optional<std::string> SourceReader::variable(const JsonObject& source,
                                                  const std::string& pointer) const {
  const std::string id = text_member(source, "stepId").value_or("");
  if (id == step_ && !id.empty()) {
    if (own_ != OwnOutput::unknown) return own_output(source, pointer);
    report(FindingCode::not_understood, pointer + "/stepId",
           "a step cannot refer to its own output", "an earlier step", id);
    return std::nullopt;
  }
  const auto name = names_.find(id);
  if (!name) {
    report(FindingCode::broken_link, pointer + "/stepId", "there is no step `" + id + "`",
           "the id of a step of this workflow", id, nearest_name(id, names_.ids()));
    return std::nullopt;
  }
  return *name + path(source, pointer);
}

std::optional<std::string> SourceReader::own_output(const JsonObject& source,
                                                    const std::string& pointer) const {
  const std::string below = path(source, pointer);
  if (is_page_token(source, below)) return "self.pageToken";
  if (own_ == OwnOutput::current_page) return "self" + below;
  const bool is_token = own_ == OwnOutput::page_before && below == token_path_;
  if (is_token) return "self.pageToken";
  report(
      FindingCode::no_counterpart, pointer + "/path",
      "of the page before, a request knows the token only: take the token's path, or ask for pages "
      "with steps of their own",
      "the path of `pageToken`", "self" + below);
  return std::nullopt;
}

std::optional<std::string> SourceReader::credential_field(const JsonObject& source,
                                                          const std::string& pointer) const {
  const std::string field = text_member(source, "fieldType").value_or("");
  const std::string place = pointer + "/fieldType";
  if (field == "WORKFLOW_SETTING" || field == "SHARED_WORKFLOW_SETTING") {
    return named("settings", source, "inputId", pointer);
  }
  if (field == "EXTERNAL_USER_ID") return "user.id";
  if (field == "EXTERNAL_USER_METADATA") return "user.meta" + path(source, pointer);
  if (field == "EXTERNAL_USER_PROVIDER_ID") {
    report(FindingCode::waits_for_account, place,
           "an account's `providerId` cannot be referred to yet: keep it in a setting or in "
           "`user.meta` until then");
    return "account.providerId";
  }
  if (field == "OAUTH_ACCESS_TOKEN") {
    report(FindingCode::waits_for_account, place,
           "an account's access token cannot be referred to: send the request to the integration, "
           "which authorizes it");
    return "account.accessToken";
  }
  report(FindingCode::no_counterpart, place,
         "`" + field +
             "` of an account cannot be referred to; requests to the integration carry its "
             "credential by themselves",
         list_names({"WORKFLOW_SETTING", "SHARED_WORKFLOW_SETTING", "EXTERNAL_USER_ID",
                     "EXTERNAL_USER_PROVIDER_ID", "EXTERNAL_USER_METADATA", "OAUTH_ACCESS_TOKEN"}),
         field);
  return std::nullopt;
}

std::optional<std::string> SourceReader::execution_field(const JsonObject& source,
                                                         const std::string& pointer) const {
  const std::string field = text_member(source, "fieldType").value_or("");
  if (field == "EXECUTION_ID") return "execution.id";
  if (field == "PROJECT_ID") return "project.id";
  report(FindingCode::no_counterpart, pointer + "/fieldType",
         "`" + field + "` of a run cannot be referred to",
         list_names({"EXECUTION_ID", "PROJECT_ID"}), field);
  return std::nullopt;
}

std::optional<std::string> SourceReader::secret(const JsonObject& source,
                                                const std::string& pointer) const {
  constexpr std::string_view key = "environmentSecretId";
  const std::string id = text_member(source, key).value_or("");
  const auto known = around_.secrets.find(id);
  if (known != around_.secrets.end())
    return "secrets" + segment(known->second) + path(source, pointer);
  if (!is_uuid(id)) return named("secrets", source, key, pointer);
  const std::string name = secret_name(id);
  report(FindingCode::renamed_secret, pointer + '/' + std::string(key),
         "the secret's name is not known, and its id cannot be one: put its value as the secret `" +
             name + '`');
  return "secrets." + name + path(source, pointer);
}

/// A root and one key below it that another member names, then the path.
std::optional<std::string> SourceReader::named(std::string_view root, const JsonObject& source,
                                               std::string_view key,
                                               const std::string& pointer) const {
  const auto name = text_member(source, key);
  if (name && !name->empty()) return std::string(root) + segment(*name) + path(source, pointer);
  report(FindingCode::not_understood, pointer + '/' + std::string(key),
         "`" + std::string(key) + "` is missing", "a string");
  return std::nullopt;
}

std::string SourceReader::path(const JsonObject& source, const std::string& pointer) const {
  const Json* const given = source.if_contains("path");
  if (given == nullptr || given->is_null()) return {};
  const std::string place = pointer + "/path";
  if (!given->is_array()) {
    report(FindingCode::not_understood, place, "a path is a list of keys", "an array of strings",
           describe(*given));
    return {};
  }
  std::string text;
  for (const Json& key : given->get_array()) {
    if (key.is_string()) {
      text += segment(text_of(key));
    } else if (key.is_int64() && key.get_int64() >= 0 &&
               key.get_int64() <= std::numeric_limits<std::uint32_t>::max()) {
      text += '[' + std::to_string(key.get_int64()) + ']';
    } else {
      report(FindingCode::not_understood, place, "a path is a list of keys", "an array of strings",
             describe(key));
    }
  }
  return text;
}

// --- lists of keys and sources ------------------------------------------------------------------

std::vector<Row> SourceReader::rows(const Json& list, const std::string& pointer) const {
  std::vector<Row> all;
  if (list.is_null()) return all;
  if (!list.is_array()) {
    report(FindingCode::not_understood, pointer, "a list of keys and sources is needed",
           "an array of {`key`, `source`}, or one source", describe(list));
    return all;
  }
  for (std::size_t i = 0; i < list.get_array().size(); ++i) {
    auto read = row(list.get_array()[i], pointer + '/' + std::to_string(i));
    if (read) all.push_back(std::move(*read));
  }
  return all;
}

std::optional<Row> SourceReader::row(const Json& value, const std::string& pointer) const {
  ObjectReader json(value, pointer, step_, findings());
  if (!value.is_object()) return std::nullopt;
  const Json* const key = json.require("key", "a string");
  const Json* const source = json.find("source");
  json.find("dataType");
  finish(json, value);
  if (key == nullptr) return std::nullopt;
  Row row{literal_key(*key, pointer + "/key"), source == nullptr ? shared_null().get() : source,
          pointer + "/source"};
  if (!row.key.empty()) return row;
  if (!says_nothing(*row.source) && !says_nothing(this->value(*row.source, row.pointer))) {
    report(FindingCode::left_over, pointer + "/key",
           "a value without a key cannot be given to anything: it is left out",
           "a string that is not empty", "\"\"");
  }
  return std::nullopt;
}

/// Keys may be sources too, as long as they are constant.
std::string SourceReader::literal_key(const Json& key, const std::string& pointer) const {
  std::string text;
  for (const Piece& piece : pieces(key, pointer)) {
    if (piece.kind == Piece::Kind::reference) {
      report(FindingCode::no_counterpart, pointer,
             "keys cannot be variable here; build the object in a function", "a string",
             "{{" + piece.text + "}}");
    }
    text += piece.text;
  }
  return text;
}

Json SourceReader::keyed_values(const Json& given, const std::string& pointer) const {
  if (is_source(given)) return value(given, pointer);
  JsonObject all;
  for (const Row& row : rows(given, pointer)) {
    add_row(all, row, value(*row.source, row.pointer), SameKeys::refused);
  }
  return all;
}

Json SourceReader::keyed_texts(const Json& given, const std::string& pointer,
                               SameKeys same_keys) const {
  if (is_source(given)) return value(given, pointer);
  JsonObject all;
  for (const Row& row : rows(given, pointer)) {
    add_row(all, row, Json(text(*row.source, row.pointer)), same_keys);
  }
  return all;
}

void SourceReader::add_row(JsonObject& all, const Row& row, Json value, SameKeys same_keys) const {
  Json* const before = all.if_contains(row.key);
  if (before == nullptr) {
    all.emplace(row.key, std::move(value));
  } else if (same_keys == SameKeys::refused) {
    report(FindingCode::not_understood, row.pointer, "the key `" + row.key + "` is listed twice");
  } else {
    if (!before->is_array()) *before = JsonArray{Json(*before)};
    before->get_array().emplace_back(std::move(value));
  }
}

}  // namespace millrace::compiled_form
