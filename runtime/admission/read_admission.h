#pragma once
// Reads the key `admission` of a definition (admission_rules.h). What is wrong with it goes to the findings.

#include "runtime/admission/admission_rules.h"
#include "runtime/reading/object_reader.h"

#include <vector>

namespace millrace {

AdmissionRules read_admission(ObjectReader& definition);

/// The keys' templates.
std::vector<Template*> templates_of(AdmissionRules& rules);

}  // namespace millrace
