#pragma once
// What a change expects of the draft that it changes: the headers `If-Match` and `If-None-Match` as RFC 9110
// (13.1) has them. Whoever commits asks it under the lock under which it commits, so that of two who
// changed the same draft one is told. Pure.
//
//   If-Match: "tag", "tag"    the draft is one of these; a weak tag (W/"…") matches nothing
//   If-Match: *               there is a draft, whichever
//   If-None-Match: *          there is none yet: only create
//   If-None-Match: "tag"      it is none of these; weak ones count as strong ones here

#include "runtime/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class DraftCondition {
 public:
  /// Holds always.
  DraftCondition() = default;
  /// The values of the headers, several lines joined with commas; nothing: it was not sent. Error
  /// invalid_request: what is no such list would else protect nobody.
  static Result<DraftCondition> read(const std::optional<std::string>& if_match,
                                     const std::optional<std::string>& if_none_match);

  /// `draft`: the text that is stored, null if there is none. Error draft_changed, whose detail has the
  /// tag that it has now as `expected` and the one that was sent as `got`.
  Outcome holds_for(const std::string* draft) const;

 private:
  struct Tags {
    std::string header;  // its name
    std::string given;   // its value
    bool is_any = false;
    std::vector<std::string> strong;
    std::vector<std::string> weak;
  };
  static Result<Tags> read_tags(std::string header, const std::string& value);

  std::optional<Tags> if_match_;
  std::optional<Tags> if_none_match_;
};

}  // namespace millrace
