#pragma once
// What a translation finds, each with a code that tools may rely on.

#include "runtime/definitions/compiled_form.h"
#include "runtime/reading/findings.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::compiled_form {

enum class FindingCode : std::uint8_t {
  not_understood,     // another shape than any that is known
  unknown_key,        // says something that nobody reads
  no_counterpart,     // known, but there is nothing like it here
  broken_link,        // leads to a step that is not there
  never_reached,      // no link leads to the step
  not_in_order,       // loops, ways that part and half come together, too many steps
  not_selected,       // the editor's "choose what this does"
  no_trigger,         // likewise
  left_over,          // a value that belongs to nothing
  waits_for_account,  // a field of an account that cannot be referred to yet
  renamed_secret,     // its id cannot be a secret's name
};

std::string_view wire_name(FindingCode code);
FindingWeight weight_of(FindingCode code);

class FindingLog {
 public:
  void add(FindingCode code, ErrorDetail detail);

  /// For readers that know no codes: what they add is `not_understood`.
  Findings& plain() { return findings_; }
  std::size_t size() const { return findings_.size(); }
  /// Gives a code to all that have been added since there were `from`.
  void mark_since(std::size_t from, FindingCode code);

  std::vector<CompiledFinding> take();

 private:
  Findings findings_;
  std::vector<FindingCode> codes_;  // of the first findings; those behind have the default
};

}  // namespace millrace::compiled_form
