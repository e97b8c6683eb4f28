#include "runtime/reading/findings.h"

#include "runtime/base/check.h"

#include <utility>

namespace millrace {

void Findings::clear() {
  all_.clear();
  obstacles_.clear();
}

std::vector<ErrorDetail> Findings::take() {
  std::vector<ErrorDetail> all = std::move(all_);
  clear();
  return all;
}

Outcome Findings::verdict(Strictness strictness) const {
  std::vector<ErrorDetail> refusing;
  if (strictness == Strictness::of_new) {
    refusing = all_;
  } else {
    for (const std::size_t position : obstacles_) refusing.push_back(all_[position]);
  }
  if (refusing.empty()) return Done{};
  return invalid_definition(std::move(refusing));
}

ErrorDetail finding_at(std::string step, std::string pointer, std::string message,
                       std::string expected, std::string got, std::string nearest) {
  ErrorDetail detail;
  detail.step = std::move(step);
  detail.path = std::move(pointer);
  detail.message = std::move(message);
  detail.expected = std::move(expected);
  detail.got = std::move(got);
  detail.nearest = std::move(nearest);
  return detail;
}

Error invalid_definition(std::vector<ErrorDetail> findings) {
  CHECK(!findings.empty(), "a definition is invalid for a reason");
  const ErrorDetail& first = findings.front();
  std::string message = "the definition is not valid: ";
  if (!first.step.empty()) message += "step `" + first.step + "`: ";
  message += first.message;
  if (!first.path.empty()) message += " (at " + first.path + ")";
  if (findings.size() > 1) message += "; " + std::to_string(findings.size()) + " findings in all";
  return Error(ErrorCode::invalid_definition, std::move(message), std::move(findings));
}

}  // namespace millrace
