#include "runtime/drafts/draft_tree.h"

#include "runtime/base/json.h"
#include "runtime/drafts/raw_json.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

using Holds = DraftMember::Holds;

enum class NodeKind : std::uint8_t { workflow, fan_out, conditional, branch, plain };

constexpr std::array<std::string_view, 5> not_rendered{"id", "type", "description", "code",
                                                       "codeFile"};

NodeKind kind_of_step(std::string_view type) {
  if (type == "fanOut") return NodeKind::fan_out;
  return type == "conditional" ? NodeKind::conditional : NodeKind::plain;
}

Holds held_under(NodeKind kind, std::string_view key) {
  switch (kind) {
    case NodeKind::workflow:
    case NodeKind::fan_out:
    case NodeKind::branch:
      return key == "steps" ? Holds::steps : Holds::value;
    case NodeKind::conditional:
      if (key == "branches") return Holds::branches;
      return key == "then" || key == "else" ? Holds::steps : Holds::value;
    case NodeKind::plain:
      break;
  }
  return Holds::value;
}

DraftNode read_node(std::string_view text, NodeKind kind);

DraftNode read_inner(std::string_view text, Holds holds) {
  return holds == Holds::branches ? read_node(text, NodeKind::branch) : read_step_node(text);
}

DraftNode read_node(std::string_view text, NodeKind kind) {
  DraftNode node;
  if (!is_object_text(text)) {
    node.text = text;
    return node;
  }
  for (RawMember& raw : members_of(text)) {
    DraftMember member;
    member.holds = is_array_text(raw.value) ? held_under(kind, raw.key) : Holds::value;
    member.key = std::move(raw.key);
    member.key_token = raw.key_token;
    if (member.holds == Holds::value) {
      member.value = raw.value;
    } else {
      for (const std::string_view each : elements_of(raw.value)) {
        member.nodes.push_back(read_inner(each, member.holds));
      }
    }
    node.members.push_back(std::move(member));
  }
  return node;
}

void append_text(std::string& out, const DraftNode& node) {
  if (node.members.empty() && !node.text.empty()) {
    out += node.text;
    return;
  }
  out.push_back('{');
  const char* between = "";
  for (const DraftMember& member : node.members) {
    out += between;
    between = ",";
    out += member.key_token;
    out.push_back(':');
    if (member.holds == Holds::value) {
      out += member.value;
      continue;
    }
    out.push_back('[');
    for (const DraftNode& each : member.nodes) {
      if (&each != member.nodes.data()) out.push_back(',');
      append_text(out, each);
    }
    out.push_back(']');
  }
  out.push_back('}');
}

/// Made if it is not there; null: something else is.
std::vector<DraftNode>* list_under(DraftNode& holder, std::string_view key) {
  if (DraftMember* const there = holder.find(key)) {
    return there->holds == Holds::steps ? &there->nodes : nullptr;
  }
  if (!holder.text.empty()) return nullptr;  // no object
  DraftMember& list = holder.members.emplace_back();
  list.key = key;
  list.key_token = string_token(key);
  list.holds = Holds::steps;
  return &list.nodes;
}

}  // namespace

DraftMember* DraftNode::find(std::string_view key) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const DraftMember& each) { return each.key == key; });
  return found == members.end() ? nullptr : &*found;
}

const DraftMember* DraftNode::find(std::string_view key) const {
  return const_cast<DraftNode*>(this)->find(key);
}

std::string DraftNode::text_of(std::string_view key) const {
  const DraftMember* const member = find(key);
  return member == nullptr ? std::string() : string_of(member->value);
}

void DraftNode::set(std::string_view key, std::string value) {
  if (DraftMember* const member = find(key)) {
    member->holds = Holds::value;
    member->nodes.clear();
    member->value = std::move(value);
    return;
  }
  DraftMember member;
  member.key = key;
  member.key_token = string_token(key);
  member.value = std::move(value);
  members.push_back(std::move(member));
}

void DraftNode::remove(std::string_view key) {
  std::erase_if(members, [&](const DraftMember& each) { return each.key == key; });
}

DraftNode read_draft(std::string_view text) { return read_node(text, NodeKind::workflow); }

DraftNode read_step_node(std::string_view text) {
  std::string type;
  for (const RawMember& member : members_of(text)) {
    if (member.key == "type") type = string_of(member.value);
  }
  return read_node(text, kind_of_step(type));
}

std::string text_of(const DraftNode& node) {
  std::string text;
  append_text(text, node);
  return text;
}

std::size_t size_of(const DraftNode& node) {
  if (node.members.empty()) return std::max<std::size_t>(node.text.size(), 2);
  std::size_t bytes = 1;
  for (const DraftMember& member : node.members) {
    bytes += member.key_token.size() + 2;  // with the colon, and a comma or the closing brace
    if (member.holds == Holds::value) {
      bytes += member.value.size();
      continue;
    }
    bytes += member.nodes.empty() ? 2 : 1;
    for (const DraftNode& each : member.nodes) bytes += size_of(each) + 1;
  }
  return bytes;
}

std::vector<StepList> step_lists(DraftNode& node) {
  std::vector<StepList> lists;
  for (DraftMember& member : node.members) {
    const std::string pointer = '/' + member.key;
    if (member.holds == Holds::steps) {
      lists.push_back({member.key == "steps" ? "" : member.key, pointer, &member.nodes});
    }
    if (member.holds != Holds::branches) continue;
    for (std::size_t i = 0; i < member.nodes.size(); ++i) {
      DraftMember* const steps = member.nodes[i].find("steps");
      if (steps == nullptr || steps->holds != Holds::steps) continue;
      lists.push_back({member.nodes[i].text_of("label"),
                       pointer + '/' + std::to_string(i) + "/steps", &steps->nodes});
    }
  }
  // `else` may be written first, and is numbered last.
  std::stable_partition(lists.begin(), lists.end(),
                        [](const StepList& list) { return list.pointer != "/else"; });
  return lists;
}

std::vector<DraftNode>* workflow_steps(DraftNode& workflow) {
  return list_under(workflow, "steps");
}

std::vector<DraftNode>* steps_in(DraftNode& step, std::string_view name) {
  const NodeKind kind = kind_of_step(step.text_of("type"));
  if (kind == NodeKind::fan_out && name.empty()) return list_under(step, "steps");
  if (kind != NodeKind::conditional) return nullptr;
  DraftMember* const branches = step.find("branches");
  if (branches != nullptr) {
    for (DraftNode& branch : branches->nodes) {
      if (!name.empty() && branch.text_of("label") == name) return list_under(branch, "steps");
    }
  }
  const bool is_own = name == "else" || (name == "then" && branches == nullptr);
  return is_own ? list_under(step, name) : nullptr;
}

std::vector<std::string> list_names_of(DraftNode& step) {
  const std::string id = step.id();
  const NodeKind kind = kind_of_step(step.text_of("type"));
  if (kind == NodeKind::fan_out) return {id};
  if (kind != NodeKind::conditional) return {};
  std::vector<std::string> names;
  const DraftMember* const branches = step.find("branches");
  if (branches == nullptr) {
    names.push_back(id + ".then");
  } else {
    for (const DraftNode& branch : branches->nodes) {
      names.push_back(id + '.' + branch.text_of("label"));
    }
  }
  names.push_back(id + ".else");
  return names;
}

void visit_steps(DraftNode& node, const std::string& pointer,
                 const std::function<void(DraftNode& step, const std::string& pointer)>& visit) {
  for (const StepList& list : step_lists(node)) {
    for (std::size_t i = 0; i < list.steps->size(); ++i) {
      const std::string place = pointer + list.pointer + '/' + std::to_string(i);
      visit((*list.steps)[i], place);
      visit_steps((*list.steps)[i], place, visit);
    }
  }
}

void visit_templates(
    DraftNode& step, const std::string& pointer,
    const std::function<void(std::string& value, const std::string& pointer)>& visit) {
  for (DraftMember& member : step.members) {
    const std::string place = pointer + '/' + pointer_token(member.key);
    if (member.holds == Holds::value) {
      const bool is_template =
          std::find(not_rendered.begin(), not_rendered.end(), member.key) == not_rendered.end();
      if (is_template) visit(member.value, place);
    } else if (member.holds == Holds::branches) {
      for (std::size_t i = 0; i < member.nodes.size(); ++i) {
        for (DraftMember& part : member.nodes[i].members) {
          if (part.holds != Holds::value || part.key == "label") continue;
          visit(part.value, place + '/' + std::to_string(i) + '/' + pointer_token(part.key));
        }
      }
    }
  }
}

std::size_t nesting_of(DraftNode& node) {
  std::size_t deepest = 0;
  for (const StepList& list : step_lists(node)) {
    deepest = std::max<std::size_t>(deepest, 1);
    for (DraftNode& step : *list.steps) deepest = std::max(deepest, 1 + nesting_of(step));
  }
  return deepest;
}

}  // namespace millrace
