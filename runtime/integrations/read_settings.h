#pragma once
// The settings that an integration or a workflow declares under `settings`:
//
//   [{"id": "channel", "type": "text", "required": true, "title": "Channel"},
//    {"id": "contactFields", "type": "mapping", "fields": ["name", {"id": "email", "required": true}]}]
//
// An enum has `options`, or a `source` (data_source.h).

#include "runtime/integrations/setting.h"

#include <vector>

namespace millrace {

class ObjectReader;

std::vector<Setting> read_settings(ObjectReader& parent);

}  // namespace millrace
