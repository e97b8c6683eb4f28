#include "runtime/drafts/draft_patch.h"
#include "runtime/drafts/draft_text.h"
#include "runtime/drafts/raw_json.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

/// By what its token begins.
enum class TokenKind : std::uint8_t { text, number, boolean, array, object };

TokenKind kind_of_token(std::string_view token) {
  if (is_string_text(token)) return TokenKind::text;
  if (is_array_text(token)) return TokenKind::array;
  if (is_object_text(token)) return TokenKind::object;
  return token == "true" || token == "false" ? TokenKind::boolean : TokenKind::number;
}

struct PatchedMember {
  std::string_view name;
  TokenKind kind;
  std::string_view expected;
};

/// Of the workflow; `steps` are changed by edits. What a value of the right kind means is validated with the draft.
constexpr std::array<PatchedMember, 11> patched{{
    {"name", TokenKind::text, "text"},
    {"description", TokenKind::text, "text"},
    {"infoText", TokenKind::text, "text"},
    {"order", TokenKind::number, "a number"},
    {"hidden", TokenKind::boolean, "true or false"},
    {"edits", TokenKind::array, "an array of edits"},
    {"defaultEnabled", TokenKind::boolean, "true or false"},
    {"settings", TokenKind::array, "an array of settings"},
    {"permissions", TokenKind::array, "an array of conditions"},
    {"integration", TokenKind::text, "text"},
    {"trigger", TokenKind::object, "an object"},
}};

std::vector<std::string> patched_members() {
  std::vector<std::string> members;
  for (const PatchedMember& each : patched) members.emplace_back(each.name);
  return members;
}

const std::vector<std::string> edit_names{"insert", "duplicate", "remove", "move", "rename"};

std::string names(const std::vector<std::string>& known) {
  std::string text;
  for (const std::string& name : known) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Error refusal(std::string pointer, const std::string& message, std::string nearest = {}) {
  ErrorDetail detail;
  detail.path = std::move(pointer);
  detail.message = message;
  detail.nearest = std::move(nearest);
  return Error(ErrorCode::invalid_request,
               detail.path + ": " + message + did_you_mean(detail.nearest), {detail});
}

/// One object of an edit, member by member; the first mistake stays.
class EditReader {
 public:
  EditReader(std::string_view text, std::string pointer)
      : pointer_(std::move(pointer)), members_(members_of(text)) {
    if (!is_object_text(text)) mistake_ = refusal(pointer_, "must be an object");
  }

  const std::vector<RawMember>& members() const { return members_; }
  bool has(std::string_view key) const { return value(key) != std::string_view(); }

  std::string_view object(const std::string& key) {
    const std::string_view text = take(key);
    if (!is_object_text(text)) note(pointer_ + '/' + key, "must be an object");
    return text;
  }
  std::string text(const std::string& key) {
    const std::string_view token = take(key);
    if (is_string_text(token)) return string_of(token);
    note(pointer_ + '/' + key, "must be the id of a step, as text");
    return {};
  }
  /// Absent and null are the same.
  std::optional<std::string> optional_text(const std::string& key) {
    const std::string_view token = take(key);
    if (token.empty() || token == "null") return std::nullopt;
    return text(key);
  }
  StepPlace place() { return {optional_text("after"), optional_text("in")}; }

  void note(std::string pointer, const std::string& message, std::string nearest = {}) {
    if (!mistake_) mistake_ = refusal(std::move(pointer), message, std::move(nearest));
  }
  /// What nobody has asked for is a mistake.
  std::optional<Error> finish() {
    for (const RawMember& member : members_) {
      if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
      note(pointer_ + '/' + member.key, "is not known here", nearest_name(member.key, known_));
    }
    return std::move(mistake_);
  }

 private:
  std::string_view value(std::string_view key) const {
    for (const RawMember& member : members_) {
      if (member.key == key) return member.value;
    }
    return {};
  }
  std::string_view take(const std::string& key) {
    known_.push_back(key);
    return value(key);
  }

  const std::string pointer_;
  const std::vector<RawMember> members_;
  std::vector<std::string> known_;
  std::optional<Error> mistake_;
};

Result<DraftEdit> read_insert(std::string_view text, const std::string& pointer) {
  EditReader json(text, pointer);
  InsertStep insert{json.place(), std::string(json.object("step"))};
  if (auto mistake = json.finish()) return *mistake;
  return DraftEdit{std::move(insert), pointer};
}

Result<DraftEdit> read_rename(std::string_view text, const std::string& pointer) {
  EditReader json(text, pointer);
  RenameStep rename{json.text("from"), json.text("to")};
  if (auto mistake = json.finish()) return *mistake;
  return DraftEdit{std::move(rename), pointer};
}

/// `{"step", "after", "in"}`, or the step's id with the place beside it.
Result<DraftEdit> read_move(EditReader& edit, std::string_view text, const std::string& pointer) {
  if (is_object_text(text)) {
    EditReader json(text, pointer);
    MoveStep move{json.text("step"), json.place(), "step"};
    if (auto mistake = json.finish()) return *mistake;
    return DraftEdit{std::move(move), pointer};
  }
  MoveStep move{edit.text("move"), edit.place(), "move"};
  if (auto mistake = edit.finish()) return *mistake;
  return DraftEdit{std::move(move), pointer.substr(0, pointer.rfind('/'))};
}

Result<DraftEdit> read_edit(std::string_view text, const std::string& pointer) {
  EditReader edit(text, pointer);
  std::string name;
  for (const std::string& each : edit_names) {
    if (!edit.has(each)) continue;
    if (!name.empty())
      return refusal(pointer, "must be one edit: it names " + name + " and " + each);
    name = each;
  }
  if (name.empty()) {
    const std::string given = edit.members().empty() ? "" : edit.members().front().key;
    return refusal(pointer, "must be one of insert, duplicate, remove, move and rename",
                   nearest_name(given, edit_names));
  }
  const std::string place = pointer + '/' + name;
  if (name == "move") {
    for (const RawMember& member : edit.members()) {
      if (member.key == name) return read_move(edit, member.value, place);
    }
  }
  std::optional<DraftEdit> read;
  if (name == "remove") read = DraftEdit{RemoveStep{edit.text(name)}, pointer};
  if (name == "duplicate") {
    const std::string step = edit.text(name);
    read = DraftEdit{DuplicateStep{step, edit.optional_text("as").value_or("")}, pointer};
  }
  if (!read) {
    const std::string_view inner = edit.object(name);
    if (auto mistake = edit.finish()) return *mistake;
    return name == "insert" ? read_insert(inner, place) : read_rename(inner, place);
  }
  if (auto mistake = edit.finish()) return *mistake;
  return std::move(*read);
}

Result<std::vector<DraftEdit>> read_edits(std::string_view text) {
  const auto elements = elements_of(text);
  if (elements.size() > limits::draft_edits_max) {
    return Error(ErrorCode::limit_exceeded,
                 "at most " + std::to_string(limits::draft_edits_max) + " edits at a time, got " +
                     std::to_string(elements.size()) + ": send them in several requests");
  }
  std::vector<DraftEdit> edits;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    auto edit = read_edit(elements[i], "/edits/" + std::to_string(i));
    if (!edit) return edit.error();
    edits.push_back(std::move(*edit));
  }
  return edits;
}

}  // namespace

Result<DraftPatch> read_draft_patch(std::string_view body) {
  const auto written = read_draft_text(body);
  if (!written) return written.error();
  if (!is_object_text(written->text)) return refusal("", "the body must be an object");
  DraftPatch patch;
  for (const RawMember& member : members_of(written->text)) {
    const auto known = std::find_if(patched.begin(), patched.end(), [&](const PatchedMember& each) {
      return each.name == member.key;
    });
    if (known == patched.end()) {
      const auto all = patched_members();
      return refusal('/' + pointer_token(member.key),
                     member.key == "steps"
                         ? "steps are changed by \"edits\", or all at once by PUT"
                         : "is no member that PATCH changes; those are " + names(all),
                     nearest_name(member.key, all));
    }
    const bool may_be_removed = member.key != "edits";
    const bool is_removed = may_be_removed && member.value == "null";
    if (!is_removed && (member.value == "null" || kind_of_token(member.value) != known->kind)) {
      return refusal('/' + member.key, "must be " + std::string(known->expected) +
                                           (may_be_removed ? "; null removes it" : ""));
    }
    if (member.key == "edits") {
      auto edits = read_edits(member.value);
      if (!edits) return edits.error();
      patch.edits = std::move(*edits);
      continue;
    }
    patch.members.emplace_back(member.key, is_removed ? std::string_view() : member.value);
  }
  return patch;
}

}  // namespace millrace
