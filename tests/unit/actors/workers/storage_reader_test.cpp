#include "actors/workers/storage_reader.h"

#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"
#include "tests/support/gate.h"

#include <future>

using namespace millrace;

namespace {

const ProjectId project("demo");
const LogSink nobody = [](LogLevel, const std::string&) {};

storage::WriteBatch one_row() {
  storage::WriteBatch batch;
  batch.put("row", "value");
  return batch;
}

}  // namespace

TEST_CASE("a job behind the commits begins when all that was submitted before is on the disk") {
  storage::MemoryStore store;
  storage::GroupCommit commits(store, {});
  StorageReader reader(1, commits, nobody);
  commits.submit(one_row(), storage::Urgency::lazy, {});
  std::promise<bool> found;
  reader.after_commits(project, [&](const Outcome& durable) {
    found.set_value(durable.ok() && store.get("row")->has_value());
  });
  CHECK(found.get_future().get());
}

TEST_CASE("a job behind a commit that is lost is told so") {
  storage::MemoryStore store;
  store.fail_commits(ErrorCode::overloaded);
  storage::GroupCommit commits(store, {});
  StorageReader reader(1, commits, nobody);
  std::promise<ErrorCode> told;
  reader.after_commits(project,
                       [&](const Outcome& durable) { told.set_value(durable.error().code); });
  CHECK(told.get_future().get() == ErrorCode::overloaded);
}

TEST_CASE("jobs that wait for a slow disk keep no thread from other jobs") {
  storage::MemoryStore store;
  Gate disk;
  storage::GroupCommit commits(store, {});
  StorageReader reader(1, commits, nobody);
  commits.submit({}, storage::Urgency::urgent, [&](const Outcome&) { disk.stand(); });
  std::promise<void> behind;
  for (int i = 0; i < 8; ++i) reader.after_commits(project, [](const Outcome&) {});
  reader.after_commits(project, [&](const Outcome&) { behind.set_value(); });
  std::promise<void> beside;
  reader.submit([&] { beside.set_value(); });
  beside.get_future().get();
  disk.open();
  behind.get_future().get();
}

TEST_CASE("a reader that has stopped takes no jobs, also none that waited for a commit") {
  storage::MemoryStore store;
  Gate disk;
  storage::GroupCommit commits(store, {});
  StorageReader reader(1, commits, nobody);
  commits.submit({}, storage::Urgency::urgent, [&](const Outcome&) { disk.stand(); });
  bool has_run = false;
  reader.after_commits(project, [&](const Outcome&) { has_run = true; });
  reader.stop();
  disk.open();
  REQUIRE(commits.commit_and_wait({}).ok());
  CHECK_FALSE(has_run);
}
