#include "actors/tenants/project_secrets.h"

#include "runtime/text/nearest_name.h"

#include <utility>

namespace millrace {

ProjectSecrets ProjectSecrets::of(const std::vector<Opened>& opened) {
  ProjectSecrets secrets;
  JsonObject values;
  for (const Opened& each : opened) {
    Secret& secret = secrets.by_name_[each.name];
    secret.updated = each.updated;
    if (each.value) {
      values[each.name] = *each.value;
    } else {
      secret.lock = each.value.error();
    }
  }
  secrets.values_ = share(std::move(values));
  return secrets;
}

std::vector<ProjectSecrets::Listed> ProjectSecrets::names() const {
  std::vector<Listed> list;
  for (const auto& [name, secret] : by_name_) {
    list.push_back({name, secret.updated, secret.lock.has_value()});
  }
  return list;
}

Result<std::string> ProjectSecrets::value(const std::string& name) const {
  const Json* const found = values_->get_object().if_contains(name);
  if (found == nullptr) return why_absent(name);
  return std::string(found->get_string());
}

Error ProjectSecrets::why_absent(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found != by_name_.end() && found->second.lock) {
    return Error(found->second.lock->code,
                 "secret \"" + name + "\": " + found->second.lock->message);
  }
  std::vector<std::string> known;
  for (const auto& [each, secret] : by_name_) known.push_back(each);
  return Error(ErrorCode::secret_missing, "the project has no secret \"" + name + "\"" +
                                              did_you_mean(nearest_name(name, known)));
}

std::vector<std::string> ProjectSecrets::former_values(const std::string& name, Instant now) const {
  std::vector<std::string> values;
  for (const Former& each : formers_) {
    if (each.name == name && each.until > now) values.push_back(each.value);
  }
  return values;
}

std::size_t ProjectSecrets::bytes() const {
  constexpr std::size_t of_each = 200;  // two map nodes and what strings are wrapped in
  std::size_t bytes = 0;
  for (const auto& member : values_->get_object()) bytes += member.value().get_string().size();
  for (const Former& each : formers_) bytes += each.value.size();
  return bytes + of_each * (by_name_.size() + formers_.size());
}

ProjectSecrets ProjectSecrets::with(const std::string& name, std::string_view value,
                                    Instant now) const {
  ProjectSecrets next = *this;
  next.keep_former(name, now);
  next.by_name_[name] = {now, {}};
  JsonObject values = values_->get_object();
  values[name] = value;
  next.values_ = share(std::move(values));
  return next;
}

ProjectSecrets ProjectSecrets::without(const std::string& name, Instant now) const {
  ProjectSecrets next = *this;
  next.keep_former(name, now);
  next.by_name_.erase(name);
  JsonObject values = values_->get_object();
  values.erase(name);
  next.values_ = share(std::move(values));
  return next;
}

void ProjectSecrets::keep_former(const std::string& name, Instant now) {
  std::erase_if(formers_, [now](const Former& each) { return each.until <= now; });
  const Json* const value = values_->get_object().if_contains(name);
  if (value == nullptr) return;  // it is new, or does not open
  if (formers_.size() == formers_max) formers_.erase(formers_.begin());
  formers_.push_back({name, std::string(value->get_string()), now + former_time});
}

}  // namespace millrace
