#include "http/cli/output.h"

#include "http/cli/exit_codes.h"
#include "http/cli/terminal.h"
#include "http/wire/error_response.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <tuple>

namespace millrace {
namespace {

std::string text_member(const JsonObject& object, std::string_view key) {
  const auto* member = object.if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

std::size_t number_member(const JsonObject& object, std::string_view key) {
  const auto* member = object.if_contains(key);
  const auto* number = member != nullptr ? member->if_int64() : nullptr;
  return number != nullptr && *number > 0 ? static_cast<std::size_t>(*number) : 0;
}

ErrorDetail detail_of(const JsonObject& object) {
  const bool is_violation = object.contains("in");
  return {.step = text_member(object, "step"),
          .path = text_member(object, is_violation ? "key" : "path"),
          .message = text_member(object, "message"),
          .expected = text_member(object, "expected"),
          .got = text_member(object, "got"),
          .nearest = text_member(object, "nearest"),
          .in = text_member(object, "in"),
          .line = number_member(object, "line"),
          .column = number_member(object, "column")};
}

void write_pretty(std::string& out, const Json& value, std::size_t indent) {
  const std::string inner(indent + 2, ' ');
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{\n";
    std::size_t left = object->size();
    for (const auto& member : *object) {
      out += inner + to_text(Json(member.key())) + ": ";
      write_pretty(out, member.value(), indent + 2);
      out += --left == 0 ? "\n" : ",\n";
    }
    out += std::string(indent, ' ') + "}";
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += "[\n";
    std::size_t left = array->size();
    for (const auto& element : *array) {
      out += inner;
      write_pretty(out, element, indent + 2);
      out += --left == 0 ? "\n" : ",\n";
    }
    out += std::string(indent, ' ') + "]";
  } else {
    out += to_text(value);
  }
}

int exit_code_of(const Error& error) {
  if (error.code == ErrorCode::overloaded) return exit_codes::unreachable;
  return error.code == ErrorCode::invalid_request ? exit_codes::usage : exit_codes::refused;
}

}  // namespace

std::string finding_line(const ErrorDetail& detail) {
  std::string line = "  ";
  if (!detail.in.empty()) {
    line += detail.in + " ";
  } else if (!detail.step.empty()) {
    line += "step " + detail.step + (detail.path.empty() ? ": " : " ");
  }
  if (!detail.path.empty()) line += detail.path + ": ";
  line += detail.message;
  if (detail.message.empty() && !detail.expected.empty()) {
    line += "expected " + detail.expected + ", got " + detail.got;
  }
  if (!detail.nearest.empty() && detail.message.find(detail.nearest) == std::string::npos) {
    line += " (did you mean '" + detail.nearest + "'?)";
  }
  return line;
}

int complain(const Error& error, OutputFormat format, std::string_view subject) {
  if (format == OutputFormat::json) {
    JsonObject body = error_body(error);
    if (!subject.empty()) body["subject"] = subject;
    std::cerr << to_text(body) << std::endl;
    return exit_code_of(error);
  }
  const std::string who = subject.empty() ? "millrace" : std::string(subject);
  std::cerr << painted(who + ": ", Colour::red, Stream::errors) << error.message << "\n";
  for (const auto& detail : error.details) {
    const bool says_more = !detail.path.empty() || !detail.step.empty() || !detail.nearest.empty();
    const bool is_said = error.message.find(detail.message) != std::string::npos;
    if (says_more || !is_said) std::cerr << finding_line(detail) << "\n";
  }
  std::cerr << std::flush;
  return exit_code_of(error);
}

Error error_of(const ApiAnswer& answer) {
  Error error(ErrorCode::invalid_request, "the server answered " + std::to_string(answer.status));
  const auto* const body = answer.json.if_object();
  if (body == nullptr) return error;
  if (const auto message = text_member(*body, "message"); !message.empty()) error.message = message;
  for (const auto* key : {"details", "errors"}) {
    const auto* list = body->if_contains(key);
    if (list == nullptr || !list->is_array()) continue;
    for (const auto& entry : list->get_array()) {
      if (entry.is_object()) error.details.push_back(detail_of(entry.get_object()));
    }
  }
  return error;
}

int complain(const ApiAnswer& answer, OutputFormat format, std::string_view subject) {
  if (format == OutputFormat::json && answer.json.is_object()) {
    JsonObject body = answer.json.get_object();
    if (!subject.empty()) body["subject"] = subject;
    std::cerr << to_text(body) << std::endl;
  } else {
    complain(error_of(answer), format, subject);
  }
  return exit_codes::refused;  // the server's word, whatever it is about
}

int ask(const ApiCommand& command, const ApiRequest& request,
        const std::function<void(const JsonObject&)>& print) {
  const auto answer = call_api(command.target, request);
  if (!answer) return complain(answer.error(), command.format());
  if (!answer->ok() || !answer->json.is_object()) return complain(*answer, command.format());
  if (command.json) {
    std::cout << answer->text << "\n";
  } else {
    print(answer->json.get_object());
  }
  std::cout << std::flush;
  return exit_codes::done;
}

std::string finding_line(const FileFinding& finding) {
  const auto& detail = finding.detail;
  std::string line =
      finding.file + ":" + std::to_string(detail.line) + ":" + std::to_string(detail.column) + ": ";
  ErrorDetail rest = detail;
  rest.path.clear();
  return line + finding_line(rest).substr(2);
}

JsonObject finding_json(const FileFinding& finding) {
  JsonObject object{
      {"file", finding.file}, {"line", finding.detail.line}, {"column", finding.detail.column}};
  const JsonObject body = error_body(Error(ErrorCode::invalid_definition, "", {finding.detail}));
  for (const auto& member : body.at("details").as_array().front().as_object()) {
    object.emplace(member.key(), member.value());
  }
  return object;
}

void sort_findings(FileFindings& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const auto& left, const auto& right) {
    return std::tie(left.file, left.detail.line, left.detail.column) <
           std::tie(right.file, right.detail.line, right.detail.column);
  });
}

void print_findings(FileFindings findings) {
  sort_findings(findings);
  for (const auto& finding : findings) {
    const std::string line = finding_line(finding);
    const auto place_end = line.find(": ", finding.file.size()) + 1;
    std::cerr << painted(line.substr(0, place_end), Colour::red, Stream::errors)
              << line.substr(place_end) << "\n";
  }
  std::cerr << std::flush;
}

std::string on_one_line(std::string text) {
  for (char& each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte < 0x20 || byte == 0x7F) each = ' ';
  }
  return text;
}

std::string cell(const JsonObject& row, std::string_view key) {
  const auto* value = row.if_contains(key);
  if (value == nullptr || value->is_null()) return "-";
  return value->is_string() ? std::string(value->get_string()) : to_text(*value);
}

void print_table(const JsonArray& rows, const std::vector<std::string>& keys) {
  for (std::size_t line = 0; line <= rows.size(); ++line) {
    for (const auto& key : keys) {
      std::size_t width = key.size();
      for (const auto& row : rows) width = std::max(width, cell(row.as_object(), key).size());
      std::string text = line == 0 ? key : cell(rows[line - 1].as_object(), key);
      const std::string content = text;
      if (key != keys.back()) text.resize(width + 2, ' ');
      std::cout << (line == 0         ? painted(text, Colour::bold, Stream::output)
                    : key == "status" ? painted_status(text, content)
                                      : text);
    }
    std::cout << "\n";
  }
}

std::string pretty(const Json& value) {
  std::string text;
  write_pretty(text, value, 0);
  return text;
}

Result<std::string> read_file(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (std::filesystem::is_directory(path)) {
    return Error(ErrorCode::invalid_request, path + " is a folder, and a file is needed");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(ErrorCode::not_found, "the file " + path + " cannot be read");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace millrace
