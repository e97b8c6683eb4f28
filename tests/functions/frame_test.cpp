// Frames between pool and worker, and how they behave when a worker lies.

#include "actors/functions/frame.h"

#include "actors/functions/descriptor.h"
#include "tests/support/catch.h"

#include <sys/socket.h>
#include <unistd.h>

namespace millrace {
namespace {

struct Pair {
  Pair() {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    ours = Descriptor(pair[0]);
    theirs = Descriptor(pair[1]);
  }
  void send(std::string_view bytes) {
    REQUIRE(::write(theirs.get(), bytes.data(), bytes.size()) ==
            static_cast<ssize_t>(bytes.size()));
  }
  Descriptor ours;
  Descriptor theirs;
};

}  // namespace

TEST_CASE("fields of a frame come back as written") {
  std::string bytes;
  FrameWriter(bytes, FrameKind::call).number(std::uint64_t{7}).text("parameters").text("");
  FrameReader reader(std::string_view(bytes).substr(sizeof(std::uint32_t)));
  CHECK(reader.kind() == FrameKind::call);
  CHECK(reader.number<std::uint64_t>() == 7);
  CHECK(reader.text() == "parameters");
  CHECK(reader.text().empty());
  CHECK(reader.good());
  CHECK(reader.number<std::uint8_t>() == 0);
  CHECK_FALSE(reader.good());
}

TEST_CASE("a frame that arrives in pieces is given out once it is whole") {
  Pair pair;
  std::string bytes;
  FrameWriter(bytes, FrameKind::call).text("one");
  FrameWriter(bytes, FrameKind::call).text("two");
  FrameBuffer buffer;
  int frames = 0;
  for (const char byte : bytes) {
    pair.send(std::string_view(&byte, 1));
    REQUIRE(buffer.receive(pair.ours.get()) == FrameBuffer::Input::more);
    while (buffer.next()) ++frames;
  }
  CHECK(frames == 2);
  CHECK(buffer.receive(pair.ours.get()) == FrameBuffer::Input::none);
  pair.theirs.close();
  CHECK(buffer.receive(pair.ours.get()) == FrameBuffer::Input::closed);
}

TEST_CASE("a size that no sane worker sends breaks the stream for good") {
  Pair pair;
  FrameBuffer buffer;
  pair.send(std::string(8, '\xff'));
  REQUIRE(buffer.receive(pair.ours.get()) == FrameBuffer::Input::more);
  CHECK_FALSE(buffer.next().has_value());
  CHECK(buffer.broken());
}

TEST_CASE("a length inside a frame cannot reach beyond the frame") {
  std::string bytes;
  FrameWriter(bytes, FrameKind::reply).number(std::uint32_t{1'000'000});
  FrameReader reader(std::string_view(bytes).substr(sizeof(std::uint32_t)));
  CHECK(reader.kind() == FrameKind::reply);
  CHECK(reader.text().empty());
  CHECK_FALSE(reader.good());
}

}  // namespace millrace
