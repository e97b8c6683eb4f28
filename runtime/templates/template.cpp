#include "runtime/templates/template.h"

#include "runtime/base/limits.h"
#include "runtime/templates/template_text.h"

#include <utility>

namespace millrace {
namespace {

/// A string that is not constant, and its place in the skeleton: at each level the position of the
/// element or member. Positions survive copying, and reaching them costs no look-up of keys.
struct Hole {
  std::vector<std::uint32_t> place;
  std::string pointer;
  TemplateText text;
};

/// Finds the holes of a value and makes its skeleton: the value with null in their places.
class Compiler {
 public:
  std::vector<Hole> holes;
  std::vector<ErrorDetail> mistakes;

  Json skeleton_of(const Json& value, const std::string& pointer) {
    if (const auto* const text = value.if_string()) return skeleton_of_text(*text, pointer);
    if (!value.is_structured()) return Json(value, {});
    // Also bounds the recursion, here and wherever the rendered value is written.
    if (place_.size() == limits::json_depth_max) {
      return unreadable(pointer,
                        "nested deeper than " + std::to_string(limits::json_depth_max) + " levels");
    }
    return value.is_array() ? skeleton_of_array(value.get_array(), pointer)
                            : skeleton_of_object(value.get_object(), pointer);
  }

 private:
  Json skeleton_of_text(const boost::json::string& text, const std::string& pointer) {
    const std::string_view view(text.data(), text.size());
    if (view.find("{{") == std::string_view::npos) return Json(text, {});
    if (view.size() > limits::template_bytes_max) {
      return unreadable(pointer, "a text with references may have at most " +
                                     std::to_string(limits::template_bytes_max) + " bytes");
    }
    TemplateText parsed = parse_template_text(view);
    const bool is_sound = parsed.mistakes.empty();
    for (auto& mistake : parsed.mistakes) add_mistake(pointer, std::move(mistake));
    if (is_sound && parsed.is_constant()) return Json(parsed.literals[0], {});
    return hole(pointer, std::move(parsed));
  }

  Json hole(const std::string& pointer, TemplateText text) {
    holes.push_back({place_, pointer, std::move(text)});
    return nullptr;
  }

  /// A hole without references, so that nobody takes the null in its place for what was written.
  Json unreadable(const std::string& pointer, std::string message) {
    add_mistake(pointer, std::move(message));
    TemplateText nothing;
    nothing.literals.emplace_back();
    return hole(pointer, std::move(nothing));
  }

  Json skeleton_of_array(const JsonArray& array, const std::string& pointer) {
    JsonArray skeleton;
    skeleton.reserve(array.size());
    place_.push_back(0);
    for (const Json& element : array) {
      skeleton.push_back(skeleton_of(element, pointer + '/' + std::to_string(place_.back())));
      ++place_.back();
    }
    place_.pop_back();
    return skeleton;
  }

  Json skeleton_of_object(const JsonObject& object, const std::string& pointer) {
    JsonObject skeleton;
    skeleton.reserve(object.size());
    place_.push_back(0);
    for (const auto& member : object) {
      skeleton.emplace(member.key(),
                       skeleton_of(member.value(), pointer + '/' + pointer_token(member.key())));
      ++place_.back();
    }
    place_.pop_back();
    return skeleton;
  }

  void add_mistake(const std::string& pointer, std::string message) {
    ErrorDetail detail;
    detail.path = pointer;
    detail.message = std::move(message);
    mistakes.push_back(std::move(detail));
  }

  std::vector<std::uint32_t> place_;
};

Json& value_at(Json& root, const std::vector<std::uint32_t>& place) {
  Json* at = &root;
  for (const std::uint32_t position : place) {
    at = at->is_array() ? &at->get_array()[position]
                        : &(at->get_object().begin() + position)->value();
  }
  return *at;
}

/// Fills holes with values, and counts what it puts in.
class Filler {
 public:
  explicit Filler(const Scope& scope) : scope_(scope) {}

  Json fill(const TemplateText& text) {
    if (text.is_reference()) return value_of(text.references[0]);
    boost::json::string out;
    add(out, text.literals[0]);
    for (std::size_t i = 0; i < text.references.size(); ++i) {
      append(out, text.references[i]);
      add(out, text.literals[i + 1]);
    }
    return out;
  }

 private:
  void take(std::size_t bytes) {
    if (bytes > left_) throw RenderedTooMuch();
    left_ -= bytes;
  }

  /// About what the value takes as text, and in memory no more than some times that.
  void take_value(const Json& value) {
    take(sizeof(Json));
    if (const auto* const text = value.if_string()) {
      take(text->size());
    } else if (const auto* const array = value.if_array()) {
      for (const Json& element : *array) take_value(element);
    } else if (const auto* const object = value.if_object()) {
      for (const auto& member : *object) {
        take(member.key().size());
        take_value(member.value());
      }
    }
  }

  Json value_of(const Reference& reference) {
    const Json& root = scope_.root_value(reference);
    if (reference.array_levels == 0) return copy(follow(root, reference.path));
    return mapped_value(root, reference);
  }

  /// After a fan-out `inner.result` is the array of all results, so that in `{{inner.result[0].id}}` the
  /// index is one into that array: indexes directly behind the output's name pick elements, as many as
  /// there are levels. One further behind (`result.ids[0]`) is one into each output.
  Json mapped_value(const Json& root, const Reference& reference) {
    const Json* outputs = &root;
    std::uint32_t levels = reference.array_levels;
    std::vector<PathSegment> path = reference.path;
    while (levels > 0 && path.size() > 1) {
      const auto* const element = std::get_if<std::size_t>(&path[1]);
      if (element == nullptr) break;
      outputs = &follow(*outputs, {path[1]});
      path.erase(path.begin() + 1);
      --levels;
    }
    return map_outputs(*outputs, levels, path);
  }

  Json copy(const Json& value) {
    take_value(value);
    return Json(value, {});
  }

  /// Applies the path to each output inside `levels` nested arrays. Whatever is not an array where
  /// one is expected stands for something that did not run.
  Json map_outputs(const Json& outputs, std::uint32_t levels,
                   const std::vector<PathSegment>& path) {
    if (levels == 0) return copy(follow(outputs, path));
    const auto* const array = outputs.if_array();
    if (array == nullptr) return nullptr;
    JsonArray mapped;
    mapped.reserve(array->size());
    for (const Json& element : *array) mapped.push_back(map_outputs(element, levels - 1, path));
    return mapped;
  }

  void add(boost::json::string& out, std::string_view text) {
    take(text.size());
    out.append(text);
  }

  void append(boost::json::string& out, const Reference& reference) {
    if (reference.escape != QueryEscape::none) {
      boost::json::string plain;
      append_as_text(plain, value_of(reference));
      add(out, scope_.escaped_text(reference, query_escaped(reference.escape, plain)));
    } else if (reference.array_levels == 0) {
      append_as_text(out, follow(scope_.root_value(reference), reference.path));
    } else {
      append_as_text(out, value_of(reference));
    }
  }

  void append_as_text(boost::json::string& out, const Json& value) {
    if (const auto* const text = value.if_string()) {
      add(out, *text);
    } else if (!value.is_null()) {
      add(out, to_text(value));
    }
  }

  const Scope& scope_;
  std::size_t left_ = limits::rendered_bytes_max;
};

}  // namespace

struct Template::Compiled {
  Json skeleton;
  std::vector<Hole> holes;
};

RenderedTooMuch::RenderedTooMuch()
    : std::length_error("a value of more than " + std::to_string(limits::rendered_bytes_max) +
                        " bytes would be rendered") {}

Template::Template() = default;

Result<Template> Template::compile(const Json& value, const std::string& pointer) {
  std::vector<ErrorDetail> mistakes;
  Template compiled = compile(value, pointer, mistakes);
  if (mistakes.empty()) return compiled;
  std::string message = mistakes.front().message;
  return Error(ErrorCode::template_error, std::move(message), std::move(mistakes));
}

Template Template::compile(const Json& value, const std::string& pointer,
                           std::vector<ErrorDetail>& mistakes) {
  Compiler compiler;
  Json skeleton = compiler.skeleton_of(value, pointer);
  for (ErrorDetail& mistake : compiler.mistakes) mistakes.push_back(std::move(mistake));
  Template compiled;
  compiled.compiled_ =
      std::make_shared<Compiled>(Compiled{std::move(skeleton), std::move(compiler.holes)});
  return compiled;
}

Json Template::render(const Scope& scope) const {
  if (compiled_ == nullptr) return nullptr;
  Json rendered(compiled_->skeleton, {});
  Filler filler(scope);
  for (const Hole& hole : compiled_->holes) value_at(rendered, hole.place) = filler.fill(hole.text);
  return rendered;
}

bool Template::is_constant() const { return compiled_ == nullptr || compiled_->holes.empty(); }

Json Template::constant() const {
  return compiled_ == nullptr ? Json(nullptr) : compiled_->skeleton;
}

bool Template::is_reference() const {
  return !is_constant() && compiled_->holes.front().place.empty() &&
         compiled_->holes.front().text.is_reference();
}

void Template::visit_references(
    const std::function<void(Reference&, const std::string& pointer)>& visit) {
  if (compiled_ == nullptr) return;
  for (Hole& hole : compiled_->holes) {
    for (Reference& reference : hole.text.references) visit(reference, hole.pointer);
  }
}

}  // namespace millrace
