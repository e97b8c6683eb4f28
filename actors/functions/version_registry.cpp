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
  const auto alias = by_object_.find(source.get());
  if (alias != by_object_.end() && is_same_object(alias->second.object, source)) {
    return alias->second.version;
  }
  std::string key = content_key(*source);
  auto known = by_content_.find(key);
  if (known == by_content_.end()) {
    recent_.push_front(key);
    auto version = std::make_shared<FunctionVersion>(++last_id_, source);
    known = by_content_.emplace(std::move(key), Known{std::move(version), recent_.begin()}).first;
  } else {
    recent_.splice(recent_.begin(), recent_, known->second.recency);
  }
  const auto version = known->second.version;
  if (recent_.size() > versions_max_) {
    by_content_.erase(recent_.back());
    recent_.pop_back();
  }
  // The aliases only save the comparison of contents: dropping them all now and then is cheap.
  if (by_object_.size() >= versions_max_) by_object_.clear();
  by_object_[source.get()] = Alias{source, version};
  return version;
}

}  // namespace millrace
