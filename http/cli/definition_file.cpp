#include "http/cli/definition_file.h"

#include "http/cli/output.h"
#include "runtime/base/utf8.h"
#include "runtime/reading/strict_json.h"

#include <filesystem>

namespace millrace {
namespace {

/// The first line that is no UTF-8.
TextPlace broken_line(std::string_view text) {
  TextPlace place;
  while (true) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !is_valid_utf8(text.substr(0, end))) return place;
    text.remove_prefix(end + 1);
    ++place.line;
  }
}

bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

FileFinding located(const DefinitionFile& file, const ErrorDetail& detail) {
  FileFinding finding{file.path, detail};
  if (const auto code = file.code_files.find(detail.path); code != file.code_files.end()) {
    finding.file = code->second;
    if (detail.line == 0) finding.detail.line = finding.detail.column = 1;
    return finding;
  }
  // A line within the text of a string is told by the message; here it would mislead.
  const TextPlace place = file.places.find(detail.path);
  finding.detail.line = place.line;
  finding.detail.column = place.column;
  return finding;
}

}  // namespace

FileFinding finding_in(std::string file, TextPlace place, std::string message) {
  FileFinding finding{std::move(file), {}};
  finding.detail.message = std::move(message);
  finding.detail.line = place.line;
  finding.detail.column = place.column;
  return finding;
}

std::optional<std::string> read_text_file(const std::string& path, FileFindings& findings) {
  if (!std::filesystem::is_regular_file(path)) {
    findings.push_back(finding_in(path, {}, "there is no such file"));
    return std::nullopt;
  }
  const auto text = read_file(path);
  if (!text) {
    findings.push_back(finding_in(path, {}, text.error().message));
    return std::nullopt;
  }
  if (!is_valid_utf8(*text)) {
    findings.push_back(finding_in(path, broken_line(*text),
                                  is_utf16(*text)
                                      ? "the file is UTF-16; save it as UTF-8"
                                      : "the file is not UTF-8 text; save it as UTF-8"));
    return std::nullopt;
  }
  return std::string(without_byte_order_mark(*text));
}

std::optional<DefinitionFile> read_definition_file(const std::string& path,
                                                   FileFindings& findings) {
  const auto text = read_text_file(path, findings);
  if (!text) return std::nullopt;
  auto definition = parse_strict_json(*text);
  if (definition) {
    return DefinitionFile{path, std::move(*definition), JsonPlaces(*text), {}, *text};
  }
  for (const auto& detail : definition.error().details) findings.push_back({path, detail});
  return std::nullopt;
}

FileFindings locate(const DefinitionFile& file, const Error& error) {
  FileFindings findings;
  for (const auto& detail : error.details) findings.push_back(located(file, detail));
  if (findings.empty()) findings.push_back(finding_in(file.path, {}, error.message));
  return findings;
}

}  // namespace millrace
