// storage/maintenance/run_keys.h over every store.

#include "storage/maintenance/reseal.h"
#include "storage/maintenance/run_keys.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <algorithm>

namespace millrace::tests {
namespace {

using namespace storage;

Sealer secrets_key(char digit) { return Sealer(*SealingKey::parse(std::string(64, digit))); }

}  // namespace

TEST_CASE("what runs have sealed opens at the next start, and after a change of the secrets key") {
  const auto opened = any_store();
  OrderedStore& store = **opened;
  const Sealer first = secrets_key('1'), second = secrets_key('2');
  const auto made = open_run_key(store, first);
  REQUIRE(made.ok());
  const std::string sealed = made->seal("text", "place");
  const auto again = open_run_key(store, first);
  REQUIRE(again.ok());
  CHECK(*again->unseal(sealed, "place") == "text");
  REQUIRE(reseal_all(store, first, second).ok());
  const auto changed = open_run_key(store, second);
  REQUIRE(changed.ok());
  CHECK(*changed->unseal(sealed, "place") == "text");
}

TEST_CASE("a server with another secrets key seals under another run key, and harms neither") {
  const auto opened = any_store();
  OrderedStore& store = **opened;
  const auto right = open_run_key(store, secrets_key('1'));
  const auto wrong = open_run_key(store, secrets_key('2'));
  REQUIRE((right.ok() && wrong.ok()));
  const auto locked = wrong->unseal(right->seal("text", "place"), "place");
  REQUIRE_FALSE(locked.ok());
  CHECK(locked.error().code == ErrorCode::secrets_locked);
  CHECK(open_run_key(store, secrets_key('1'))->key_id() == right->key_id());
  CHECK(open_run_key(store, secrets_key('2'))->key_id() == wrong->key_id());
}

TEST_CASE("a store tells with which secrets keys it has been used") {
  const auto opened = any_store();
  OrderedStore& store = **opened;
  const Sealer first = secrets_key('1'), second = secrets_key('2'), third = secrets_key('3');
  const auto used = [&] {
    auto ids = secrets_keys_used(store);
    REQUIRE(ids.ok());
    std::sort(ids->begin(), ids->end());
    return *ids;
  };
  const auto sorted = [](std::vector<std::string> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
  };
  CHECK(used().empty());
  REQUIRE(open_run_key(store, first).ok());
  REQUIRE(open_run_key(store, first).ok());
  CHECK(used() == sorted({first.key_id()}));
  REQUIRE(open_run_key(store, second).ok());
  CHECK(used() == sorted({first.key_id(), second.key_id()}));
  REQUIRE(reseal_all(store, first, third).ok());
  CHECK(used() == sorted({second.key_id(), third.key_id()}));
  REQUIRE(reseal_all(store, second, third).ok());
  CHECK(used() == sorted({third.key_id()}));
}

}  // namespace millrace::tests
