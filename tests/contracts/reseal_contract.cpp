// storage/maintenance/reseal.h over every store.

#include "storage/maintenance/reseal.h"
#include "storage/tables/credential_table.h"
#include "storage/tables/kept_token_table.h"
#include "storage/tables/secret_table.h"
#include "storage/tables/sign_in_table.h"
#include "storage/tables/subscription_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using namespace storage;

const Sealer& old_sealer() {
  static const Sealer sealer(*SealingKey::parse(std::string(64, '1')));
  return sealer;
}
const Sealer& new_sealer() {
  static const Sealer sealer(*SealingKey::parse(std::string(64, '2')));
  return sealer;
}

void put_secret(OrderedStore& store, const std::string& name, const Sealer& sealer) {
  SecretRow row{ProjectId("p"), name, {}, at(1)};
  row.sealed = sealer.seal("value of " + name, row.place());
  WriteBatch batch;
  SecretTable::put(batch, row);
  must_commit(store, batch);
}

void put_credential(OrderedStore& store, const std::string& id, const Sealer& sealer) {
  CredentialRow row;
  row.project = ProjectId("p");
  row.user = UserId("u");
  row.id = id;
  row.sealed = sealer.seal("fields of " + id, row.place());
  WriteBatch batch;
  CredentialTable::put(batch, row);
  must_commit(store, batch);
}

/// How many sealed rows `sealer` opens to what they were.
std::size_t opened_by(const Sealer& sealer, const OrderedStore& store) {
  std::size_t opened = 0;
  const auto secrets = SecretTable(store).visit(ShardSet::all(), [&](SecretRow row) -> Outcome {
    const auto plain = sealer.unseal(row.sealed, row.place());
    opened += plain.ok() && *plain == "value of " + row.name;
    return Done{};
  });
  const auto credentials =
      CredentialTable(store).visit(ShardSet::all(), [&](CredentialRow row) -> Outcome {
        const auto plain = sealer.unseal(row.sealed, row.place());
        opened += plain.ok() && *plain == "fields of " + row.id;
        return Done{};
      });
  REQUIRE((secrets.ok() && credentials.ok()));
  return opened;
}

TEST_CASE("changing the key seals every secret and credential anew", "[reseal]") {
  const auto store = any_store();
  for (int i = 0; i < 300; ++i) put_secret(**store, "S" + std::to_string(i), old_sealer());
  for (int i = 0; i < 20; ++i) put_credential(**store, "c" + std::to_string(i), old_sealer());
  const auto report = reseal_all(**store, old_sealer(), new_sealer());
  REQUIRE(report.ok());
  CHECK(report->resealed == 320);
  CHECK(report->already_done == 0);
  CHECK(report->left == 0);
  CHECK(opened_by(new_sealer(), **store) == 320);
  CHECK(opened_by(old_sealer(), **store) == 0);
}

TEST_CASE("a token that a challenge has brought is sealed anew with the others", "[reseal]") {
  const auto store = any_store();
  KeptTokenRow row{std::string(34, '0'), {}, at(1)};
  row.sealed = old_sealer().seal("token", row.place());
  WriteBatch batch;
  KeptTokenTable::put(batch, row);
  must_commit(**store, batch);
  const auto report = reseal_all(**store, old_sealer(), new_sealer());
  REQUIRE(report.ok());
  CHECK(report->resealed == 1);
  const auto now = KeptTokenTable(**store).find(row.hook);
  CHECK(*new_sealer().unseal((*now)->sealed, (*now)->place()) == "token");
}

TEST_CASE("a sign-in that goes on is sealed anew with the others", "[reseal]") {
  const auto store = any_store();
  SignInRow row{std::string(64, 'a'), at(1), {}};
  row.sealed = old_sealer().seal("stage", row.place());
  WriteBatch batch;
  SignInTable::put(batch, row);
  must_commit(**store, batch);
  const auto report = reseal_all(**store, old_sealer(), new_sealer());
  REQUIRE(report.ok());
  CHECK(report->resealed == 1);
  const auto now = SignInTable(**store).find(row.hash);
  REQUIRE((now.ok() && now->has_value()));
  CHECK(*new_sealer().unseal((*now)->sealed, (*now)->place()) == "stage");
}

TEST_CASE("an interrupted change of the key is finished by the next one", "[reseal]") {
  const auto store = any_store();
  put_secret(**store, "DONE", new_sealer());
  put_secret(**store, "OPEN", old_sealer());
  put_credential(**store, "c", old_sealer());
  const auto report = reseal_all(**store, old_sealer(), new_sealer());
  REQUIRE(report.ok());
  CHECK(report->resealed == 2);
  CHECK(report->already_done == 1);
  CHECK(opened_by(new_sealer(), **store) == 3);
  const auto again = reseal_all(**store, old_sealer(), new_sealer());
  REQUIRE(again.ok());
  CHECK(again->resealed == 0);
  CHECK(again->already_done == 3);
}

TEST_CASE("a row that the old key does not open is left as it is and counted", "[reseal]") {
  const auto store = any_store();
  const Sealer third(*SealingKey::parse(std::string(64, '3')));
  put_secret(**store, "FOREIGN", third);
  put_secret(**store, "OURS", old_sealer());
  const auto report = reseal_all(**store, old_sealer(), new_sealer());
  REQUIRE(report.ok());
  CHECK(report->resealed == 1);
  CHECK(report->left == 1);
  REQUIRE(report->why_left.has_value());
  CHECK(report->why_left->code == ErrorCode::secrets_locked);
  CHECK_THAT(report->why_left->message, Catch::Contains(third.key_id()));
  CHECK(opened_by(third, **store) == 1);
}

TEST_CASE("changing the key seals subscriptions and accounts that are gone anew", "[reseal]") {
  const auto store = any_store();
  SubscriptionRow subscription;
  subscription.project = ProjectId("p");
  subscription.user = UserId("u");
  subscription.integration = "crm";
  subscription.credential = "c";
  subscription.webhook = "w";
  subscription.intent = "i";
  subscription.sealed = old_sealer().seal("its secret", subscription.place());
  LeftAccountRow left;
  left.project = ProjectId("p");
  left.user = UserId("u");
  left.id = "c";
  left.sealed = old_sealer().seal("its fields", left.place());
  WriteBatch batch;
  SubscriptionTable::put(batch, subscription);
  LeftAccountTable::put(batch, left);
  must_commit(**store, batch);
  const auto report = reseal_all(**store, old_sealer(), new_sealer());
  REQUIRE(report.ok());
  CHECK(report->resealed == 2);
  std::vector<std::string> opened;
  const auto open = [&](const auto& row) -> Outcome {
    const auto plain = new_sealer().unseal(row.sealed, row.place());
    opened.push_back(plain ? *plain : plain.error().message);
    CHECK_FALSE(old_sealer().unseal(row.sealed, row.place()).ok());
    return Done{};
  };
  REQUIRE(SubscriptionTable(**store)
              .visit(ShardSet::all(), [&](SubscriptionRow row) { return open(row); })
              .ok());
  REQUIRE(LeftAccountTable(**store)
              .visit(ShardSet::all(), [&](LeftAccountRow row) { return open(row); })
              .ok());
  CHECK(opened == std::vector<std::string>{"its secret", "its fields"});
}

}  // namespace
}  // namespace millrace::tests
