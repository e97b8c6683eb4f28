#pragma once
// Reads lists of steps: what all steps have in common, then hands each to its kind (step_catalog),
// which may come back here for the lists inside it. One reader serves one whole definition, so that
// it sees ids twice and counts all steps.

#include "runtime/reading/object_reader.h"
#include "runtime/workflows/workflow.h"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace millrace {

/// A letter or `_`, then letters, digits, `_` and `-`, at most limits::id_bytes_max.
bool is_step_id(std::string_view text);

class SequenceReader {
 public:
  explicit SequenceReader(Findings& findings) : findings_(findings) {}

  /// A list of steps under `key`; absent: no steps.
  Sequence read(ObjectReader& parent, std::string_view key);
  /// The same, where at least one step must be given.
  Sequence read_some(ObjectReader& parent, std::string_view key);
  /// The ids of the steps read so far whose type is not certain: it could not be read, or the id is
  /// that of two steps.
  const std::set<std::string>& uncertain() const { return uncertain_; }

 private:
  Sequence read_list(const JsonArray& list, const std::string& pointer);
  Step read_step(const Json& value, const std::string& pointer);
  void read_id(ObjectReader& json, Step& step);
  void read_kind(ObjectReader& json, Step& step);
  bool has_room_for_step(const std::string& pointer);
  void add_finding(const std::string& pointer, std::string message);

  Findings& findings_;
  std::map<std::string, std::string> pointer_by_id_;
  std::set<std::string> uncertain_;
  std::size_t steps_ = 0;
  std::size_t nesting_ = 0;
};

}  // namespace millrace
