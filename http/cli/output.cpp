#include "http/cli/output.h"

#include "http/cli/commands.h"
#include "http/wire/error_response.h"

#include <fstream>
#include <iostream>
#include <iterator>

namespace millrace {
namespace {

std::string text_member(const JsonObject& object, std::string_view key) {
  const auto* member = object.if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

ErrorDetail detail_of(const JsonObject& object) {
  const bool is_violation = object.contains("in");
  return {.step = text_member(object, "step"),
          .path = text_member(object, is_violation ? "key" : "path"),
          .message = text_member(object, "message"),
          .expected = text_member(object, "expected"),
          .got = text_member(object, "got"),
          .nearest = text_member(object, "nearest"),
          .in = text_member(object, "in")};
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

}  // namespace

std::string finding_line(const ErrorDetail& detail) {
  std::string line = "  ";
  if (!detail.in.empty()) {
    line += detail.in + " ";
  } else if (!detail.step.empty()) {
    line += "step " + detail.step + " ";
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
  const int exit_code =
      error.code == ErrorCode::overloaded ? exit_codes::unreachable : exit_codes::refused;
  if (format == OutputFormat::json) {
    JsonObject body = error_body(error);
    if (!subject.empty()) body["subject"] = subject;
    std::cerr << to_text(body) << std::endl;
    return exit_code;
  }
  std::cerr << (subject.empty() ? std::string("millrace") : std::string(subject)) << ": "
            << error.message << "\n";
  for (const auto& detail : error.details) std::cerr << finding_line(detail) << "\n";
  std::cerr << std::flush;
  return exit_code;
}

int complain(const ApiAnswer& answer, OutputFormat format, std::string_view subject) {
  Error error(ErrorCode::invalid_request, "the server answered " + std::to_string(answer.status));
  if (const auto* body = answer.json.if_object()) {
    if (const auto message = text_member(*body, "message"); !message.empty()) {
      error.message = message;
    }
    for (const auto* key : {"details", "errors"}) {
      const auto* list = body->if_contains(key);
      if (list == nullptr || !list->is_array()) continue;
      for (const auto& entry : list->get_array()) {
        if (entry.is_object()) error.details.push_back(detail_of(entry.get_object()));
      }
    }
  }
  if (format == OutputFormat::json && answer.json.is_object()) {
    JsonObject body = answer.json.get_object();
    if (!subject.empty()) body["subject"] = subject;
    std::cerr << to_text(body) << std::endl;
    return exit_codes::refused;
  }
  return complain(error, format, subject);
}

std::string pretty(const Json& value) {
  std::string text;
  write_pretty(text, value, 0);
  return text;
}

Result<std::string> read_file(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(ErrorCode::not_found, "the file " + path + " cannot be read");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace millrace
