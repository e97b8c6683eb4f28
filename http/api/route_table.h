#pragma once
// Finds the route of a request. Built once from the routes' constants as a tree over the segments of
// their patterns; a look-up walks the request's path once and allocates nothing but decoded values
// that are longer than a short string.
//
// A path is one resource, whatever the method: segment by segment a literal is preferred to a
// `{name}`, and that to a `{name...}`. The method is looked at last: the method itself, then GET for
// HEAD, then ANY.
//
// A `{name}` is percent-decoded after the path is split, so `%2F` in it is a slash of the value. A
// `{name...}` may be empty and is given **as it was sent**, since decoding would make `%2F` and `/`
// the same; it is checked to be decodable, and `.` and `..` in it are left to the handler. Segments
// are compared undecoded with literals: `/health%7A` is no route.
//
// Pure and immutable: any thread.

#include "http/api/route.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// `{name}`s in one pattern. More are refused when the table is built.
inline constexpr std::size_t path_values_max = 4;

/// What stood in the place of a pattern's names: "workflow" -> "lead-to-crm".
class PathValues {
 public:
  using Value = std::pair<std::string_view, std::string>;

  void add(std::string_view name, std::string value) {
    values_[size_++] = {name, std::move(value)};
  }
  std::size_t size() const { return size_; }
  const Value& operator[](std::size_t i) const { return values_[i]; }
  const Value* begin() const { return values_.data(); }
  const Value* end() const { return values_.data() + size_; }

 private:
  std::array<Value, path_values_max> values_;
  std::size_t size_ = 0;
};

struct RouteMatch {
  const Route* route = nullptr;
  PathValues path_values;
};

class RouteTable {
 public:
  /// `routes` outlive the table. Two routes of one method and path, and patterns that are none, are
  /// bugs: CHECK.
  explicit RouteTable(std::span<const Route> routes);

  std::span<const Route> routes() const { return routes_; }

  /// Errors: not_found; method_not_allowed, whose message names what is allowed; invalid_request for
  /// a broken percent-encoding.
  Result<RouteMatch> match(std::string_view method, std::string_view path) const;

  /// The methods that `path` has routes for, e.g. "GET, PUT"; empty when there are none.
  std::string allowed_methods(std::string_view path) const;

 private:
  using NodeIndex = std::uint16_t;
  static constexpr NodeIndex no_node = 0;  // the root is nobody's child

  /// A route with what its pattern names, in the order in which a walk meets the values.
  struct Entry {
    const Route* route = nullptr;
    std::array<std::string_view, path_values_max> names;
    std::size_t name_count = 0;
    bool ends_in_rest = false;
  };
  struct Node {
    std::vector<std::pair<std::string_view, NodeIndex>> literals;
    NodeIndex variable = no_node;
    NodeIndex rest = no_node;
    std::vector<Entry> entries;  // of paths that end here, in the table's order
  };
  /// The undecoded values of one walk.
  struct Values {
    std::array<std::string_view, path_values_max> raw;
    std::size_t size = 0;
  };

  void add(const Route& route);
  NodeIndex child_for(NodeIndex parent, std::string_view segment);
  /// The node where `path` ends, `path` being what is left of it behind a slash.
  const Node* find(const Node& from, std::string_view path, Values& values) const;
  const Node* find(std::string_view path, Values& values) const;
  static const Entry* of_method(const Node& node, std::string_view method);

  std::span<const Route> routes_;
  std::vector<Node> nodes_;
};

}  // namespace millrace
