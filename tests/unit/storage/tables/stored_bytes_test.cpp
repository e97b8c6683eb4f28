// Stored bytes are for ever: one key and one row of each kind, byte by byte. If this test fails,
// the program no longer reads what earlier ones wrote: do not change the bytes here, change the
// code back, or raise the format version and write a migration.

#include "storage/crypto/sealer.h"
#include "storage/keys.h"
#include "storage/maintenance/run_keys.h"
#include "storage/ordered_store.h"
#include "storage/rocks/format_version.h"
#include "storage/tables/credential_table.h"
#include "storage/tables/enabled_workflow_table.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/integration_table.h"
#include "storage/tables/pause_table.h"
#include "storage/tables/poll_table.h"
#include "storage/tables/project_table.h"
#include "storage/tables/schedule_table.h"
#include "storage/tables/secret_table.h"
#include "storage/tables/step_rows.h"
#include "storage/tables/subscription_check.h"
#include "storage/tables/subscription_table.h"
#include "storage/tables/timer_table.h"
#include "storage/tables/user_table.h"
#include "storage/tables/wake_table.h"
#include "storage/tables/workflow_index_table.h"
#include "tests/contracts/executions.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using namespace storage;
using namespace std::string_literals;

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    out.push_back(digits[static_cast<std::uint8_t>(c) >> 4]);
    out.push_back(digits[static_cast<std::uint8_t>(c) & 15]);
  }
  return out;
}

std::string bytes_of(std::string_view hex_text) {
  std::string out;
  for (std::size_t i = 0; i < hex_text.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(hex_text.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

/// The rows a batch writes, one per line: "key = value", removals as "key -" and "key* -".
std::string lines(const WriteBatch& batch) {
  using Kind = WriteBatch::Operation::Kind;
  std::string out;
  for (const auto& operation : batch.operations()) {
    out += hex(operation.key);
    if (operation.kind == Kind::put) out += " = " + hex(operation.value);
    if (operation.kind == Kind::remove) out += " -";
    if (operation.kind == Kind::remove_prefix) out += "* -";
    out += "\n";
  }
  return out;
}

ExecutionSummary summary() {
  ExecutionSummary summary;
  summary.project = ProjectId("p\0q"s);
  summary.user = UserId("u");
  summary.id = *ExecutionId::parse("00000000-0102-8a00-8b01-020304050607");
  summary.id.bytes[7] = static_cast<std::uint8_t>(shard_of(summary.project, summary.user));
  summary.workflow = WorkflowId("w");
  summary.version = 3;
  summary.integration = "slack";
  summary.status = ExecutionStatus::succeeded;
  summary.tasks = 300;
  summary.started = at(1);
  summary.ended = at(2);
  return summary;
}

TEST_CASE("the bytes of a subscription never change", "[stored_bytes]") {
  SubscriptionRow row;
  row.project = ProjectId("p");
  row.user = UserId("u");
  row.integration = "crm";
  row.credential = "c";
  row.webhook = "w";
  row.intent = "i";
  row.hook = "h";
  row.state = SubscriptionState::active;
  row.definition = "{}";
  row.sealed = "s";
  row.created = at(1);
  row.expires = at(3);
  row.next = at(2);
  WriteBatch batch;
  SubscriptionTable::put(batch, row);
  WakeTable::put(batch, SubscriptionTable::wake_of(row));
  WakeTable::put(
      batch, wake_of(SubscriptionCheck{SubscriptionCheck::Of::user, ProjectId("p"), "u"}, at(1)));
  CHECK(lines(batch) ==
        "00963801700001750001630001770001690001 = "
        "010a01701201751a0363726d2201632a01773201693a01686a027b7d72017378028001068801044002\n"
        "00963180000000000000020500963801700001750001630001770001690001 = 01\n"
        "00963180000000000000010e0100017075 = 01\n");
}

TEST_CASE("the bytes of a summary and its index rows never change", "[stored_bytes]") {
  WriteBatch batch;
  auto row = summary();
  ExecutionTable::put_summary(batch, row);
  row.status = ExecutionStatus::delayed;
  row.integration = "";
  row.ended.reset();
  ExecutionTable::put_summary(batch, row);
  ExecutionTable::erase(batch, row);
  CHECK(lines(batch) ==
        "00b0210000000001028ab08b0102030405060701 = 010a037000711002\n"
        "00b0220000000001028ab08b01020304050607 -\n"
        "00b0207000ff71000180000000000000010000000001028ab08b01020304050607 = 010"
        "a100000000001028ab08b0102030405060712037000711a017522017728033205736c616"
        "36b380340ac0248025004\n"
        "00b0210000000001028ab08b0102030405060701 = 010a037000711002\n"
        "00b0220000000001028ab08b01020304050607 = "
        "010a100000000001028ab08b0102030405060712037000711a01752201772803380240ac024802\n"
        "00b0207000ff71000180000000000000010000000001028ab08b01020304050607 = "
        "010a100000000001028ab08b0102030405060712037000711a01752201772803380240ac024802\n"
        "00b0210000000001028ab08b01020304050607* -\n"
        "00b0220000000001028ab08b01020304050607 -\n"
        "00b0207000ff71000180000000000000010000000001028ab08b01020304050607 -\n");
}

TEST_CASE("a summary names its priority if that is not the standard one", "[stored_bytes]") {
  WriteBatch plain;
  ExecutionTable::put_summary(plain, summary(), ExecutionTable::Marker::never_set);
  WriteBatch urgent;
  auto row = summary();
  row.priority = 9;
  ExecutionTable::put_summary(urgent, row, ExecutionTable::Marker::never_set);
  std::string expected = lines(plain);
  expected.insert(expected.size() - 1, "6809");
  CHECK(lines(urgent) == expected);
}

TEST_CASE("a run that ends in its first batch leaves no tombstone of a marker it never had") {
  WriteBatch batch;
  ExecutionTable::put_summary(batch, summary(), ExecutionTable::Marker::never_set);
  for (const auto& operation : batch.operations()) {
    CHECK(operation.kind == WriteBatch::Operation::Kind::put);
  }
  CHECK(batch.operations().size() == 2);  // the locator and the history line
}

TEST_CASE("the bytes of a run key never change", "[stored_bytes]") {
  WriteBatch batch;
  RunKeyTable::put(batch, {"k1", "s"});
  CHECK(lines(batch) == "ffff1b6b310001 = 010a026b31120173\n");
}

TEST_CASE("the bytes of pages and snapshots never change", "[stored_bytes]") {
  WriteBatch batch;
  const auto id = summary().id;
  const auto child = BranchPath().child(5, 1'000).child(6, 2);
  ExecutionTable::put_page(batch, id, BranchPath(), {1, "events", 2});
  ExecutionTable::put_page(batch, id, child, {258, "e", 0});
  ExecutionTable::put_snapshot(batch, id, child, {64, "state"});
  CHECK(lines(batch) ==
        "00b0210000000001028ab08b0102030405060703000000000000000001 = "
        "010a066576656e74731002\n"
        "00b0210000000001028ab08b01020304050607030200000005000003e800000006000000"
        "020000000000000102 = 010a0165\n"
        "00b0210000000001028ab08b01020304050607020200000005000003e800000006000000"
        "02 = 01084012057374617465\n");
}

TEST_CASE("the bytes of counted and of failed steps never change", "[stored_bytes]") {
  WriteBatch batch;
  OpenFanOutCounts counts{5, {}};
  counts.counts.of(7).succeeded = 2;
  counts.counts.of(7).start = at(1);
  counts.counts.of(7).end = at(3);
  StepRows::put_counts(batch, summary().id, counts);
  StepRows::put_failed(batch, summary().id, {7, BranchPath().child(5, 1'000).child(6, 2)});
  CHECK(lines(batch) ==
        "00b0210000000001028ab08b0102030405060706 = "
        "01080512155b5b372c322c302c302c302c302c302c312c335d5d\n"
        "00b0210000000001028ab08b010203040506070701000000070200000005000003e800000006"
        "00000002 = 01\n");
}

TEST_CASE("the bytes of a repeated attempt, and of a page behind which one began, never change",
          "[stored_bytes]") {
  WriteBatch batch;
  StepRows::put_repeated(batch, summary().id, {BranchPath().child(5, 1'000), 258, at(1)});
  ExecutionTable::put_page(batch, summary().id, BranchPath(), {1, "e", 1, 1});
  CHECK(lines(batch) ==
        "00b0210000000001028ab08b0102030405060707020100000005000003e80000000000000102"
        "8000000000000001 = 01\n"
        "00b0210000000001028ab08b0102030405060703000000000000000001 = 010a016510011801\n");
}

TEST_CASE("the bytes of a pause and its wake never change", "[stored_bytes]") {
  WriteBatch batch;
  PauseTable::put(batch, {ProjectId("p"), UserId("u"), "a", at(300), 429});
  CHECK(lines(batch) ==
        "00963b700001750001610001 = 010a01701201751a016120d80428ad03\n"
        "009631800000000000012c0b00963b700001750001610001 = 01\n");
}

TEST_CASE("the bytes of timers never change", "[stored_bytes]") {
  WriteBatch batch;
  const auto row = summary();
  TimerTable::put(batch, {at(1'700'000'000'000), row.id, BranchPath().child(5, 1'000), 7,
                          row.project, row.user});
  CHECK(lines(batch) ==
        "00b0308000018bcfe568000000000001028ab08b010203040506070100000005000003e8"
        "00000007 = 010a03700071120175\n");
  WriteBatch urgent;
  TimerTable::put(urgent, {at(1'700'000'000'000), row.id, BranchPath().child(5, 1'000), 7,
                           row.project, row.user, 9});
  CHECK(lines(urgent) ==
        "00b0308000018bcfe568000000000001028ab08b010203040506070100000005000003e8"
        "00000007 = 010a037000711201751809\n");
}

TEST_CASE("the bytes of wakes never change", "[stored_bytes]") {
  WriteBatch batch;
  const WakeRow row{at(1'700'000'000'000), WakeTarget::token_refresh, "p\0u"s, ShardId{0xb0}};
  WakeTable::put(batch, row);
  WakeTable::remove(batch, row);
  CHECK(lines(batch) == "00b0318000018bcfe5680003700075 = 01\n00b0318000018bcfe5680003700075 -\n");
}

TEST_CASE("the bytes of polls never change", "[stored_bytes]") {
  WriteBatch batch;
  const PolledWorkflowRow workflow{ProjectId("p"), WorkflowId("w"), "d", at(1), Millis(60'000)};
  PollTable::put(batch, workflow);
  PolledAccountRow account;
  account.project = ProjectId("p");
  account.user = UserId("u");
  account.workflow = WorkflowId("w");
  account.credential = "c";
  account.begun = at(1);
  PollTable::put(batch, account);
  account.has_begun = true;
  account.cursor = "5";
  account.seen = "0123456789abcdef";
  account.failures = 2;
  account.due = at(3);
  account.failed = at(2);
  account.code = "e";
  account.message = "m";
  PollTable::put(batch, account);
  PollTable::remove(batch, workflow);
  CHECK(lines(batch) ==
        "002b3701700001770001 = 010a01701201771a0164200228e0d403\n"
        "00963702700001750001770001630001 = 010a01701201751a01772201632802\n"
        "00963702700001750001770001630001 = 010a01701201751a0177220163280230013a0135421030313233"
        "3435363738396162636465664802500658046201656a016d\n"
        "002b3701700001770001 -\n");
}

TEST_CASE("the bytes of a poll that its provider holds back never change", "[stored_bytes]") {
  WriteBatch batch;
  PolledAccountRow account;
  account.project = ProjectId("p");
  account.user = UserId("u");
  account.workflow = WorkflowId("w");
  account.credential = "c";
  account.begun = at(1);
  account.failures = 2;
  account.due = at(3);
  account.failed = at(2);
  account.code = "e";
  account.message = "m";
  account.held_until = at(3);
  PollTable::put(batch, account);
  CHECK(lines(batch) ==
        "00963702700001750001770001630001 = 010a01701201751a01772201632802"
        "4802500658046201656a016d7006\n");
}

TEST_CASE("the bytes of schedules never change", "[stored_bytes]") {
  WriteBatch batch;
  ScheduleRow row;
  row.project = ProjectId("p");
  row.workflow = WorkflowId("w");
  row.version = 3;
  row.schedule = "{}";
  row.served_until = at(1);
  row.due = at(2);
  ScheduleTable::put(batch, row);
  row.is_walking = row.is_missed = true;
  row.walk_until = at(3);
  row.walked_to = "k";
  ScheduleTable::put(batch, row);
  ScheduleTable::remove(batch, row);
  ScheduledAccountRow account;
  account.project = ProjectId("p");
  account.user = UserId("u");
  account.workflow = WorkflowId("w");
  account.credential = "c";
  account.last.bytes[0] = 0xab;
  ScheduleTable::put(batch, account);
  account.is_waiting = true;
  account.waiting = at(1);
  account.look_again = at(2);
  account.looks = 3;
  ScheduleTable::put(batch, account);
  CHECK(lines(batch) ==
        "002b3401700001770001 = 010a0170120177180322027b7d28023004\n"
        "002b3401700001770001 = 010a0170120177180322027b7d2802300438014006480152016b\n"
        "002b3401700001770001 -\n"
        "00963402700001750001770001630001 = "
        "010a01701201751a01772201632a10ab000000000000000000000000000000\n"
        "00963402700001750001770001630001 = "
        "010a01701201751a01772201632a10ab0000000000000000000000000000003001380240044803\n");
}

TEST_CASE("the bytes of projects and workflows never change", "[stored_bytes]") {
  WriteBatch batch;
  const ProjectId project("p");
  ProjectTable::put_project(batch, {project, "Name", "hash", at(1)});
  ProjectTable::put_signing_key(batch, project, {SigningKeyId("k"), "pem"});
  ProjectTable::put_workflow(batch, project, {WorkflowId("w"), "{}", 3, 2, at(-1)});
  ProjectTable::put_version(batch, project, WorkflowId("w"), {3, "{}", at(128)});
  CHECK(lines(batch) ==
        "002b10700001 = 010a017012044e616d651a04686173682002\n"
        "002b117000016b0001 = 010a016b120370656d\n"
        "002b12700001770001 = 010a017712027b7d180320022801\n"
        "002b1370000177000100000003 = 01080312027b7d188002\n");
}

TEST_CASE("the bytes of API keys and revisions never change", "[stored_bytes]") {
  WriteBatch batch;
  const ProjectId project("p");
  ProjectTable::put_api_key(batch, "hash", project);
  ProjectTable::put_api_keys_are_indexed(batch);
  ProjectTable::put_revision(batch, project, 300);
  CHECK(lines(batch) ==
        "005b17686173680001 = 010a0170\n"
        "ffff17 = 010801\n"
        "002b16700001 = 0108ac02\n");
}

TEST_CASE("the bytes of secrets and integrations never change", "[stored_bytes]") {
  WriteBatch batch;
  const ProjectId project("p");
  SecretTable::put(batch, {project, "KEY", "sealed", at(1)});
  IntegrationTable::put(batch, {project, "crm", "{}", at(-1)});
  SecretTable::remove(batch, project, "KEY");
  IntegrationTable::remove(batch, project, "crm");
  CHECK(lines(batch) ==
        "002b147000014b45590001 = 010a017012034b45591a067365616c65642002\n"
        "002b1570000163726d0001 = 010a0170120363726d1a027b7d2001\n"
        "002b147000014b45590001 -\n"
        "002b1570000163726d0001 -\n");
}

TEST_CASE("the bytes of users and credentials never change", "[stored_bytes]") {
  WriteBatch batch;
  const ProjectId project("p\0q"s);
  const UserId user("u");
  UserTable::put(batch, {project, user, "{}", true, at(1)});
  CredentialTable::put(
      batch, {project, user, "id", "crm", true, "acct", "[1]", "[2]", "[3]", "sealed", at(2)});
  CredentialTable::remove(batch, project, user, "id");
  CHECK(lines(batch) ==
        "00b01a7000ff710001750001 = 010a037000711201751a027b7d20012802\n"
        "00b0187000ff71000175000169640001 = "
        "010a037000711201751a026964220363726d28013204616363743a035b315d42035b325d4a03"
        "5b335d52067365616c65645804\n"
        "00b0187000ff71000175000169640001 -\n");
}

TEST_CASE("the bytes of index rows never change", "[stored_bytes]") {
  WriteBatch batch;
  const ProjectId project("p");
  const WorkflowId workflow("w");
  const FoundBy found{"event", "n", "crm"};
  WorkflowIndexTable::replace(batch, project, workflow, {}, found);
  WorkflowIndexTable::replace(batch, project, workflow, found, {});
  WorkflowRow row{workflow, "{}", 3, 2, at(-1)};
  row.found_by = found;
  ProjectTable::put_workflow(batch, project, row);
  CredentialRow credential;
  credential.project = ProjectId("p\0q"s);
  credential.user = UserId("u");
  credential.id = "id";
  credential.configured_workflows = R"({"w":{"enabled":true}})";
  EnabledWorkflowTable::follow(batch, nullptr, &credential);
  CHECK(lines(batch) ==
        "002b287000016576656e7400016e0001770001 = 010a0177\n"
        "002b2970000163726d0001770001 = 010a0177\n"
        "002b287000016576656e7400016e0001770001 -\n"
        "002b2970000163726d0001770001 -\n"
        "002b12700001770001 = "
        "010a017712027b7d18032002280132056576656e743a016e420363726d\n"
        "00b02a7000ff71000177000175000169640001 = 010a017512026964\n");
  CHECK(hex(keys::index_state(ShardId{255})) == "00ff2b");
}

TEST_CASE("a value that was sealed by an earlier program opens", "[stored_bytes]") {
  const Sealer sealer(*SealingKey::parse(std::string(64, '7')));
  const std::string sealed = bytes_of(
      "01f69f7c57a25aeb7744c0a6c2c9c5d390eb02f18eb1d119221a441d1168727c7417ec172da840114c3b11145df9"
      "f148a4bb0d85a42693");
  const auto plain = sealer.unseal(sealed, "place");
  REQUIRE(plain.ok());
  CHECK(*plain == "s3cret");
}

TEST_CASE("the bytes of the stores' own rows never change", "[stored_bytes]") {
  CHECK(hex(keys::format_version()) == "ffff01");
  CHECK(hex(keys::epoch(ShardId{255})) == "00ff02");
  CHECK(hex(encode_format_version(1)) == "010801");
}

}  // namespace
}  // namespace millrace::tests
