#include "http/server/project_tests/test_report.h"

namespace millrace {
namespace {

constexpr const char* succeeded = "SUCCEEDED";

/// Of the first Response step that has run: later ones answer nobody.
Json response_of(const TestReport& report) {
  for (const StepDetail& detail : report.steps) {
    if (detail.step.type == "ACTION/RESPONSE" && detail.step.status == succeeded) {
      return detail.output;
    }
  }
  return nullptr;
}

}  // namespace

JsonObject outcome_of(const TestReport& report, JsonObject sent) {
  JsonObject steps;
  for (const StepDetail& detail : report.steps) {
    steps[detail.step.id] = JsonObject{
        {"status", detail.step.status}, {"input", detail.input}, {"output", detail.output}};
  }
  Json error = nullptr;
  if (report.error) {
    error = JsonObject{{"code", wire_name(report.error->code)},
                       {"message", report.error->message},
                       {"stepId", report.failed_step.text}};
  }
  return {{"status", wire_name(report.status)},
          {"error", std::move(error)},
          {"response", response_of(report)},
          {"steps", std::move(steps)},
          {"requests", std::move(sent)}};
}

}  // namespace millrace
