#pragma once
// A value that a user fills in, for an integration when connecting or for one workflow.

#include "runtime/base/json.h"

#include <memory>
#include <string>
#include <vector>

namespace millrace {

struct DataSource;  // data_source.h

/// A field of the application's own that a user maps to one of the provider's.
struct MappedField {
  std::string id;
  bool is_required = false;
};

struct Setting {
  std::string id;
  std::string type;  // text number boolean email password url enum field mapping
  bool is_required = false;
  /// Of an enum: the values to choose from; empty: any.
  std::vector<Json> choices{};
  /// Of a mapping: what may be mapped; empty: anything.
  std::vector<MappedField> fields{};
  /// Where a form gets its choices from; null: it has them, or needs none.
  std::shared_ptr<const DataSource> source{};
};

}  // namespace millrace
