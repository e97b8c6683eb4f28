#include "http/api/finding_json.h"

namespace millrace {
namespace {

std::string_view wire_name(FindingWeight weight) {
  switch (weight) {
    case FindingWeight::note:
      return "note";
    case FindingWeight::waits:
      return "waits";
    case FindingWeight::refused:
      return "open";
    case FindingWeight::fatal:
      return "fatal";
  }
  return "open";
}

}  // namespace

JsonArray findings_json(const std::vector<CompiledFinding>& findings) {
  JsonArray list;
  for (const CompiledFinding& finding : findings) {
    const ErrorDetail& detail = finding.detail;
    JsonObject shown{{"code", finding.code}, {"weight", wire_name(finding.weight)}};
    const auto add = [&](std::string_view key, const std::string& text) {
      if (!text.empty()) shown.emplace(key, text);
    };
    add("step", detail.step);
    shown.emplace("path", detail.path);
    shown.emplace("message", detail.message);
    add("expected", detail.expected);
    add("got", detail.got);
    add("nearest", detail.nearest);
    list.emplace_back(std::move(shown));
  }
  return list;
}

}  // namespace millrace
