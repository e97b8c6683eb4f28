// Files through the real server: in by every way, to the peer and to functions, out again, the same
// bytes.
#include "runtime/base/limits.h"
#include "runtime/files/file_value.h"
#include "runtime/text/hex_text.h"
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"

#include <iostream>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// Every byte there is, and what protocols are tempted to change.
std::string every_byte() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes + "\r\n--boundary\r\n\r\n{{trigger}}\n";
}

Answer send(const TestProject& project, const std::string& workflow, std::string body,
            const std::string& type,
            std::vector<std::pair<std::string, std::string>> headers = {}) {
  return call_server(project.port(), {"POST", project.path("/sdk/triggers/" + workflow),
                                      project.token(), std::move(body), type, std::move(headers)});
}

/// A form with the text field `title` and the file `doc`.
Answer upload(const TestProject& project, const std::string& workflow, const std::string& bytes) {
  const std::string body =
      "--b1\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA note\r\n"
      "--b1\r\nContent-Disposition: form-data; name=\"doc\"; "
      "filename=\"a b.pdf\"\r\nContent-Type: application/pdf\r\n\r\n" +
      bytes + "\r\n--b1--\r\n";
  return send(project, workflow, body, "multipart/form-data; boundary=b1");
}

/// Sends the file to the peer as a part of a form and answers with what comes back.
std::string forward(const std::string& file, const std::string& query) {
  return request_step(
             "send", "POST", example_peer().url("/file?" + query),
             R"(, "bodyType": "form-data", "body": {"document": ")" + file + R"(", "note": "n"})") +
         R"(, {"id": "reply", "type": "response", "file": "{{send.response.body}}"})";
}

std::size_t peak_memory_bytes(pid_t process) {
  const std::string status = read_file("/proc/" + std::to_string(process) + "/status");
  const auto at = status.find("VmHWM:");
  REQUIRE(at != std::string::npos);
  return std::stoul(status.substr(at + 6)) * 1024;
}

}  // namespace

TEST_CASE("an uploaded file goes to a peer and comes back with the same bytes and type") {
  const TestProject project(open_server());
  project.deploy_steps("w", forward("{{trigger.request.body.doc}}", "round"));
  const Answer answer = upload(project, "w", every_byte());
  CHECK(answer.status == 200);
  CHECK(answer.header("content-type") == "application/pdf");
  CHECK(answer.text == every_byte());
  const auto requests = example_peer().requests("/file?round");
  REQUIRE(requests.size() == 1);
  CHECK_THAT(requests[0].body, Catch::Contains("filename=\"a b.pdf\"") &&
                                   Catch::Contains("Content-Type: application/pdf"));
}

TEST_CASE("an uploaded file is shown with its name, type and bytes beside the text fields") {
  const TestProject project(open_server());
  project.deploy_steps("w", response_step("\"{{trigger.request.body}}\""));
  CHECK(upload(project, "w", "abc").text ==
        R"({"title":"A note","doc":{"name":"a b.pdf","data":"616263","mimeType":"application/pdf",)"
        R"("dataType":"FILE"}})");
}

TEST_CASE("a body of another type is one file as a whole") {
  const TestProject project(open_server());
  project.deploy_steps("w",
                       request_step("send", "POST", example_peer().url("/file"),
                                    R"(, "bodyType": "raw", "body": "{{trigger.request.file}}")") +
                           R"(, {"id": "reply", "type": "response", "statusCode": 201,
                                      "headers": {"X-Name": "{{trigger.request.file.name}}"},
                                      "file": "{{send.response.body}}"})");
  const Answer answer = send(project, "w", every_byte(), "image/png",
                             {{"Content-Disposition", "attachment; filename=\"x.png\""}});
  CHECK(answer.status == 201);
  CHECK(answer.header("content-type") == "image/png");
  CHECK(answer.header("x-name") == "x.png");
  CHECK(answer.text == every_byte());
}

TEST_CASE("a file inside JSON travels like any other and bad hex is refused with its place") {
  const TestProject project(open_server());
  project.deploy_steps("w", forward("{{trigger.request.body.list[1].file}}", "json"));
  const auto body = [](const std::string& data) {
    return R"({"list": [0, {"file": {"name": "a.bin", "data": ")" + data +
           R"(", "mimeType": "application/zip", "dataType": "FILE"}}]})";
  };
  const Answer answer = project.trigger("w", body(to_hex(every_byte())));
  CHECK(answer.status == 200);
  CHECK(answer.header("content-type") == "application/zip");
  CHECK(answer.text == every_byte());
  for (const char* const bad : {"0g", "abc", "millrace-file:00"}) {
    INFO(bad);
    const Answer refused = project.trigger("w", body(bad));
    CHECK(refused.status == 400);
    CHECK(refused.at("/code") == R"("invalid_file")");
    CHECK_THAT(refused.at("/details/0/path"), Catch::Contains("/list/1/file/data"));
  }
}

TEST_CASE("a function sees a file as hex and may return one of its own") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"json(
    {"id": "turn", "type": "function", "parameters": {"file": "{{trigger.request.body.doc}}"},
     "code": "({ file }) => ({ name: 'turned ' + file.name, mimeType: 'application/x-turned', dataType: 'FILE', data: Buffer.from(file.data, 'hex').reverse().toString('hex') })"},
    {"id": "reply", "type": "response", "file": "{{turn.result}}"})json");
  // Each run writes its file anew, so a read that comes before the write would show.
  for (int i = 0; i < 20; ++i) {
    const std::string bytes = every_byte() + std::to_string(i);
    const Answer answer = upload(project, "w", bytes);
    CHECK(answer.header("content-type") == "application/x-turned");
    REQUIRE(answer.text == std::string(bytes.rbegin(), bytes.rend()));
  }
}

TEST_CASE("a function sees the bytes of what a request has just brought") {
  const TestProject project(open_server());
  project.deploy_steps("w", request_step("get", "GET", example_peer().url("/file")) + R"json(,
    {"id": "look", "type": "function", "parameters": {"file": "{{get.response.body}}"},
     "code": "({ file }) => file.data.length / 2"},)json" +
                                response_step("\"{{look.result}}\""));
  for (int i = 0; i < 50; ++i) REQUIRE(project.trigger("w").text == "43");
}

TEST_CASE("each element of a fan-out may have a file of its own") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"({"id": "each", "type": "fanOut", "items": [1, 2, 3], "steps": [)" +
                                request_step("get", "GET", example_peer().url("/file")) + "," +
                                request_step("send", "POST", example_peer().url("/echo"),
                                             R"(, "bodyType": "form-data",
                                                 "body": {"f": "{{get.response.body}}"})") +
                                "]}," + response_step(R"({"sent": "{{send.response.body.body}}",
                                                          "files": "{{get.response.body}}"})"));
  const Answer answer = project.trigger("w");
  for (const char* const i : {"0", "1", "2"}) {
    CHECK(answer.at("/sent/" + std::string(i) + "/0/bytes") == "43");
    CHECK_THAT(answer.at("/files/" + std::string(i) + "/data"), Catch::Contains("474946383961"));
  }
}

TEST_CASE("a file is still there after the server was killed") {
  ServerProcess server(open_server_options());
  const TestProject project(server);
  project.deploy_steps("w", R"({"id": "nap", "type": "delay", "value": 1, "unit": "SECONDS"},)" +
                                request_step("send", "POST", example_peer().url("/file?restart"),
                                             R"(, "bodyType": "raw",
                                                 "body": "{{trigger.request.body.doc}}")"));
  const Answer accepted = upload(project, "w", every_byte());
  REQUIRE(accepted.status == 202);
  server.kill_now();
  server.start();
  const Json ended = project.wait_until_ended(string_at(accepted.json, "/executionId"));
  CHECK(text_at(ended, "/status") == R"("SUCCEEDED")");
  const auto requests = example_peer().requests("/file?restart");
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].body == every_byte());
  CHECK(requests[0].header("content-type") == "application/pdf");
}

TEST_CASE("a file that is too big is refused, and a big one does not go into a function") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"({"id": "f", "type": "function", "code": "({ file }) => 1",
                                "parameters": {"file": "{{trigger.request.file}}"}},)" +
                                response_step("\"{{f.result}}\""));
  const Answer too_big =
      send(project, "w", std::string(limits::file_bytes_max + 1, 'x'), "application/zip");
  CHECK(too_big.status == 413);
  CHECK(too_big.at("/code") == R"("payload_too_large")");
  const Answer failed = send(project, "w", std::string(limits::file_in_function_bytes_max + 1, 'x'),
                             "application/zip");
  CHECK(failed.status == 500);
  CHECK(failed.at("/error/code") == R"("limit_exceeded")");
}

TEST_CASE("a file of fifty megabytes goes through a workflow in bounded memory") {
  const ServerProcess server(open_server_options());
  const TestProject project(server);
  project.deploy_steps("small", response_step("1"));
  REQUIRE(project.trigger("small").status == 200);
  const std::size_t before = peak_memory_bytes(server.pid());
  project.deploy_steps("w", forward("{{trigger.request.file}}", "big"));
  std::string bytes(limits::file_bytes_max, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * 2'654'435'761u >> 13);
  const Answer answer = send(project, "w", bytes, "application/zip");
  REQUIRE(answer.status == 200);
  CHECK(answer.header("content-type") == "application/zip");
  const bool is_same = answer.text == bytes;  // too long to be shown
  CHECK(is_same);
  const std::size_t peak = peak_memory_bytes(server.pid());
  constexpr std::size_t mb = 1u << 20;
  std::cout << "50 MB through a workflow: peak of the server " << peak / mb << " MB, before "
            << before / mb << " MB" << std::endl;
  // Received, kept, on its way to the disk, sent, and all of that once more for the way back.
  CHECK(peak - before < 10 * limits::file_bytes_max);
}
