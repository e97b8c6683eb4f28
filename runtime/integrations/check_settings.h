#pragma once
// What users fill in, against what an integration or a workflow declares. No message repeats a value: it may
// be a password.

#include "runtime/base/json.h"
#include "runtime/integrations/setting.h"
#include "runtime/reading/findings.h"

#include <string>
#include <vector>

namespace millrace {

/// The values that are given for declared settings have their types: `text password` a string, `number`,
/// `boolean`, `email` and `url` (http or https) a string of that form, `enum` one of its options, `field` a
/// string or an object, `mapping` an object. Null is as good as nothing. A name that is nearly a declared
/// one is misspelt. `path` is the JSON pointer of `given`.
void check_settings(const std::vector<Setting>& declared, const JsonObject& given,
                    const std::string& path, Findings& findings);

/// Each required one has a value: it is there, not null and no empty text.
void check_required_settings(const std::vector<Setting>& declared, const JsonObject& given,
                             const std::string& path, Findings& findings);

}  // namespace millrace
