#include "runtime/drafts/draft_condition.h"

#include "runtime/drafts/draft_text.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

bool contains(const std::vector<std::string>& tags, const std::string& tag) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

Error no_tags(const std::string& header, const std::string& value) {
  return Error(
      ErrorCode::invalid_request,
      header + " is `*` or a list of tags in quotes, as `ETag` has them, got `" + value + '`');
}

Error changed(const std::string& header, const std::string& given, const std::string* draft,
              const std::string& message) {
  ErrorDetail detail;
  detail.message = header + " does not hold";
  detail.expected = draft == nullptr ? "no draft" : draft_tag(*draft);
  detail.got = given;
  return Error(ErrorCode::draft_changed, message, {std::move(detail)});
}

}  // namespace

Result<DraftCondition::Tags> DraftCondition::read_tags(std::string header,
                                                       const std::string& value) {
  Tags tags;
  tags.header = std::move(header);
  tags.given = trimmed(value, blanks);
  if (tags.given == "*") {
    tags.is_any = true;
    return tags;
  }
  std::string_view rest = tags.given;
  while (true) {
    rest = rest.substr(std::min(rest.find_first_not_of(" \t,"), rest.size()));
    if (rest.empty()) break;
    const bool is_weak = rest.starts_with("W/");
    if (is_weak) rest.remove_prefix(2);
    const std::size_t end = rest.starts_with('"') ? rest.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return no_tags(tags.header, value);
    (is_weak ? tags.weak : tags.strong).emplace_back(rest.substr(0, end + 1));
    rest = trimmed(rest.substr(end + 1), blanks);
    if (!rest.empty() && rest.front() != ',') return no_tags(tags.header, value);
  }
  if (tags.weak.empty() && tags.strong.empty()) return no_tags(tags.header, value);
  return tags;
}

Result<DraftCondition> DraftCondition::read(const std::optional<std::string>& if_match,
                                            const std::optional<std::string>& if_none_match) {
  DraftCondition condition;
  const auto take = [](std::optional<Tags>& into, const char* header,
                       const std::optional<std::string>& value) -> Outcome {
    if (!value) return Done{};
    auto tags = read_tags(header, *value);
    if (!tags) return tags.error();
    into = std::move(*tags);
    return Done{};
  };
  if (auto read = take(condition.if_match_, "If-Match", if_match); !read) return read.error();
  if (auto read = take(condition.if_none_match_, "If-None-Match", if_none_match); !read) {
    return read.error();
  }
  return condition;
}

Outcome DraftCondition::holds_for(const std::string* draft) const {
  if (!if_match_ && !if_none_match_) return Done{};
  const std::string tag = draft == nullptr ? std::string() : draft_tag(*draft);
  if (if_match_) {
    const bool is_met = draft != nullptr && (if_match_->is_any || contains(if_match_->strong, tag));
    if (!is_met) {
      return changed(if_match_->header, if_match_->given, draft,
                     draft == nullptr
                         ? "there is no such draft any more: create it without If-Match"
                         : "the draft was changed since: get it, change what it is now, and send "
                           "its ETag as If-Match");
    }
  }
  if (if_none_match_ && draft != nullptr) {
    const bool is_met = !if_none_match_->is_any && !contains(if_none_match_->strong, tag) &&
                        !contains(if_none_match_->weak, tag);
    if (!is_met) {
      return changed(if_none_match_->header, if_none_match_->given, draft,
                     if_none_match_->is_any
                         ? "there is such a workflow already: change it without If-None-Match"
                         : "the draft is what If-None-Match excludes");
    }
  }
  return Done{};
}

}  // namespace millrace
