// Bodies made of texts and files: what is on the wire, byte by byte.
#include "runtime/requests/mail_message.h"
#include "runtime/requests/outgoing_request.h"
#include "runtime/text/base64_text.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

const FileBytes no_files = [](const FileHandle&) { return SharedBytes(); };

const char* const hello_file =
    R"({"name":"ä.txt","data":"68656c6c6f","mimeType":"text/plain","dataType":"FILE"})";

HttpRequest sent(BodyKind kind, const std::string& body, const std::string& member = {}) {
  RequestValues values;
  values.method = "POST";
  values.url = "https://a.example/x";
  values.headers = JsonObject{{"content-type", "text/x-mine"}};
  values.body_kind = kind;
  values.message_member = member;
  const auto json = parse_json(body);
  REQUIRE(json.ok());
  values.body = *json;
  auto outgoing = outgoing_request(values);
  if (!outgoing) FAIL(outgoing.error().message);
  auto http = send_with(std::move(*outgoing), no_files);
  if (!http) FAIL(http.error().message);
  return std::move(*http);
}

std::string mail(const std::string& body) { return *sent(BodyKind::mime, body).body; }

std::string refusal(const std::string& body, const std::string& member = {}) {
  const auto made = mail_body(*parse_json(body), member);
  REQUIRE_FALSE(made.ok());
  return made.error().message;
}

}  // namespace

TEST_CASE("a related body is the metadata and then the file, between lines that neither holds") {
  const HttpRequest request = sent(
      BodyKind::related, std::string(R"({"metadata":{"name":"a"},"file":)") + hello_file + "}");
  REQUIRE(request.headers.size() == 1);
  const std::string type = request.headers[0].value;
  REQUIRE(type.starts_with("multipart/related; boundary=millrace-"));
  const std::string line = "--" + type.substr(type.find('=') + 1);
  CHECK(*request.body == line + "\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n" +
                             R"({"name":"a"})" + "\r\n" + line +
                             "\r\nContent-Type: text/plain\r\n\r\nhello\r\n" + line + "--\r\n");
}

TEST_CASE("a related body needs a file, and a media type cannot bring a header along") {
  const auto made = [](const std::string& body) { return related_body(*parse_json(body)); };
  CHECK(made(R"({"file":"text"})").ok());
  CHECK_FALSE(made("{}").ok());
  CHECK_FALSE(made("7").ok());
  CHECK_FALSE(made(R"({"file":{"a":1}})").ok());
  CHECK_FALSE(
      made(R"({"file":{"name":"a","data":"00","mimeType":"a/b\r\nX: y","dataType":"FILE"}})").ok());
}

TEST_CASE("an e-mail of text alone has its headers and base64") {
  CHECK(
      mail(
          R"({"from":"Ann <ann@a.example>","to":["bob@a.example",{"name":"Zoë","email":"z@a.example"}],
                 "cc":"\"Doe, J.\" <j@a.example>, k@a.example","replyTo":"r@a.example",
                 "subject":"Grüße","text":"Hello",
                 "headers":{"In-Reply-To":"<1@a.example>","X-None":null}})") ==
      "From: \"Ann\" <ann@a.example>\r\n"
      "To: bob@a.example,\r\n =?UTF-8?B?Wm/Dqw==?= <z@a.example>\r\n"
      "Cc: \"Doe, J.\" <j@a.example>,\r\n k@a.example\r\n"
      "Reply-To: r@a.example\r\n"
      "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"
      "In-Reply-To: <1@a.example>\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=UTF-8\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "\r\n"
      "SGVsbG8=\r\n");
  CHECK(sent(BodyKind::mime, R"({"to":"a@b.c"})").headers[0].value == "message/rfc822");
}

TEST_CASE("text, html and attachments are parts of parts") {
  CHECK(mail(std::string(R"({"bcc":"b@a.example","text":"t","html":"<p>","attachments":[)") +
             hello_file + "]}") ==
        "Bcc: b@a.example\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=\"=_millrace_mixed\"\r\n\r\n"
        "--=_millrace_mixed\r\n"
        "Content-Type: multipart/alternative; boundary=\"=_millrace_alternative\"\r\n\r\n"
        "--=_millrace_alternative\r\n"
        "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "dA==\r\n"
        "--=_millrace_alternative\r\n"
        "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "PHA+\r\n"
        "--=_millrace_alternative--\r\n"
        "--=_millrace_mixed\r\n"
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename*=UTF-8''%C3%A4.txt\r\n\r\n"
        "aGVsbG8=\r\n"
        "--=_millrace_mixed--\r\n");
}

TEST_CASE("a message in a member is base64url beside the other members") {
  const HttpRequest request =
      sent(BodyKind::mime, R"({"raw":{"to":"a@b.c","text":"?>?>"},"threadId":"t"})", "raw");
  CHECK(request.headers[0].value == "application/json");
  const auto body = parse_json(*request.body);
  REQUIRE(body.ok());
  CHECK(body->at("threadId") == "t");
  std::string raw(body->at("raw").get_string());
  CHECK(raw.find_first_of("+/=") == std::string::npos);
  std::replace(raw.begin(), raw.end(), '-', '+');
  std::replace(raw.begin(), raw.end(), '_', '/');
  while (raw.size() % 4 != 0) raw += '=';
  const auto message = base64_decode(raw);
  REQUIRE(message);
  CHECK(*message == mail(R"({"to":"a@b.c","text":"?>?>"})"));
}

TEST_CASE("no field of an e-mail can bring a header of its own along") {
  for (const char* const body :
       {R"({"to":"a@b.c","subject":"x\r\nBcc: eve@evil.example"})",
        R"({"to":"a@b.c","subject":"x\ny"})", R"({"to":"a@b.c\r\nBcc: e@e.e"})",
        R"({"to":{"name":"x\r\nBcc: e@e.e","email":"a@b.c"}})",
        R"({"to":"a@b.c","headers":{"X-A":"x\r\ny"}})",
        R"({"to":"a@b.c","headers":{"X-A: y\r\nBcc":"x"}})",
        R"({"to":"a@b.c","headers":{"bcc":"e@e.e"}})",
        R"({"to":"a@b.c","headers":{"Content-Type":"x/y"}})", R"({"to":"a@b.c>, <e@e.e"})",
        R"({"to":"a b@c.d"})", R"({"to":"nobody"})", R"({"to":[["a@b.c"]]})", R"({"to":7})",
        R"({"subject":"x"})", R"({"to":"a@b.c","subjct":"x"})",
        R"({"to":"a@b.c","attachments":["x"]})", R"({"to":"a@b.c","attachments":{}})"}) {
    INFO(body);
    CHECK_THAT(refusal(body), Catch::StartsWith("e-mail: `"));
  }
  CHECK(refusal("7") == "\"body\" must be an e-mail as an object, got number");
  CHECK(refusal(R"({"a":1})", "raw") == "\"body\": `raw` must be an e-mail as an object, got null");
}

TEST_CASE("a long subject in another script is encoded in words of at most 75 characters") {
  std::string subject;
  for (int i = 0; i < 60; ++i) subject += "日本";
  const std::string text = mail(R"({"to":"a@b.c","subject":")" + subject + "\"}");
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = text.find("\r\n", begin);
    CHECK(end - begin <= 90);
    begin = end + 2;
  }
  CHECK(mail(R"({"to":"a@b.c","subject":"=?UTF-8?B?eA==?="})").find("Subject: =?UTF-8?B?PT9V") !=
        std::string::npos);
}
