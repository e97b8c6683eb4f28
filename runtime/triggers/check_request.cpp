#include "runtime/text/ascii_text.h"
#include "runtime/triggers/request_trigger.h"

#include <utility>

namespace millrace {
namespace {

constexpr std::string_view missing = "MISSING";

/// The type of a value as messages show it; null is no declarable type, so that it has its own
/// word.
std::string_view wire_type_of(const Json& value) {
  if (value.is_string()) return "STRING";
  if (value.is_number()) return "NUMBER";
  if (value.is_bool()) return "BOOLEAN";
  if (value.is_object()) return "OBJECT";
  if (value.is_array()) return "ARRAY";
  return "NULL";
}

/// Takes as long wherever the two differ: how long a refusal took tells nothing of a secret.
bool is_same_text(std::string_view given, std::string_view expected) {
  if (given.size() != expected.size()) return false;
  unsigned char differences = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    differences |= static_cast<unsigned char>(given[i] ^ expected[i]);
  }
  return differences == 0;
}

/// A request's checks, one part after the other; every violation is one detail.
class RequestCheck {
 public:
  explicit RequestCheck(const Json& request) : request_(request) {}

  void check_param(const RequestTrigger::ParamValidation& param) {
    if (param.required && find("params", param.key) == nullptr) {
      add("params", param.key, "the parameter is missing", "STRING", missing);
    }
  }

  void check_header(const RequestTrigger::HeaderValidation& header) {
    const Json* const value = find("headers", lower_case(header.key));
    if (value == nullptr) {
      if (header.required) add("headers", header.key, "the header is missing", "STRING", missing);
      return;
    }
    // The value may be a shared secret: a caller who does not know it must not learn it here.
    if (header.value && !(value->is_string() && is_same_text(value->get_string(), *header.value))) {
      add("headers", header.key, "the header has another value than the workflow expects",
          "EXPECTED VALUE", "OTHER VALUE");
    }
  }

  void check_body(const std::vector<RequestTrigger::BodyValidation>& validations) {
    if (validations.empty()) return;
    const Json* const body = find_part("body");
    if (body == nullptr || !body->is_object()) {
      add("body", "", "the body must be an object", "OBJECT",
          body == nullptr ? missing : wire_type_of(*body));
      return;
    }
    for (const auto& validation : validations) check_field(validation);
  }

  Outcome outcome() && {
    if (violations_.empty()) return Done{};
    return Error(ErrorCode::invalid_request,
                 "the request does not have the form that the workflow's trigger expects",
                 std::move(violations_));
  }

 private:
  void check_field(const RequestTrigger::BodyValidation& field) {
    const Json* const value = find("body", field.key);
    if (value == nullptr) {
      if (field.required) {
        add("body", field.key, "the field is missing", wire_name(field.type), missing);
      }
      return;
    }
    // Clients send null for "no value", so that an optional field may be null.
    if (field.type == DataType::any || (value->is_null() && !field.required)) return;
    if (wire_type_of(*value) != wire_name(field.type)) {
      add("body", field.key, "the field has the wrong type", wire_name(field.type),
          wire_type_of(*value));
    }
  }

  const Json* find_part(std::string_view part) const {
    const auto* const request = request_.if_object();
    return request == nullptr ? nullptr : request->if_contains(part);
  }

  const Json* find(std::string_view part, std::string_view key) const {
    const Json* const values = find_part(part);
    if (values == nullptr || !values->is_object()) return nullptr;
    return values->get_object().if_contains(key);
  }

  void add(std::string_view in, std::string_view key, std::string_view message,
           std::string_view expected, std::string_view got) {
    ErrorDetail violation;
    violation.in = in;
    violation.path = key;
    violation.message = message;
    violation.expected = expected;
    violation.got = got;
    violations_.push_back(std::move(violation));
  }

  const Json& request_;
  std::vector<ErrorDetail> violations_;
};

}  // namespace

Outcome check_request(const RequestTrigger& trigger, const Json& request) {
  if (trigger.allow_arbitrary_payload) return Done{};
  RequestCheck check(request);
  for (const auto& param : trigger.params) check.check_param(param);
  for (const auto& header : trigger.headers) check.check_header(header);
  check.check_body(trigger.body);
  return std::move(check).outcome();
}

}  // namespace millrace
