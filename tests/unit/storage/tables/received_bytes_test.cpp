// Stored bytes are for ever (see stored_bytes_test.cpp): those of what comes in, byte by byte.
#include "runtime/text/hex_text.h"
#include "storage/tables/account_table.h"
#include "storage/tables/app_event_table.h"
#include "storage/tables/event_log_table.h"
#include "storage/tables/hook_table.h"
#include "storage/tables/kept_token_table.h"
#include "storage/tables/received_table.h"
#include "storage/tables/sign_in_table.h"
#include "storage/tables/user_erasure_table.h"
#include "tests/support/catch.h"

namespace millrace::storage {
namespace {

Instant at(std::int64_t millis) { return Instant(Millis(millis)); }

using namespace std::string_literals;

const ProjectId project("p");
const UserId user("u");

/// One row a line, with its shard in front.
std::string lines(const WriteBatch& batch) {
  using Kind = WriteBatch::Operation::Kind;
  std::string out;
  for (const auto& operation : batch.operations()) {
    out += to_hex(operation.key);
    out += operation.kind == Kind::put ? " = " + to_hex(operation.value) : " -";
    out += '\n';
  }
  return out;
}

TEST_CASE("the bytes of what was received never change", "[stored_bytes]") {
  ReceivedRow row{project, user, std::string(32, '\xd1'), at(300), std::string(32, '\xc0'), {}};
  row.executions.push_back(*ExecutionId::parse("00000000-0102-8a00-8b01-020304050607"));
  WriteBatch batch;
  ReceivedTable::put(batch, row);
  CHECK(lines(batch) ==
        "00963301700001750001d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1 = 0"
        "10a01701201751a20d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d120d8042"
        "a20c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c032100000000001028a008"
        "b01020304050607\n"
        "00963302800000000000012c700001750001d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"
        "d1d1d1d1d1d1 = 010a01701201751a20d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d"
        "1d1d1d1d120d804\n");
  WriteBatch removal;
  ReceivedTable::remove(removal, row);
  CHECK(lines(removal) ==
        "00963301700001750001d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1 -\n"
        "00963302800000000000012c700001750001d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"
        "d1d1d1d1d1d1 -\n");
}

TEST_CASE("the bytes of a webhook's URL never change", "[stored_bytes]") {
  const std::string id = "96" + std::string(32, 'a');
  WriteBatch batch;
  HookTable::put(batch, {id, {project, user, "crm", "c", "w"}, at(300)});
  CHECK(lines(batch) ==
        "00963501393661616161616161616161616161616161616161616161616161616161616161610001 = 010a2"
        "2393661616161616161616161616161616161616161616161616161616161616161611201701a01752203637"
        "26d2a016332017738d804\n"
        "0096350270000175000163726d0001630001770001 = 010a223936616161616161616161616161616161616"
        "16161616161616161616161616161611201701a0175220363726d2a016332017738d804\n");
}

TEST_CASE("the bytes of a token that was kept for a URL never change", "[stored_bytes]") {
  WriteBatch batch;
  KeptTokenTable::put(batch, {"96" + std::string(32, 'a'), "s", at(300)});
  CHECK(lines(batch) ==
        "00963505393661616161616161616161616161616161616161616161616161616161616161610001 = 010a2"
        "23936616161616161616161616161616161616161616161616161616161616161616112017318d804\n");
}

TEST_CASE("the bytes of a project's webhook's URL never change", "[stored_bytes]") {
  const std::string id = "2b" + std::string(32, 'a');
  WriteBatch batch;
  HookTable::put(batch, {id, {project, {}, "crm", {}, "w"}, at(300)});
  CHECK(lines(batch) ==
        "002b3501326261616161616161616161616161616161616161616161616161616161616161610001 = 010a2"
        "232626161616161616161616161616161616161616161616161616161616161616161120170220363726d320"
        "17738d804\n"
        "002b3502700001000163726d00010001770001 = 010a2232626161616161616161616161616161616161616"
        "161616161616161616161616161120170220363726d32017738d804\n");
}

TEST_CASE("the bytes of what leads from a provider's id to its accounts never change",
          "[stored_bytes]") {
  CredentialRow row;
  row.project = project;
  row.user = user;
  row.integration = "crm";
  row.id = "c";
  row.provider_id = "a1";
  WriteBatch batch;
  AccountTable::follow(batch, nullptr, &row);
  AccountTable::follow(batch, &row, nullptr);
  CHECK(lines(batch) ==
        "009b350470000163726d000161310001750001630001 = 010a0175120163\n"
        "009b350470000163726d000161310001750001630001 -\n");
}

TEST_CASE("the bytes of a sign-in and its wake never change", "[stored_bytes]") {
  const SignInRow row{std::string(64, 'b'), at(300), "sealed"};
  WriteBatch batch;
  SignInTable::put(batch, row);
  SignInTable::remove(batch, row);
  CHECK(lines(batch) ==
        "0078366262626262626262626262626262626262626262626262626262626262626262626262626262626262"
        "62626262626262626262626262626262626262626262620001 = 010a4062626262626262626262626262626"
        "2626262626262626262626262626262626262626262626262626262626262626262626262626262626262626"
        "2626262626210d8041a067365616c6564\n"
        "007831800000000000012c0a6262626262626262626262626262626262626262626262626262626262626262"
        "6262626262626262626262626262626262626262626262626262626262626262 = 01\n"
        "0078366262626262626262626262626262626262626262626262626262626262626262626262626262626262"
        "62626262626262626262626262626262626262626262620001 -\n"
        "007831800000000000012c0a6262626262626262626262626262626262626262626262626262626262626262"
        "6262626262626262626262626262626262626262626262626262626262626262 -\n");
  CHECK(row.place() == "\0x6"s + row.hash + "\0\x01"s);
}

TEST_CASE("the bytes of an entry of the event log never change", "[stored_bytes]") {
  WriteBatch batch;
  EventLogTable::put(batch, ShardId{7}, project,
                     {at(300), 5, "warning", "event", "m", "workflow_disabled", "t", user,
                      WorkflowId("w"), "crm"});
  CHECK(lines(batch) ==
        "000732700001800000000000012c0000000000000005 = 0108d80410051a077761726e696e6722056576656"
        "e742a016d3211776f726b666c6f775f64697361626c65643a01744201754a0177520363726d\n");
}

TEST_CASE("the bytes of an app event and of a wish to erase never change", "[stored_bytes]") {
  WriteBatch events;
  AppEventTable::put(events, {project, "E", "{}", at(300)});
  CHECK(lines(events) == "002b19700001450001 = 010a01701201451a027b7d20d804\n");
  WriteBatch wishes;
  UserErasureTable::put(wishes, {project, user, at(300)});
  CHECK(lines(wishes) == "00961c700001750001 = 010a017012017518d804\n");
}

}  // namespace
}  // namespace millrace::storage
