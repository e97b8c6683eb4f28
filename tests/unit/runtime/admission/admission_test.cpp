#include "runtime/admission/admission.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

struct Line {
  const char* what;
  ProjectLimits limits;
  AdmissionState state;
  AdmissionOrder order;
  Admission expected;
};

constexpr ProjectLimits ten{.concurrent_steps = 10};
constexpr ProjectLimits ten_and_two{.concurrent_steps = 10, .concurrent_steps_per_user = 2};
constexpr AdmissionOrder fresh{};
constexpr AdmissionOrder more_mail{.has_place = true};
constexpr AdmissionOrder from_queue{.had_waited = true};

constexpr Line table[] = {
    {"an empty project", ten, {}, fresh, Admission::run},
    {"the last place", ten, {9, 9, false}, fresh, Admission::run},
    {"no place left", ten, {10, 0, false}, fresh, Admission::queue},
    {"a cancel has taken one more", ten, {11, 1, false}, fresh, Admission::queue},
    {"mail for a run in a full project", ten, {10, 10, false}, more_mail, Admission::run},
    {"mail for a run of a full user", ten_and_two, {5, 2, false}, more_mail, Admission::run},
    {"mail does not stand behind others", ten, {10, 1, true}, more_mail, Admission::run},
    {"the user's last place", ten_and_two, {5, 1, false}, fresh, Admission::run},
    {"a full user", ten_and_two, {5, 2, false}, fresh, Admission::queue},
    {"another user is full", ten_and_two, {2, 0, false}, fresh, Admission::run},
    {"one user may have all", ten, {9, 9, false}, fresh, Admission::run},
    {"nobody overtakes own runs", ten, {3, 1, true}, fresh, Admission::queue},
    {"urgent runs of anybody go first", ten, {3, 0, false, true}, fresh, Admission::queue},
    {"mail stands behind nobody", ten, {10, 1, false, true}, more_mail, Admission::run},
    {"the turn has come among urgent runs", ten, {3, 1, true, true}, from_queue, Admission::run},
    {"the turn has come", ten, {3, 1, true}, from_queue, Admission::run},
    {"the turn has come, no place left", ten, {10, 1, true}, from_queue, Admission::queue},
    {"the turn has come, a full user", ten_and_two, {3, 2, true}, from_queue, Admission::queue},
};

}  // namespace

TEST_CASE("a run gets a place when project and user have one and nothing that goes first waits") {
  for (const Line& line : table) {
    INFO(line.what);
    CHECK(admit(line.limits, line.state, line.order) == line.expected);
  }
}
