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
      add_mistake(pointer,
                  "nested deeper than " + std::to_string(limits::json_depth_max) + " levels");
      return nullptr;
    }
    return value.is_array() ? skeleton_of_array(value.get_array(), pointer)
                            : skeleton_of_object(value.get_object(), pointer);
  }

 private:
  Json skeleton_of_text(const boost::json::string& text, const std::string& pointer) {
    const std::string_view view(text.data(), text.size());
    if (view.find("{{") == std::string_view::npos) return Json(text, {});
    if (view.size() > limits::template_bytes_max) {
      add_mistake(pointer, "a text with references may have at most " +
                               std::to_string(limits::template_bytes_max) + " bytes");
      return nullptr;
    }
    TemplateText parsed = parse_template_text(view);
    for (auto& mistake : parsed.mistakes) add_mistake(pointer, std::move(mistake));
    if (parsed.is_constant()) return Json(parsed.literals[0], {});
    holes.push_back({place_, pointer, std::move(parsed)});
    return nullptr;
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

/// Applies the path to each output inside `levels` nested arrays. Whatever is not an array where
/// one is expected stands for something that did not run.
Json map_outputs(const Json& outputs, std::uint32_t levels, const std::vector<PathSegment>& path) {
  if (levels == 0) return Json(follow(outputs, path), {});
  const auto* const array = outputs.if_array();
  if (array == nullptr) return nullptr;
  JsonArray mapped;
  mapped.reserve(array->size());
  for (const Json& element : *array) mapped.push_back(map_outputs(element, levels - 1, path));
  return mapped;
}

Json render_reference(const Reference& reference, const Scope& scope) {
  return map_outputs(scope.root_value(reference), reference.array_levels, reference.path);
}

void append_as_text(boost::json::string& out, const Json& value) {
  if (const auto* const text = value.if_string()) {
    out.append(*text);
  } else if (!value.is_null()) {
    out.append(to_text(value));
  }
}

void append_reference(boost::json::string& out, const Reference& reference, const Scope& scope) {
  if (reference.array_levels == 0) {
    append_as_text(out, follow(scope.root_value(reference), reference.path));
  } else {
    append_as_text(out, render_reference(reference, scope));
  }
}

Json render_text(const TemplateText& text, const Scope& scope) {
  if (text.is_reference()) return render_reference(text.references[0], scope);
  boost::json::string out;
  out.append(text.literals[0]);
  for (std::size_t i = 0; i < text.references.size(); ++i) {
    append_reference(out, text.references[i], scope);
    out.append(text.literals[i + 1]);
  }
  return out;
}

}  // namespace

struct Template::Compiled {
  Json skeleton;
  std::vector<Hole> holes;
};

Template::Template() = default;

Result<Template> Template::compile(const Json& value, const std::string& pointer) {
  Compiler compiler;
  Json skeleton = compiler.skeleton_of(value, pointer);
  if (!compiler.mistakes.empty()) {
    std::string message = compiler.mistakes.front().message;
    return Error(ErrorCode::template_error, std::move(message), std::move(compiler.mistakes));
  }
  Template compiled;
  compiled.compiled_ =
      std::make_shared<Compiled>(Compiled{std::move(skeleton), std::move(compiler.holes)});
  return compiled;
}

Json Template::render(const Scope& scope) const {
  if (compiled_ == nullptr) return nullptr;
  Json rendered(compiled_->skeleton, {});
  for (const Hole& hole : compiled_->holes) {
    value_at(rendered, hole.place) = render_text(hole.text, scope);
  }
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
