#include "runtime/definitions/compiled_form/finding_log.h"

#include <utility>

namespace millrace::compiled_form {

std::string_view wire_name(FindingCode code) {
  switch (code) {
    case FindingCode::not_understood:
      return "not_understood";
    case FindingCode::unknown_key:
      return "unknown_key";
    case FindingCode::no_counterpart:
      return "no_counterpart";
    case FindingCode::broken_link:
      return "broken_link";
    case FindingCode::never_reached:
      return "never_reached";
    case FindingCode::not_in_order:
      return "not_in_order";
    case FindingCode::not_selected:
      return "not_selected";
    case FindingCode::no_trigger:
      return "no_trigger";
    case FindingCode::left_over:
      return "left_over";
    case FindingCode::waits_for_account:
      return "waits_for_account";
    case FindingCode::renamed_secret:
      return "renamed_secret";
  }
  return "not_understood";
}

FindingWeight weight_of(FindingCode code) {
  switch (code) {
    case FindingCode::not_understood:
    case FindingCode::unknown_key:
    case FindingCode::no_counterpart:
    case FindingCode::broken_link:
    case FindingCode::never_reached:
      return FindingWeight::refused;
    case FindingCode::not_in_order:
      return FindingWeight::fatal;
    case FindingCode::not_selected:
    case FindingCode::no_trigger:
    case FindingCode::waits_for_account:
      return FindingWeight::waits;
    case FindingCode::left_over:
    case FindingCode::renamed_secret:
      return FindingWeight::note;
  }
  return FindingWeight::refused;
}

void FindingLog::add(FindingCode code, ErrorDetail detail) {
  codes_.resize(findings_.size(), FindingCode::not_understood);
  findings_.push_back(std::move(detail));
  codes_.push_back(code);
}

void FindingLog::mark_since(std::size_t from, FindingCode code) {
  codes_.resize(findings_.size(), FindingCode::not_understood);
  for (std::size_t i = from; i < codes_.size(); ++i) codes_[i] = code;
}

std::vector<CompiledFinding> FindingLog::take() {
  codes_.resize(findings_.size(), FindingCode::not_understood);
  std::vector<CompiledFinding> all;
  for (std::size_t i = 0; i < findings_.size(); ++i) {
    all.push_back({wire_name(codes_[i]), weight_of(codes_[i]), std::move(findings_[i])});
  }
  findings_.clear();
  codes_.clear();
  return all;
}

}  // namespace millrace::compiled_form
