// Forms: what a client puts together is taken apart again, and damaged forms harm nothing.
#include "http/wire/multipart_form.h"
#include "runtime/base/limits.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutations.h"

namespace millrace {
namespace {

const std::vector<std::string> pieces{"\r\n",
                                      "--",
                                      "\r\n--b",
                                      "--b--",
                                      "\r\n\r\n",
                                      "\"",
                                      "\\",
                                      ";",
                                      "=",
                                      ":",
                                      "name=\"x\"",
                                      "filename",
                                      "filename=\"f\"",
                                      "Content-Disposition: form-data; name=\"y\"",
                                      "Content-Type: image/png",
                                      "\n",
                                      "\r",
                                      std::string(1, '\0')};

struct Part {
  std::string name;
  std::string content;
  bool is_file = false;
};

struct Form {
  std::string content_type;
  std::string body;
  std::vector<Part> parts;
};

std::string quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string random_boundary(SeededRandom& random) {
  static const std::vector<std::string> characters{"a", "B", "7", "-", "'",
                                                   "(", "+", "_", ",", "=?"};
  return "b" + random_text(random, characters, 20);
}

Form random_form(SeededRandom& random) {
  static const std::vector<std::string> names{"a",    "\"",       "\\",     ";", "=",  " ",
                                              "name", "filename", "\u00e4", ":", "--", "boundary"};
  Form form;
  const std::string boundary = random_boundary(random);
  form.content_type =
      "multipart/form-data; boundary=" + (random.one_of(1, 2) ? quoted(boundary) : boundary);
  if (random.one_of(1, 4)) form.body += "a preamble\r\n";
  for (std::size_t left = random.below(5); left > 0; --left) {
    Part part;
    part.name = "n" + random_text(random, names, 4);
    part.is_file = random.one_of(1, 4);
    part.content = random_text(random, pieces, 6);
    // What holds the boundary itself must be sent with another one.
    if (("\r\n" + part.content).find("\r\n--" + boundary) != std::string::npos) part.content = "x";
    form.body += "--" + boundary + "\r\nContent-Disposition: form-data; name=" + quoted(part.name);
    if (part.is_file) form.body += "; filename=" + quoted("f;name=\"g\"");
    form.body += "\r\n\r\n" + part.content + "\r\n";
    form.parts.push_back(std::move(part));
  }
  if (form.parts.empty()) {
    form.body += "--" + boundary + "\r\nContent-Disposition: form-data; name=only\r\n\r\n\r\n";
    form.parts.push_back({.name = "only", .content = ""});
  }
  form.body += "--" + boundary + "--\r\n";
  return form;
}

}  // namespace

TEST_CASE("a form of any parts is taken apart as it was put together") {
  fuzz(5'000, [](SeededRandom& random) {
    const Form form = random_form(random);
    INFO(form.content_type << '\n' << printable(form.body));
    const auto parts = parse_multipart_form(form.content_type, form.body);
    if (!parts) FAIL(parts.error().message);
    REQUIRE(parts->size() == form.parts.size());
    for (std::size_t i = 0; i < parts->size(); ++i) {
      REQUIRE((*parts)[i].name == form.parts[i].name);
      REQUIRE((*parts)[i].content == form.parts[i].content);
      REQUIRE((*parts)[i].is_file == form.parts[i].is_file);
      REQUIRE((*parts)[i].file_name == (form.parts[i].is_file ? "f;name=\"g\"" : ""));
    }
  });
}

TEST_CASE("a form that was cut off anywhere is refused") {
  fuzz(200, [](SeededRandom& random) {
    const Form form = random_form(random);
    const std::string_view whole = form.body;
    for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
      INFO(form.content_type << '\n' << printable(whole.substr(0, length)));
      REQUIRE_FALSE(parse_multipart_form(form.content_type, whole.substr(0, length)).ok());
    }
  });
}

TEST_CASE("a damaged form is refused or gives no more than was sent") {
  fuzz(20'000, [](SeededRandom& random) {
    Form form = random_form(random);
    if (random.one_of(1, 8)) form.body = random_text(random, pieces, 30);
    mutate(form.body, random, pieces);
    if (random.one_of(1, 4)) mutate(form.content_type, random, pieces);
    INFO(printable(form.content_type) << '\n' << printable(form.body));
    const auto parts = parse_multipart_form(form.content_type, form.body);
    if (!parts) {
      REQUIRE_FALSE(parts.error().message.empty());
      return;
    }
    std::size_t bytes = 0;
    for (const auto& part : *parts) bytes += part.name.size() + part.content.size();
    REQUIRE(bytes <= form.body.size());
    REQUIRE(parts->size() <= limits::form_parts_max);
  });
}

}  // namespace millrace
