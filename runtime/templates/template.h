#pragma once
// A template is a JSON value whose strings may hold `{{references}}`, compiled once per workflow
// version and rendered for each run.
//
// - A string that is exactly one reference keeps the value's JSON type.
// - `{{soql trigger.name}}` (`jql`, `odata`, `drive`) is the value as text, escaped for a place inside the
//   quotes of such a query (runtime/text/query_escape.h).
// - In mixed text, strings are inserted as they are, null as nothing, everything else as JSON.
// - `{{{a}}}` is `{`, the reference `a`, and `}`.
// - `\{{` stands for a literal `{{`; a `}}` without a `{{` before it is literal anyway.
// - An absent path is null; rendering fails in one case: see RenderedTooMuch.
// - Object keys are not templates.
// A compiled template is immutable and may be rendered by many threads at once.

#include "runtime/base/error.h"
#include "runtime/base/json.h"
#include "runtime/templates/reference.h"
#include "runtime/templates/scope.h"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace {

/// Thrown when a value would have more than limits::rendered_bytes_max bytes: a small template can
/// repeat a large value many times. Caught where steps are planned (the step fails, limit_exceeded) and
/// where the history shows them.
class RenderedTooMuch : public std::length_error {
 public:
  RenderedTooMuch();
};

class Template {
 public:
  /// Renders to null.
  Template();
  /// Compiles `value`. On failure every malformed reference is one ErrorDetail (path = JSON pointer
  /// below `pointer`, the value's own place in the document).
  static Result<Template> compile(const Json& value, const std::string& pointer);
  /// The same, adding the details to `mistakes`: what was well formed can be linked nevertheless, so
  /// that all findings about a definition come at once. After a mistake it is not to be rendered.
  static Template compile(const Json& value, const std::string& pointer,
                          std::vector<ErrorDetail>& mistakes);

  /// Throws RenderedTooMuch.
  Json render(const Scope& scope) const;
  /// True if there is no reference in it: it renders to the same value always.
  bool is_constant() const;
  /// The value with null in place of every text that holds a reference.
  Json constant() const;
  /// True if it is exactly one reference, so that it may render to any type.
  bool is_reference() const;

  /// Visits every reference with its JSON pointer; linking writes into it. Call before sharing.
  void visit_references(const std::function<void(Reference&, const std::string& pointer)>& visit);

 private:
  // The value with null in place of every string that is not constant, and these strings with their
  // places. Rendering copies the one and fills in the others; constant subtrees stay whole.
  struct Compiled;
  std::shared_ptr<Compiled> compiled_;  // null: renders to null
};

}  // namespace millrace
