#include "actors/functions/project_queue.h"

#include "tests/support/catch.h"

#include <map>
#include <string>

namespace millrace {
namespace {

/// A queue, and calls that are known by their text.
struct Bed {
  ProjectQueue queue{ProjectId("acme"), 2};
  std::map<std::string, std::shared_ptr<FunctionVersion>> versions{};
  std::map<std::string, QueuedCallPtr> running{};

  void push(const std::string& user, const std::string& text, const std::string& version = "v") {
    auto& known = versions[version];
    if (known == nullptr) {
      known = std::make_shared<FunctionVersion>(static_cast<std::uint32_t>(versions.size()),
                                                std::make_shared<FunctionSource>());
    }
    auto call = std::make_unique<QueuedCall>();
    call->user = UserId(user);
    call->text = text;
    call->version = known;
    queue.push(std::move(call));
  }
  /// The text of the next call, which runs from now on; "-" if there is none.
  std::string take(ProjectQueue::Want want = ProjectQueue::Want::any) {
    QueuedCallPtr call = queue.take(want);
    if (call == nullptr) return "-";
    const std::string text = call->text;
    running[text] = std::move(call);
    return text;
  }
  void end(const std::string& text) {
    queue.ended(*running.at(text));
    running.erase(text);
  }
};

}  // namespace

TEST_CASE("users take turns, and those who have nothing running come first") {
  Bed bed;
  for (const char* const text : {"a1", "a2", "a3", "a4"}) bed.push("a", text);
  bed.push("b", "b1");
  CHECK(bed.take() == "a1");
  CHECK(bed.take() == "b1");
  CHECK(bed.take() == "a2");
  bed.push("b", "b2");
  bed.end("b1");
  CHECK(bed.queue.has_hungry_user());
  CHECK(bed.take() == "b2");
  CHECK_FALSE(bed.queue.has_hungry_user());
  CHECK(bed.take() == "a3");
  CHECK(bed.take() == "a4");
  CHECK(bed.take() == "-");
  CHECK(bed.queue.empty());
}

TEST_CASE("versions of a user take turns, and fast ones can be asked for") {
  Bed bed;
  bed.push("a", "slow1", "slow");
  bed.push("a", "slow2", "slow");
  bed.push("a", "fast1", "fast");
  CHECK(bed.take(ProjectQueue::Want::fast) == "-");
  for (int i = 0; i < 2; ++i) bed.versions.at("fast")->record(10);
  CHECK(bed.take(ProjectQueue::Want::fast) == "fast1");
  CHECK(bed.take(ProjectQueue::Want::fast) == "-");
  bed.push("a", "fast2", "fast");
  CHECK(bed.take() == "slow1");
  CHECK(bed.take() == "fast2");
}

TEST_CASE("a call that was interrupted waits for its turn to go on") {
  Bed bed;
  bed.push("a", "a1");
  CHECK(bed.take() == "a1");
  bed.push("b", "b1");
  bed.queue.suspended(*bed.running.at("a1"));
  CHECK_FALSE(bed.queue.has_resumptions());
  bed.queue.can_resume(7, *bed.running.at("a1"));
  // Both have nothing running; b waits for longer.
  CHECK_FALSE(bed.queue.resumes_next());
  CHECK(bed.take() == "b1");
  CHECK(bed.queue.resumes_next());
  CHECK(bed.queue.take_resumption() == 7);
  bed.queue.resumed(*bed.running.at("a1"));
  CHECK_FALSE(bed.queue.has_turns());
  bed.end("a1");
  bed.end("b1");
}

TEST_CASE("a user with many interrupted calls begins no other until one goes on") {
  Bed bed;
  for (const char* const text : {"a1", "a2", "a3"}) bed.push("a", text);
  bed.push("b", "b1");
  CHECK(bed.take() == "a1");
  CHECK(bed.take() == "b1");
  CHECK(bed.take() == "a2");
  bed.queue.suspended(*bed.running.at("a1"));
  bed.queue.suspended(*bed.running.at("a2"));
  CHECK_FALSE(bed.queue.has_turns());
  CHECK(bed.take() == "-");
  bed.push("b", "b2");
  CHECK(bed.take() == "b2");
  // One of them is cancelled where it stands.
  bed.end("a1");
  CHECK(bed.take() == "a3");
}

TEST_CASE("calls that could go on are not passed over for ever by a user's own calls") {
  Bed bed;
  for (int i = 0; i < 20; ++i) bed.push("a", "a" + std::to_string(i));
  CHECK(bed.take() == "a0");
  bed.queue.suspended(*bed.running.at("a0"));
  bed.queue.can_resume(7, *bed.running.at("a0"));
  int taken = 0;
  while (bed.take() != "-") ++taken;
  CHECK(taken > 0);
  CHECK(taken < 19);
  CHECK(bed.queue.resumes_next());
}

TEST_CASE("a call is taken back from wherever it waits") {
  Bed bed;
  bed.push("a", "a1");
  bed.push("a", "a2");
  bed.push("a", "a3", "other");
  bed.push("b", "b1");
  QueuedCallPtr first = bed.queue.take(ProjectQueue::Want::any);
  CHECK(first->text == "a1");
  bed.queue.ended(*first);
  const QueuedCall& again = *first;
  bed.queue.push_front(std::move(first));
  CHECK(bed.queue.size() == 4);
  CHECK(bed.queue.remove(again)->text == "a1");
  CHECK(bed.queue.size() == 3);
  CHECK(bed.queue.take_all().size() == 3);
  CHECK_FALSE(bed.queue.has_turns());
}

}  // namespace millrace
