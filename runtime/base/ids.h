#pragma once
// Identities. Each kind of id is a type of its own, so that a user id can never be passed where a
// project id is meant. The tenant (project) comes first in every signature and in every key.

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {

/// A textual id. `Kind` only separates the types.
template <class Kind>
struct TextId {
  std::string text;

  TextId() = default;
  explicit TextId(std::string value) : text(std::move(value)) {}

  bool empty() const { return text.empty(); }
  auto operator<=>(const TextId&) const = default;
};

using ProjectId = TextId<struct ProjectKind>;
using UserId = TextId<struct UserKind>;  // the `sub` claim of a user token
using WorkflowId = TextId<struct WorkflowKind>;
using StepId = TextId<struct StepKindTag>;  // unique within one workflow
using SigningKeyId = TextId<struct SigningKeyKind>;

/// Number of an immutable workflow version; 1 is the first deployed one.
using WorkflowVersion = std::uint32_t;

/// Position of a step in its workflow: preorder over the whole tree, so that the steps inside a
/// fan-out or a branch form one consecutive range.
using StepIndex = std::uint32_t;

}  // namespace millrace

template <class Kind>
struct std::hash<millrace::TextId<Kind>> {
  std::size_t operator()(const millrace::TextId<Kind>& id) const noexcept {
    return std::hash<std::string_view>{}(id.text);
  }
};
