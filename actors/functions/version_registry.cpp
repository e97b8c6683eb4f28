#include "actors/functions/version_registry.h"

namespace millrace {
namespace {

void append_field(std::string& key, const std::string& field) {
  key += std::to_string(field.size());
  key += ':';
  key += field;
}

std::string content_key(const FunctionSource& source) {
  std::string key;
  key.reserve(source.code.size() + source.identity.size() + source.project.text.size() + 96);
  append_field(key, source.project.text);
  append_field(key, source.identity);
  append_field(key, source.code);
  for (const auto number : {static_cast<std::uint64_t>(source.isolation),
                            static_cast<std::uint64_t>(source.limits.time.count()),
                            static_cast<std::uint64_t>(source.limits.memory_bytes),
                            static_cast<std::uint64_t>(source.limits.output_bytes)}) {
    key += std::to_string(number);
    key += ',';
  }
  return key;
}

bool is_same_object(const std::weak_ptr<const FunctionSource>& left,
                    const std::shared_ptr<const FunctionSource>& right) {
  return !left.owner_before(right) && !right.owner_before(left);
}

}  // namespace

std::shared_ptr<FunctionVersion> VersionRegistry::find_or_add(
    const std::shared_ptr<const FunctionSource>& source) {
  const Alias* const alias = by_object_.find(source.get());
  if (alias != nullptr && is_same_object(alias->object, source)) return alias->version;
  std::string key = content_key(*source);
  std::shared_ptr<FunctionVersion> version;
  if (const auto* const known = by_content_.find(key)) {
    version = *known;
  } else {
    version = std::make_shared<FunctionVersion>(++last_id_, source);
    by_content_.put(std::move(key), version);
  }
  by_object_.put(source.get(), Alias{source, version});
  return version;
}

}  // namespace millrace
