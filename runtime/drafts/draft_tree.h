#pragma once
// The text of a draft, taken apart as far as edits have to reach: the workflow, its lists of steps, the steps,
// their branches. Everything else stays text as it was written. Pure.
//
// Drafts are unfinished: a step may lack its id or its type, or be no object at all. Nothing here fails;
// what is not as it should be has no lists inside and is written as it was.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct DraftNode;

/// One member of the workflow, of a step or of a branch.
struct DraftMember {
  enum class Holds : std::uint8_t { value, steps, branches };

  std::string key;
  std::string key_token;  // as it was written, with its quotes
  Holds holds = Holds::value;
  std::string value;             // its text; of a list in `nodes` not used
  std::vector<DraftNode> nodes;  // steps, or branches of a conditional
};

struct DraftNode {
  std::vector<DraftMember> members;
  std::string text;  // of what is no object; then it has no members

  DraftMember* find(std::string_view key);
  const DraftMember* find(std::string_view key) const;
  /// What a member that is a string stands for; empty if there is none.
  std::string text_of(std::string_view key) const;
  std::string id() const { return text_of("id"); }
  /// Replaces the member's value, or adds the member at the end.
  void set(std::string_view key, std::string value);
  void remove(std::string_view key);
};

/// Of the compact text of a JSON object.
DraftNode read_draft(std::string_view text);
/// Of a step alone.
DraftNode read_step_node(std::string_view text);
std::string text_of(const DraftNode& node);
/// The bytes of its text.
std::size_t size_of(const DraftNode& node);

/// A list of steps inside a node, with the words that edits have for it.
struct StepList {
  std::string name;     // "then", "else", a branch's label; empty: the node's only one
  std::string pointer;  // below the node: "/then", "/branches/1/steps"
  std::vector<DraftNode>* steps = nullptr;
};
/// Those that are there, in the order in which their steps are numbered.
std::vector<StepList> step_lists(DraftNode& node);
/// The workflow's own list, made if it is not there yet. Null: something else stands there.
std::vector<DraftNode>* workflow_steps(DraftNode& workflow);
/// The list of a step that edits call `name`: empty for a fan-out's, "then", "else" or a branch's label for a
/// conditional's. Made if it is not there yet; null: the step has no such list.
std::vector<DraftNode>* steps_in(DraftNode& step, std::string_view name);
/// What `in` of an edit may say of a step ("each", "worked.then"); none: it holds no steps.
std::vector<std::string> list_names_of(DraftNode& step);

/// Calls `visit` for each step inside, outer ones first, in the order in which steps are numbered (2 is the first),
/// with its JSON pointer below `pointer`.
void visit_steps(DraftNode& node, const std::string& pointer,
                 const std::function<void(DraftNode& step, const std::string& pointer)>& visit);

/// Calls `visit` for each member of a step or its branches whose strings are templates: not those that name or
/// describe it, and no code. Steps inside are not visited.
void visit_templates(
    DraftNode& step, const std::string& pointer,
    const std::function<void(std::string& value, const std::string& pointer)>& visit);

/// How many lists of steps are inside each other at most.
std::size_t nesting_of(DraftNode& node);

}  // namespace millrace
