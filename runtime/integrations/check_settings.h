#pragma once
// What users fill in, against what an integration or a workflow declares. No message repeats a value: it may
// be a password.

#include "runtime/base/json.h"
#include "runtime/integrations/setting.h"
#include "runtime/reading/findings.h"

#include <string>
#include <vector>

namespace millrace {

/// What a value of a setting should be, "one of "a", "b"" say; empty when it is that.
std::string unmet_expectation(const Setting& setting, const Json& value);
/// The values that are given for declared settings have their types: `text password` a string, `number`,
/// `boolean`, `email` and `url` (http or https) a string of that form, `enum` one of its options, `field` a
/// string or an object, `mapping` an object that gives declared fields the names of the provider's (strings), those
/// that are required among them. Null is as good as nothing. A name that is nearly a declared
/// one is misspelt. `path` is the JSON pointer of `given`.
void check_settings(const std::vector<Setting>& declared, const JsonObject& given,
                    const std::string& path, Findings& findings);

/// What a required setting that is left out means: the form is complete without it or not. One that is null
/// or an empty text is never filled.
enum class LeftOut : std::uint8_t {
  refused,
  filled_later,  // no run begins before (see run_conditions.h)
};
void check_required_settings(const std::vector<Setting>& declared, const JsonObject& given,
                             LeftOut left_out, const std::string& path, Findings& findings);

}  // namespace millrace
