#pragma once
// Takes secrets out of what comes back from the outside (a response that echoes a header, a function
// that returns its parameter), before it is journalled: each occurrence of a secret's value, as it is
// or in one of its `written_forms`, becomes the text that stands for it, `[secret KEY]`; so does a JSON
// number that is the value. A net under the rule that secrets are rendered at dispatch only; values of
// fewer than four bytes are not looked for, because they would be found everywhere.
//
// Adding is cheap. The first use prepares the search, so an object belongs to one thread at a time.

#include "runtime/base/json.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class Redaction {
 public:
  static constexpr std::size_t value_bytes_min = 4;

  void add(std::string_view value, std::string shown);
  bool empty() const { return secrets_.empty(); }

  std::string apply(std::string text) const;
  /// Strings, keys and numbers, at any depth.
  void apply_to(Json& value) const;

 private:
  struct Secret {
    std::string value;
    std::string shown;
  };
  struct Search;
  const Search& search() const;

  std::vector<Secret> secrets_;
  mutable std::shared_ptr<const Search> search_;  // null: not yet prepared
};

/// How a secret is shown: `[secret KEY]`.
std::string masked_secret(std::string_view key);

}  // namespace millrace
