#include "http/api/route_table.h"

#include "http/wire/url_text.h"
#include "runtime/base/check.h"

namespace millrace {
namespace {

constexpr std::string_view any_method = "ANY";
constexpr std::string_view all_methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

bool is_name(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
bool is_rest(std::string_view segment) { return is_name(segment) && segment.ends_with("...}"); }

/// Takes the next segment off; `is_last` when nothing follows, not even a slash.
std::string_view take_segment(std::string_view& path, bool& is_last) {
  const auto slash = path.find('/');
  is_last = slash == std::string_view::npos;
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(is_last ? path.size() : slash + 1);
  return segment;
}

/// "workflow" of `{workflow}` and of `{workflow...}`.
std::string_view name_of(std::string_view segment) {
  const std::size_t behind = is_rest(segment) ? 4 : 1;
  return segment.substr(1, segment.size() - 1 - behind);
}

}  // namespace

RouteTable::RouteTable(std::span<const Route> routes) : routes_(routes), nodes_(1) {
  for (const Route& route : routes_) add(route);
}

void RouteTable::add(const Route& route) {
  const std::string label = std::string(route.method) + " " + std::string(route.pattern);
  CHECK(route.handler != nullptr, label + " has no handler");
  CHECK(route.pattern.starts_with('/'), label + " does not begin with a slash");
  std::string_view left = route.pattern.substr(1);
  NodeIndex node = 0;
  Entry entry;
  entry.route = &route;
  for (bool is_last = false; !is_last;) {
    const std::string_view segment = take_segment(left, is_last);
    entry.ends_in_rest = is_rest(segment);
    CHECK(is_last || !entry.ends_in_rest, label + " goes on behind the rest of the path");
    if (is_name(segment)) {
      CHECK(entry.name_count < path_values_max, label + " has too many names");
      entry.names[entry.name_count++] = name_of(segment);
    }
    node = child_for(node, segment);
  }
  for (const Entry& other : nodes_[node].entries) {
    CHECK(other.route->method != route.method, label + " is in the table twice");
  }
  nodes_[node].entries.push_back(entry);
}

RouteTable::NodeIndex RouteTable::child_for(NodeIndex parent, std::string_view segment) {
  const auto next = static_cast<NodeIndex>(nodes_.size());
  CHECK(next != no_node, "more segments than a route table holds");
  if (is_name(segment)) {
    NodeIndex& child = is_rest(segment) ? nodes_[parent].rest : nodes_[parent].variable;
    if (child != no_node) return child;
    child = next;
  } else {
    for (const auto& [literal, child] : nodes_[parent].literals) {
      if (literal == segment) return child;
    }
    nodes_[parent].literals.emplace_back(segment, next);
  }
  nodes_.emplace_back();
  return next;
}

const RouteTable::Node* RouteTable::find(const Node& from, std::string_view path,
                                         Values& values) const {
  // As deep as the longest pattern, and twice per level at most where patterns overlap: what a
  // client sends has no part in the cost.
  std::string_view left = path;
  bool is_last = false;
  const std::string_view segment = take_segment(left, is_last);
  const auto descend = [&](NodeIndex index) -> const Node* {
    const Node& child = nodes_[index];
    if (!is_last) return find(child, left, values);
    return child.entries.empty() ? nullptr : &child;
  };
  for (const auto& [literal, child] : from.literals) {
    if (literal != segment) continue;
    if (const Node* const found = descend(child)) return found;
    break;
  }
  if (from.variable != no_node && !segment.empty()) {
    values.raw[values.size++] = segment;
    if (const Node* const found = descend(from.variable)) return found;
    --values.size;
  }
  if (from.rest == no_node) return nullptr;
  values.raw[values.size++] = path;
  return &nodes_[from.rest];
}

const RouteTable::Node* RouteTable::find(std::string_view path, Values& values) const {
  if (!path.starts_with('/')) return nullptr;
  return find(nodes_.front(), path.substr(1), values);
}

const RouteTable::Entry* RouteTable::of_method(const Node& node, std::string_view method) {
  const auto named = [&](std::string_view wanted) -> const Entry* {
    for (const Entry& entry : node.entries) {
      if (entry.route->method == wanted) return &entry;
    }
    return nullptr;
  };
  const Entry* entry = named(method);
  if (entry == nullptr && method == "HEAD") entry = named("GET");
  return entry == nullptr ? named(any_method) : entry;
}

Result<RouteMatch> RouteTable::match(std::string_view method, std::string_view path) const {
  Values values;
  const Node* const node = find(path, values);
  if (node == nullptr) {
    return Error(ErrorCode::not_found, "there is no such route; GET / lists them all");
  }
  const Entry* const entry = of_method(*node, method);
  if (entry == nullptr) {
    return Error(ErrorCode::method_not_allowed,
                 std::string(method) + " is not possible here; allowed: " + allowed_methods(path));
  }
  RouteMatch found;
  found.route = entry->route;
  for (std::size_t i = 0; i < entry->name_count; ++i) {
    const std::string_view raw = values.raw[i];
    auto decoded = percent_decode(raw);
    if (!decoded) return decoded.error();
    const bool is_the_rest = entry->ends_in_rest && i + 1 == entry->name_count;
    found.path_values.add(entry->names[i], is_the_rest ? std::string(raw) : std::move(*decoded));
  }
  return found;
}

std::string RouteTable::allowed_methods(std::string_view path) const {
  Values values;
  const Node* const node = find(path, values);
  std::string methods;
  if (node == nullptr) return methods;
  for (const Entry& entry : node->entries) {
    if (entry.route->method == any_method) return std::string(all_methods);
    if (!methods.empty()) methods += ", ";
    methods += entry.route->method;
  }
  return methods;
}

}  // namespace millrace
