#include "runtime/execution/response_answer.h"

#include "runtime/base/check.h"

#include <utility>

namespace millrace {

std::optional<ResponseAnswer> response_answer(const Workflow& workflow, const Event& event) {
  const auto* const completed = std::get_if<StepCompleted>(&event.body);
  if (completed == nullptr) return std::nullopt;
  CHECK(completed->step < workflow.by_index.size(), "a step completed that the workflow lacks");
  const Step& step = *workflow.by_index[completed->step];
  if (!std::holds_alternative<ResponseStep>(step.config)) return std::nullopt;
  const JsonObject& output = completed->output->get_object();
  ResponseAnswer answer;
  answer.status = output.at("statusCode").to_number<int>();
  answer.headers = output.at("headers");
  const Json* const file = output.if_contains("file");
  if (file == nullptr) {
    answer.body = output.at("body");
    answer.files = file_handles_of(answer.body);
    return answer;
  }
  auto sent = file_to_send(*file);
  CHECK(sent && *sent, "a response was recorded with a file that is none");
  answer.file = std::move(**sent);
  if (const auto* const handle = std::get_if<FileHandle>(&answer.file->content)) {
    answer.files.push_back(*handle);
  }
  return answer;
}

}  // namespace millrace
