#include "actors/gateway/shown_values.h"

#include "actors/runs/stored_files.h"

#include <functional>
#include <utility>

namespace millrace {
namespace {

SharedBytes bytes_of(const StoredFiles& stored, const RunSecrets& secrets, const FileHandle& file) {
  auto bytes = stored.get(file);
  if (!bytes || *bytes == nullptr) return nullptr;
  const auto known = secrets.known();
  if (!known->finds_any(**bytes)) return std::move(*bytes);
  return std::make_shared<const std::string>(known->apply(**bytes));
}

}  // namespace

ShownValues::ShownValues(const storage::OrderedStore& store, const ExecutionId& execution,
                         std::shared_ptr<RunSecrets> secrets)
    : secrets_(std::move(secrets)),
      files_([stored = StoredFiles(store, execution, secrets_), secrets = secrets_](
                 const FileHandle& file) { return bytes_of(stored, *secrets, file); },
             limits::shown_files_bytes_max) {}

void ShownValues::show(Json& value) {
  secrets_->known()->apply_to(value);
  expand_file_handles(value, std::ref(files_));
}

void ShownValues::show(StepAttempt& attempt) {
  if (attempt.error) show(attempt.error->message);
  secrets_->known()->apply_to(attempt.request);
  if (attempt.response == nullptr) return;
  Json response = *attempt.response;
  show(response);
  attempt.response = share(std::move(response));
}

StepDetail ShownValues::detail_of(StepFinding finding) {
  StepDetail detail;
  detail.input = finding.before == nullptr ? Json(nullptr) : shown_input(*finding.before);
  detail.output = finding.output ? *finding.output : Json(nullptr);
  show(detail.input);
  show(detail.output);
  for (auto& attempt : finding.step.attempts) show(attempt);
  for (auto& line : finding.console) {
    show(line.text);
    detail.console.emplace_back(std::move(line.level), std::move(line.text));
  }
  detail.step = std::move(finding.step);
  return detail;
}

}  // namespace millrace
