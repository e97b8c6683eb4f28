#pragma once
// The request trigger: what a request must look like to start the workflow, and what the workflow
// sees of it (`trigger.request.{headers, params, body, file}`).

#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/reading/choice.h"
#include "runtime/secrets/secret_text.h"
#include "runtime/templates/reference.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

enum class DataType : std::uint8_t { string, number, boolean, object, array, any };

/// What a definition may write: STRING NUMBER BOOLEAN OBJECT ARRAY ANY.
std::span<const Choice<DataType>> data_type_words();
std::string_view wire_name(DataType type);

struct RequestTrigger {
  struct ParamValidation {
    std::string key;
    bool required = false;
  };
  struct HeaderValidation {
    std::string key;                   // compared without regard to case
    std::optional<std::string> value;  // when given, the header must have exactly this value
    bool required = false;
    std::optional<SecretText> secret_value{};  // in place of `value`; rendered for each request
  };
  struct BodyValidation {
    std::string key;  // a top-level key of the body
    DataType type = DataType::any;
    bool required = false;
  };

  /// Also true when the definition has no validation lists.
  bool allow_arbitrary_payload = true;
  std::vector<ParamValidation> params;
  std::vector<HeaderValidation> headers;
  std::vector<BodyValidation> body;

  /// The one with which it is called: GET POST PUT PATCH DELETE.
  std::string method = "POST";
  /// Whoever knows the URL of the workflow's endpoint may call it, without a token; it runs for `run_as`.
  bool is_public = false;
  UserId run_as{};
  std::vector<PathSegment> object_mapping{};  // object_mapping.h; empty: none
};

/// What the workflow sees of a request under `trigger`: {"request": ...}.
Json request_output(Json request);

/// Error: method_not_allowed; its one detail says as `expected` which method is.
Outcome check_method(const RequestTrigger& trigger, std::string_view method);

/// `request` is `{"headers": {...lower-case...}, "params": {...}, "body": ...}`. On violation:
/// `invalid_request` with one ErrorDetail each: `in` is "body", "headers" or "params", `path` the
/// key, `expected` and `got` the wire names of types ("STRING"; got "MISSING" when absent, "NULL"
/// for null). A header with another value is "EXPECTED VALUE" against "OTHER VALUE": the value
/// itself may be a secret and is never shown. An optional field of the body may be null. Values from
/// secrets are `value`s by then.
Outcome check_request(const RequestTrigger& trigger, const Json& request);

/// A form's fields are text: those that are declared NUMBER, BOOLEAN or ARRAY become such values if
/// they can be read so (`5`; `true false on off 1 0`; one ticked box is an array of one), and an
/// optional one without text becomes null. Of requests that are no forms nothing changes.
void read_form_fields(const RequestTrigger& trigger, JsonObject& request);

}  // namespace millrace
