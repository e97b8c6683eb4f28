#pragma once
// Takes secrets out of what comes back from the outside (a response that echoes a header, a function
// that returns its parameter), before it is journalled: each occurrence of a secret's value, as it is,
// percent-encoded, escaped as JSON writes it, or in Base64, becomes the text that stands for it,
// `[secret KEY]`. A net under the rule that secrets are rendered at dispatch only; values of fewer than
// four bytes are not looked for, because they would be found everywhere.

#include "runtime/base/json.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

class Redaction {
 public:
  static constexpr std::size_t value_bytes_min = 4;

  void add(std::string_view value, std::string shown);
  bool empty() const { return needles_.empty(); }

  std::string apply(std::string text) const;
  /// Strings and keys, at any depth.
  void apply_to(Json& value) const;

 private:
  bool is_in(std::string_view text) const;

  std::vector<std::pair<std::string, std::string>> needles_;  // longest first
};

/// How a secret is shown: `[secret KEY]`.
std::string masked_secret(std::string_view key);

}  // namespace millrace
