#include "runtime/integrations/path_places.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

std::string rewritten(const std::string& path, PathPlaces& places) {
  JsonObject action{{"path", path},
                    {"parameters", JsonObject{{"id", JsonObject()}, {"a-b", JsonObject()}}}};
  return std::string(with_path_references(action, places).get_object().at("path").get_string());
}

}  // namespace

TEST_CASE("a place with the name of a parameter is a reference and all else stays as it is") {
  PathPlaces places;
  CHECK(rewritten("/c/{id}/n/{a-b}?x={id}", places) ==
        R"(/c/{{parameters["id"]}}/n/{{parameters["a-b"]}}?x={{parameters["id"]}})");
  CHECK(places.parameters == std::vector<std::string>{"id", "a-b", "id"});
  CHECK(places.unknown.empty());
  PathPlaces others;
  CHECK(rewritten("/{{parameters.id}}/{ id }/{}/{id", others) ==
        "/{{parameters.id}}/{ id }/{}/{id");
  CHECK(others.parameters.empty());
  CHECK(rewritten("/{idd}", others) == "/{idd}");
  CHECK(others.unknown == std::vector<std::string>{"idd"});
}

TEST_CASE("a segment of a path is text that is neither empty nor a dot segment") {
  const auto check = [](Json value) {
    return check_path_parameters({"id"}, JsonObject{{"id", std::move(value)}}).ok();
  };
  CHECK(check("x"));
  CHECK(check("..."));
  CHECK(check("../x"));
  CHECK(check(7));
  CHECK(check(false));
  for (const Json& bad :
       {Json(""), Json("."), Json(".."), Json(nullptr), Json(JsonArray()), Json(JsonObject())}) {
    CHECK_FALSE(check(bad));
  }
  CHECK_FALSE(check_path_parameters({"id"}, JsonObject()).ok());
}
