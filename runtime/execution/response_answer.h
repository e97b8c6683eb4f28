#pragma once
// What a Response step answers, as its event holds it. A pure question: which status, headers and body
// leave the run, and which of its files somebody has to read before they can.

#include "runtime/execution/event.h"
#include "runtime/files/file_value.h"
#include "runtime/workflows/workflow.h"

#include <optional>
#include <vector>

namespace millrace {

struct ResponseAnswer {
  int status = 200;
  Json headers;  // object of strings
  Json body;     // may hold handles of `files`, for which their hex stands outside
  std::optional<FileToSend> file;  // set: answered with its bytes in place of `body`
  std::vector<FileHandle> files;   // whose bytes are needed, each once
};

/// Nothing: the event is not that a Response step completed.
std::optional<ResponseAnswer> response_answer(const Workflow& workflow, const Event& event);

}  // namespace millrace
