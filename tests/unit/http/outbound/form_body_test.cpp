#include "http/outbound/form_body.h"

#include "tests/support/catch.h"

#include <string>

namespace millrace {
namespace {

SharedBytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

std::string whole(const FormBody& body, std::size_t step) {
  std::string text;
  std::string buffer(step, '\0');
  while (const std::size_t got = body.read(text.size(), buffer)) text.append(buffer, 0, got);
  return text;
}

}  // namespace

TEST_CASE("a form is written as browsers write it", "[outbound]") {
  const FormBody body({{"a", "", "", bytes("1")},
                       {"f", "sch\xc3\xb6n \"x\"\r\n.txt", "text/plain", bytes("hello")},
                       {"empty", "", "", nullptr}},
                      "BB");
  CHECK(body.content_type() == "multipart/form-data; boundary=BB");
  CHECK(whole(body, 1000) ==
        "--BB\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
        "--BB\r\nContent-Disposition: form-data; name=\"f\"; "
        "filename=\"sch\xc3\xb6n %22x%22%0D%0A.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        "--BB\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n"
        "--BB--\r\n");
}

TEST_CASE("a form reads the same in pieces of any size and from any place", "[outbound]") {
  const FormBody body({{"a", "", "", bytes(std::string(100, 'x'))}, {"b", "f", "", bytes("yz")}},
                      "B");
  const std::string all = whole(body, 10'000);
  CHECK(all.size() == body.size());
  for (std::size_t step = 1; step < 40; ++step) CHECK(whole(body, step) == all);
  std::string buffer(10'000, '\0');
  for (std::size_t offset = 0; offset <= all.size() + 1; ++offset) {
    const std::size_t got = body.read(offset, buffer);
    CHECK(buffer.substr(0, got) == (offset < all.size() ? all.substr(offset) : ""));
  }
}

}  // namespace millrace
