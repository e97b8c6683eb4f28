#pragma once
// Takes secrets out of what is stored in clear and what is shown (a response that echoes a header, a
// function that returns its parameter): each occurrence of a secret's value, as it is or in one of its
// `written_forms`, becomes the text that stands for it, `[secret KEY]`; so does a JSON number that is the
// value. What a run works with is never touched: a short secret may well be a part of its data. Values of
// fewer than four bytes are not looked for, because they would be found everywhere.
//
// Adding is cheap. The first use prepares the search, so an object belongs to one thread at a time, or
// to all of them once it is prepared and does not change any more.

#include "runtime/base/json.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class Redaction {
 public:
  static constexpr std::size_t value_bytes_min = 4;

  struct Secret {
    std::string value;
    std::string shown;
    bool operator==(const Secret&) const = default;
  };

  void add(std::string_view value, std::string shown);
  /// Those of another one; false: it knew them all.
  bool add_all(const Redaction& other);
  /// Forgets the oldest beyond so many.
  void keep_newest(std::size_t count);
  bool empty() const { return secrets_.empty(); }
  const std::vector<Secret>& secrets() const { return secrets_; }
  /// Any thread may use it afterwards.
  void prepare() const;

  /// For a text that is shown. Of one that was cut, "…" or "..." behind what is left, the beginning of a secret
  /// that stands there is taken out as well: nobody who cuts a text has to know what is secret in it.
  std::string apply(std::string text) const;
  /// Strings, keys and numbers, at any depth.
  void apply_to(Json& value) const;
  bool finds_any(std::string_view text) const;
  /// A copy in which nothing is left, or the value itself where nothing is found. What was found is
  /// added to `found`.
  SharedJson masked(const SharedJson& value, Redaction& found) const;

 private:
  struct Search;
  class Pass;
  bool add_new(const Secret& secret);
  std::string without_cut_off(std::string text) const;
  const Search& search() const;

  std::vector<Secret> secrets_;
  mutable std::shared_ptr<const Search> search_;  // null: not yet prepared
};

/// How a secret is shown: `[secret KEY]`.
std::string masked_secret(std::string_view key);

}  // namespace millrace
