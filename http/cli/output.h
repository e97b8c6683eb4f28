#pragma once
// How commands talk: results on standard output, complaints on standard error. With `--json` the
// result is one JSON value, and so is a complaint.

#include "http/cli/api_client.h"
#include "runtime/base/error.h"
#include "runtime/base/json.h"

#include <string>
#include <string_view>

namespace millrace {

enum class OutputFormat { text, json };

/// Prints an error with its findings, one line each, and returns the exit code that fits.
int complain(const Error& error, OutputFormat format, std::string_view subject = {});
/// The same for an error answer of the server.
int complain(const ApiAnswer& answer, OutputFormat format, std::string_view subject = {});

/// One finding as a line: step, place, sentence, nearest name.
std::string finding_line(const ErrorDetail& detail);

/// Indented JSON, for people.
std::string pretty(const Json& value);

/// Reads a file, or standard input for "-".
Result<std::string> read_file(const std::string& path);

}  // namespace millrace
