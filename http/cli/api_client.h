#pragma once
// A client of the API, for the command line. Blocks; one request at a time.

#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace millrace {

/// Where the server is and who is calling; the same flags in every command.
struct ApiTarget {
  std::string url = "http://127.0.0.1:8080";
  std::string project;
  std::string api_key;
  std::string admin_key;

  void add_url(CLI::App& command);
  void add_project(CLI::App& command);
  void add_admin_key(CLI::App& command);
  /// What all commands take that need a project's API key.
  void add_url_project_and_key(CLI::App& command);

  /// Is there all that the command has options for? Of two keys one will do. Error invalid_request: the
  /// option, the variable and the file that could say it.
  Outcome check() const;
  /// The API key, else the admin key.
  const std::string& key() const { return api_key.empty() ? admin_key : api_key; }

  /// "/projects/<project>" and the given rest.
  std::string project_path(std::string_view rest) const;

 private:
  bool needs_project_ = false;
  bool takes_api_key_ = false;
  bool takes_admin_key_ = false;
};

struct ApiRequest {
  std::string method = "GET";
  std::string path;  // percent-encoded, with its query
  std::string bearer;
  std::string body;
  std::string content_type = "application/json";
};

struct ApiAnswer {
  int status = 0;
  std::string location;
  std::string content_type;
  std::string execution;  // the run that answered or was begun, as Millrace-Execution-Id names it
  std::string text;
  Json json;  // null when the body is not JSON

  bool ok() const { return status >= 200 && status < 300; }
};

/// Errors: invalid_request, when the target is incomplete or its address is none; overloaded, when no
/// server answers. An HTTP error status is an answer.
Result<ApiAnswer> call_api(const ApiTarget& target, const ApiRequest& request);

}  // namespace millrace
