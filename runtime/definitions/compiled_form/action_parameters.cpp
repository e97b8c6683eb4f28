#include "runtime/definitions/compiled_form/action_parameters.h"

#include "runtime/definitions/compiled_form/read_conditions.h"

namespace millrace::compiled_form {
namespace {

bool is_condition(const Json& source) {
  const auto* const object = source.if_object();
  return object != nullptr && text_member(*object, "type") == "CONDITION";
}

/// Null for a filter that nobody has filled in.
Json filter(const SourceReader& sources, const JsonObject& source, const std::string& pointer) {
  const Json* const tree = source.if_contains("condition");
  if (tree == nullptr || says_nothing(*tree)) return nullptr;
  return read_condition_tree(sources, *tree, pointer + "/condition");
}

}  // namespace

Json action_parameters(const SourceReader& sources, const Json& given, const std::string& pointer) {
  if (is_source(given)) return sources.value(given, pointer);
  JsonObject all;
  for (const Row& row : sources.rows(given, pointer)) {
    Json value = is_condition(*row.source) ? filter(sources, row.source->get_object(), row.pointer)
                                           : sources.value(*row.source, row.pointer);
    if (!all.emplace(row.key, std::move(value)).second) {
      sources.report(FindingCode::not_understood, row.pointer,
                     "the key `" + row.key + "` is listed twice");
    }
  }
  return all;
}

}  // namespace millrace::compiled_form
