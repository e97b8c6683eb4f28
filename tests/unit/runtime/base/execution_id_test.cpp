#include "runtime/base/execution_id.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

using namespace millrace;

TEST_CASE("an id tells to the millisecond when it was made") {
  SeededRandom random(7);
  for (const std::int64_t ms :
       {0LL, 1LL, 255LL, 256LL, 1'700'000'000'123LL, 281'474'976'710'655LL}) {
    const Instant made(Millis{ms});
    CHECK(ExecutionId::make(ShardId{200}, made, random).made_at() == made);
  }
}
