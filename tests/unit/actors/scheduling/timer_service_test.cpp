#include "actors/scheduling/timer_service.h"

#include "storage/keys.h"
#include "storage/memory/memory_store.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <vector>

using namespace millrace;
using storage::WakeTarget;

namespace {

/// Rows and a service over them; notes what fires. Answers what fires if it is told to.
class Timers {
 public:
  explicit Timers(std::size_t held_max = 10) : Timers(with_places(held_max)) {}
  explicit Timers(const TimerServiceOptions& options) : options_(options) {
    REQUIRE(ownership.claim(store, ShardSet::all()).ok());
    build();
  }

  static TimerServiceOptions with_places(std::size_t held_max) {
    TimerServiceOptions options;
    options.held_max = held_max;
    return options;
  }

  /// The next user's row that is due after `wait`; never committed.
  storage::TimerRow timer(Millis wait) {
    storage::TimerRow row;
    row.due = clock.now() + wait;
    row.project = ProjectId("demo");
    row.user = UserId("user-" + std::to_string(armed_++));
    row.execution = ExecutionId::make(shard_of(row.project, row.user), clock.now(), random_);
    return row;
  }
  storage::WakeRow wake(Millis wait, WakeTarget target) {
    const std::string name = "target-" + std::to_string(armed_++);
    return {clock.now() + wait, target, name, shard_of(ProjectId(name))};
  }

  void put(const storage::TimerRow& row) {
    storage::WriteBatch batch;
    storage::TimerTable::put(batch, row);
    REQUIRE(store.commit(batch).ok());
  }
  void put(const storage::WakeRow& row) {
    storage::WriteBatch batch;
    storage::WakeTable::put(batch, row);
    REQUIRE(store.commit(batch).ok());
  }

  /// Rows of `count` users that are due after `wait`.
  void arm(std::size_t count, Millis wait, bool tell_service = false) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto row = timer(wait);
      put(row);
      if (tell_service) service->schedule(row);
    }
  }

  /// Begins; `served` are the kinds of wakes that have an owner.
  void start(const std::vector<WakeTarget>& served = {}) {
    for (const WakeTarget target : served) {
      service->serve(target, [this, target](const storage::WakeRow& row) {
        if (row.target != target) ++misled;
        note(row);
      });
    }
    service->start([this](const storage::TimerRow& row) { note(row); });
  }
  /// As a restart of the process does.
  void restart(const std::vector<WakeTarget>& served = {}) {
    service.reset();
    build();
    start(served);
  }

  /// When each row was due, in the order in which they fired.
  std::vector<Instant> fired() const {
    std::vector<Instant> due;
    for (const auto& row : fired_rows()) due.push_back(due_of(row));
    return due;
  }
  std::vector<storage::DueRow> fired_rows() const {
    const std::lock_guard lock(mutex_);
    return fired_;
  }
  bool fires(std::size_t count) const {
    return ActorTestBed::eventually([&] {
      const std::lock_guard lock(mutex_);
      return fired_.size() >= count;
    });
  }
  /// It has done what is to be done now.
  bool rests() const {
    return ActorTestBed::eventually([&] { return clock.earliest_wait() > clock.now(); });
  }
  bool waits_until(Instant time) const {
    return ActorTestBed::eventually([&] { return clock.earliest_wait() == time; });
  }
  /// Lets time pass second by second until so many have fired, `most` at most.
  bool fires_within(std::size_t count, Millis most) {
    const Instant end = clock.now() + most;
    while (rests() && fired().size() < count && clock.now() < end) clock.advance(Millis(1'000));
    return fired().size() >= count;
  }
  std::size_t log_lines() const {
    const std::lock_guard lock(mutex_);
    return log_lines_;
  }

  storage::MemoryStore store;
  ManualClock clock;
  ShardOwnership ownership;
  bool throws = false;
  bool answers = false;          // removes the row of what fires
  std::atomic<int> misled{0};    // wakes that came to the owner of another kind
  std::atomic<int> failures{0};  // to remove a row

 private:
  void build() {
    service = std::make_unique<TimerService>(
        store, ownership, clock,
        [this](LogLevel, const std::string&) {
          const std::lock_guard lock(mutex_);
          ++log_lines_;
        },
        options_);
  }

  void note(const storage::DueRow& row) {
    if (answers) remove(row);
    const std::lock_guard lock(mutex_);
    fired_.push_back(row);
    if (throws) throw std::runtime_error("injected bug");
  }

 public:
  void remove(const storage::DueRow& row) {
    storage::WriteBatch batch;
    if (const auto* const timer = std::get_if<storage::TimerRow>(&row)) {
      storage::TimerTable::remove(batch, *timer);
    } else {
      storage::WakeTable::remove(batch, std::get<storage::WakeRow>(row));
    }
    if (!store.commit(batch).ok()) ++failures;
  }

 private:
  const TimerServiceOptions options_;
  SeededRandom random_{1};
  std::size_t armed_ = 0;
  mutable std::mutex mutex_;
  std::vector<storage::DueRow> fired_;
  std::size_t log_lines_ = 0;

 public:
  std::unique_ptr<TimerService> service;  // last: its thread uses everything above
};

constexpr std::array every_target{WakeTarget::schedule,
                                  WakeTarget::poll,
                                  WakeTarget::token_refresh,
                                  WakeTarget::admission,
                                  WakeTarget::subscription_renewal,
                                  WakeTarget::alert_retry,
                                  WakeTarget::retention};
const std::vector<WakeTarget> all_targets(every_target.begin(), every_target.end());

}  // namespace

TEST_CASE("more timers than are held fire together when they are due together") {
  Timers timers(10);
  const Instant due = timers.clock.now() + Millis(20'000);
  timers.arm(35, Millis(20'000));
  timers.arm(1, Millis(25'000));
  timers.start();
  REQUIRE(timers.waits_until(due));
  CHECK(timers.service->held() == 10);
  timers.clock.advance(Millis(20'001));
  REQUIRE(timers.fires(35));
  REQUIRE(timers.waits_until(due + Millis(5'000)));
  CHECK(timers.fired().size() == 35);  // each once
  timers.clock.advance(Millis(5'000));
  CHECK(timers.fires(36));
}

TEST_CASE("timers that were overdue before the start all fire although few are held") {
  Timers timers(10);
  timers.arm(45, Millis(0));
  timers.clock.advance(Millis(60'000));
  timers.start();
  CHECK(timers.fires(45));
}

TEST_CASE("timers that find no place when they are armed fire when they are due") {
  Timers timers(10);
  timers.start();
  REQUIRE(timers.waits_until(timers.clock.now() + Millis(30'000)));
  timers.arm(30, Millis(5'000), /*tell_service=*/true);
  CHECK(timers.service->held() == 10);
  timers.clock.advance(Millis(5'001));
  CHECK(timers.fires(30));
}

TEST_CASE("of all shards the earliest timers are held") {
  Timers timers(10);
  timers.arm(30, Millis(20'000));
  timers.arm(5, Millis(7'000));
  const Instant first = timers.clock.now() + Millis(7'000);
  timers.start();
  REQUIRE(timers.waits_until(first));
  timers.clock.advance(Millis(7'000));
  REQUIRE(timers.fires(5));
  CHECK(timers.fired() == std::vector<Instant>(5, first));
}

TEST_CASE("a timer whose row is still there is fired again by a later scan") {
  Timers timers(10);
  timers.arm(1, Millis(1'000));
  timers.start();
  timers.clock.advance(Millis(1'000));
  REQUIRE(timers.fires(1));
  REQUIRE(timers.rests());
  while (timers.fired().size() < 2 && timers.clock.now() < test_epoch + Millis(120'000)) {
    timers.clock.advance(Millis(1'000));
    REQUIRE(timers.rests());
  }
  CHECK(timers.fired().size() == 2);
  CHECK(timers.clock.now() >= test_epoch + Millis(31'000));
}

TEST_CASE("a bug while one timer fires does not keep the others from firing") {
  Timers timers(10);
  timers.throws = true;
  timers.arm(15, Millis(0));
  timers.start();
  CHECK(timers.fires(15));
}

// --- wakes ----------------------------------------------------------------------------------------

TEST_CASE("a wake of each kind arrives at its time and at the owner of its kind") {
  Timers timers(100);
  std::vector<storage::DueRow> expected;
  for (std::size_t i = 0; i < all_targets.size(); ++i) {
    const auto wake = timers.wake(Millis(1'000 * static_cast<int>(i + 1)), all_targets[i]);
    timers.put(wake);
    expected.push_back(wake);
  }
  const auto timer = timers.timer(Millis(2'500));
  timers.put(timer);
  expected.insert(expected.begin() + 2, timer);
  timers.start(all_targets);
  REQUIRE(timers.rests());
  CHECK(timers.fired().empty());
  REQUIRE(timers.fires_within(expected.size(), Millis(10'000)));
  CHECK(timers.fired_rows() == expected);
  CHECK(timers.misled == 0);
  CHECK(timers.log_lines() == 0);
}

TEST_CASE("a wake that was armed while the service runs arrives without a scan") {
  Timers timers;
  timers.start(all_targets);
  REQUIRE(timers.waits_until(timers.clock.now() + Millis(30'000)));
  const auto wake = timers.wake(Millis(50), WakeTarget::poll);
  timers.put(wake);
  timers.service->schedule(wake);
  timers.clock.advance(Millis(50));
  REQUIRE(timers.fires(1));
  CHECK(timers.fired_rows() == std::vector<storage::DueRow>{wake});
}

TEST_CASE("a wake that was lost comes again, and one that was answered does not") {
  Timers timers;
  const auto lost = timers.wake(Millis(1'000), WakeTarget::token_refresh);
  const auto answered = timers.wake(Millis(1'000), WakeTarget::schedule);
  timers.put(lost);
  timers.put(answered);
  timers.start(all_targets);
  REQUIRE(timers.fires_within(2, Millis(2'000)));
  timers.remove(answered);
  REQUIRE(timers.fires_within(3, Millis(120'000)));
  CHECK(timers.fired_rows().back() == storage::DueRow(lost));
  timers.remove(lost);
  CHECK_FALSE(timers.fires_within(4, Millis(180'000)));
}

TEST_CASE("wakes and timers that came due during a restart arrive after it") {
  Timers timers;
  timers.arm(1, Millis(5'000));
  timers.put(timers.wake(Millis(6'000), WakeTarget::retention));
  timers.start(all_targets);
  REQUIRE(timers.rests());
  timers.service.reset();
  timers.clock.advance(std::chrono::hours(1));
  timers.restart(all_targets);
  REQUIRE(timers.fires(2));
  REQUIRE(timers.rests());
  CHECK(timers.fired().size() == 2);
}

TEST_CASE("wakes of a kind that nobody serves stay and keep nobody else from waking") {
  Timers timers(3);
  for (int i = 0; i < 50; ++i) timers.put(timers.wake(Millis(-1'000), WakeTarget{200}));
  timers.arm(7, Millis(0));
  timers.put(timers.wake(Millis(0), WakeTarget::poll));
  timers.start({WakeTarget::poll});
  REQUIRE(timers.fires(8));
  REQUIRE(timers.rests());
  CHECK(timers.fired().size() == 8);
  CHECK(timers.log_lines() == 1);
  timers.restart({WakeTarget{200}});
  CHECK(timers.fires(8 + 50));
}

TEST_CASE("a kind of target has one owner, who is known before the service starts") {
  Timers timers;
  const auto nothing = [](const storage::WakeRow&) {};
  timers.service->serve(WakeTarget::poll, nothing);
  CHECK_THROWS_AS(timers.service->serve(WakeTarget::poll, nothing), BugFound);
  CHECK_THROWS_AS(timers.service->serve(WakeTarget::schedule, {}), BugFound);
  timers.start();
  CHECK_THROWS_AS(timers.service->serve(WakeTarget::schedule, nothing), BugFound);
}

// --- shards ---------------------------------------------------------------------------------------

TEST_CASE("nothing fires for shards that are not owned until they are gained") {
  Timers timers(1'000);
  std::size_t of_lost = 0;
  std::vector<storage::DueRow> rows;
  for (int i = 0; i < 60; ++i) {
    const auto timer = timers.timer(Millis(0));
    const auto wake = timers.wake(Millis(0), WakeTarget::schedule);
    timers.put(timer);
    timers.put(wake);
    rows.insert(rows.end(), {timer, wake});
  }
  ShardSet lost;
  for (std::size_t i = 0; i < rows.size(); i += 3) lost.add(shard_of(rows[i]));
  for (const auto& row : rows) of_lost += lost.contains(shard_of(row)) ? 1 : 0;
  for (const ShardId shard : lost) timers.ownership.lose(shard);
  timers.start(all_targets);
  REQUIRE(timers.fires(rows.size() - of_lost));
  REQUIRE(timers.rests());
  for (const auto& row : timers.fired_rows()) CHECK_FALSE(lost.contains(shard_of(row)));
  CHECK(timers.fired().size() == rows.size() - of_lost);

  REQUIRE(timers.ownership.claim(timers.store, lost).ok());
  timers.service->scan_soon();
  REQUIRE(timers.fires(rows.size()));
  REQUIRE(timers.rests());
  CHECK(timers.fired().size() == rows.size());
}

TEST_CASE("rows that are held of a shard that is lost do not fire") {
  Timers timers;
  const auto timer = timers.timer(Millis(5'000));
  const auto wake = timers.wake(Millis(5'000), WakeTarget::admission);
  timers.put(timer);
  timers.put(wake);
  timers.start(all_targets);
  REQUIRE(timers.waits_until(timer.due));
  CHECK(timers.service->held() == 2);
  timers.ownership.lose(shard_of(storage::DueRow(timer)));
  timers.ownership.lose(wake.shard);
  timers.clock.advance(Millis(5'000));
  REQUIRE(timers.rests());
  CHECK(timers.fired().empty());
  CHECK(timers.service->held() == 0);
}

// --- damage and many ------------------------------------------------------------------------------

TEST_CASE("a damaged row keeps no timer and no wake of any shard from firing") {
  Timers timers(1'000);
  for (int i = 0; i < 50; ++i) {
    timers.arm(1, Millis(10));
    timers.put(timers.wake(Millis(10), WakeTarget::poll));
  }
  storage::WriteBatch damage;
  damage.put(storage::keys::timers_from(ShardId{0}, timers.clock.now()) + "half a key", "");
  damage.put(storage::keys::wakes_from(ShardId{0}, timers.clock.now()), "no target");
  REQUIRE(timers.store.commit(damage).ok());
  timers.start(all_targets);
  REQUIRE(timers.rests());
  timers.clock.advance(Millis(10));
  REQUIRE(timers.fires(100));
  CHECK(timers.log_lines() == 1);
}

TEST_CASE("one hundred thousand rows that are due together each fire once") {
  Timers timers(Timers::with_places(30'000));
  const std::size_t rows = 100'000;
  storage::WriteBatch batch;
  for (std::size_t i = 0; i < rows; i += 2) {
    storage::TimerTable::put(batch, timers.timer(Millis(0)));
    storage::WakeTable::put(batch, timers.wake(Millis(0), WakeTarget::schedule));
  }
  REQUIRE(timers.store.commit(batch).ok());
  timers.answers = true;
  timers.start(all_targets);
  for (std::size_t part = 1; part <= 10; ++part) REQUIRE(timers.fires(part * rows / 10));
  REQUIRE(timers.rests());
  CHECK(timers.failures == 0);
  const auto fired = timers.fired_rows();
  CHECK(fired.size() == rows);
  CHECK(std::set<storage::DueRow>(fired.begin(), fired.end()).size() == rows);
}

TEST_CASE("no more wake-ups are on their way than may be unanswered") {
  auto options = Timers::with_places(10);
  options.unanswered_max = 25;
  Timers timers(options);
  timers.arm(100, Millis(0));
  timers.start();
  REQUIRE(timers.rests());
  CHECK(timers.fired().size() >= 25);
  CHECK(timers.fired().size() < 25 + 10);
  // The next look is a pause away, not a scan's interval.
  CHECK(timers.clock.earliest_wait() <= timers.clock.now() + Millis(1'000));
  std::size_t answered = 0;
  while (timers.fired().size() < 100) {
    const auto fired = timers.fired_rows();
    for (; answered < fired.size(); ++answered) timers.remove(fired[answered]);
    REQUIRE(timers.fires_within(fired.size() + 1, Millis(5'000)));
    REQUIRE(timers.rests());
  }
  CHECK(timers.fired().size() == 100);
}
