#pragma once
// Holds answers to what /openapi.json says of them: the route is there, the status is described, and the body has
// the members that its schema names, of their types, and no others.
//
// Reads the part of JSON Schema that http/api/shape_text.h writes. A member that no schema names is a finding here,
// although clients have to expect more members: what we send and do not describe was forgotten.

#include "runtime/base/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::tests {

struct Call;
struct Answer;

class DescribedAnswers {
 public:
  /// `document` is what /openapi.json has answered.
  explicit DescribedAnswers(Json document);

  /// What does not fit; empty: all of it does.
  std::vector<std::string> findings(const Call& call, const Answer& answer) const;

 private:
  struct Path {
    std::vector<std::string> segments;  // a parameter: `{…}`
    const JsonObject* operations = nullptr;
  };

  const Path* path_of(std::string_view target) const;
  const JsonObject* resolved(const JsonObject& schema) const;
  void check(const Json& value, const JsonObject& schema, const std::string& at,
             std::vector<std::string>& findings) const;
  void check_object(const JsonObject& object, const JsonObject& schema, const std::string& at,
                    std::vector<std::string>& findings) const;

  const Json document_;
  std::vector<Path> paths_;
};

}  // namespace millrace::tests
