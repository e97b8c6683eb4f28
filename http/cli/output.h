#pragma once
// How commands talk: results on standard output, complaints on standard error. With `--json` the
// result is one JSON value, and so is a complaint. Findings are the result of a command that checks
// files, so with `--json` they are on standard output.

#include "http/cli/api_client.h"
#include "http/cli/definition_file.h"
#include "runtime/base/error.h"
#include "runtime/base/json.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

enum class OutputFormat { text, json };

/// What the commands share that ask a server.
struct ApiCommand {
  ApiTarget target;
  bool json = false;

  OutputFormat format() const { return json ? OutputFormat::json : OutputFormat::text; }
};

/// Prints an error with its findings, one line each, and returns the exit code that fits.
int complain(const Error& error, OutputFormat format, std::string_view subject = {});
/// The same for an error answer of the server.
int complain(const ApiAnswer& answer, OutputFormat format, std::string_view subject = {});

/// The error that the server's answer tells, with its findings.
Error error_of(const ApiAnswer& answer);

/// Asks the server; prints the JSON that it answers, or hands it to `print`.
int ask(const ApiCommand& command, const ApiRequest& request,
        const std::function<void(const JsonObject&)>& print);

/// One finding as a line: step, place, sentence, nearest name.
std::string finding_line(const ErrorDetail& detail);
/// `workflows/a.json:3:7: step x: …`
std::string finding_line(const FileFinding& finding);
JsonObject finding_json(const FileFinding& finding);
/// Sorted by file and place, one line each, on standard error.
void print_findings(FileFindings findings);
void sort_findings(FileFindings& findings);

/// Indented JSON, for people.
std::string pretty(const Json& value);

/// Whatever somebody's code or client has put into it: control characters are blanks.
std::string on_one_line(std::string text);

/// The member of a row as text; "-" when it is missing or null.
std::string cell(const JsonObject& row, std::string_view key);
/// The rows' members `keys`, aligned; a member `status` in its colour.
void print_table(const JsonArray& rows, const std::vector<std::string>& keys);

/// Reads a file, or standard input for "-".
Result<std::string> read_file(const std::string& path);

}  // namespace millrace
