// Every JSON example of docs/integrations.md and docs/oauth.md that is an integration is accepted as it stands.
#include "runtime/integrations/integration.h"
#include "tests/support/catch.h"

#include <fstream>
#include <sstream>

using namespace millrace;

namespace {

std::vector<std::string> examples_of(const std::string& page) {
  std::ifstream file(std::string(MILLRACE_SOURCE_DIR) + "/docs/" + page);
  REQUIRE(file.good());
  std::vector<std::string> examples;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```json") {
      is_inside = true;
      examples.emplace_back();
    } else if (line == "```") {
      is_inside = false;
    } else if (is_inside) {
      examples.back() += line + '\n';
    }
  }
  return examples;
}

}  // namespace

TEST_CASE("each example of an integration in the documents is one that can be put") {
  std::size_t tried = 0;
  for (const char* const page : {"integrations.md", "oauth.md"}) {
    for (const std::string& text : examples_of(page)) {
      INFO(page << ":\n" << text);
      const auto json = parse_json(text);
      REQUIRE(json.ok());
      if (!json->is_object() || !json->get_object().contains("baseUrl")) continue;
      const auto integration = compile_integration("crm", *json);
      std::string all;
      if (!integration) {
        for (const auto& each : integration.error().details) all += each.path + ' ' + each.message;
      }
      INFO(all);
      CHECK(integration.ok());
      ++tried;
    }
  }
  CHECK(tried >= 13);
}
