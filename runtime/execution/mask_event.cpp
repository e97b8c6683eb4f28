#include "runtime/execution/mask_event.h"

#include <utility>

namespace millrace {
namespace {

/// Gives a masked copy of an event, or nothing.
class Mask {
 public:
  explicit Mask(const Redaction& secrets) : secrets_(secrets) {}

  std::optional<EventBody> operator()(const StepCompleted& event) {
    return with(event, event.output, &StepCompleted::output);
  }
  std::optional<EventBody> operator()(const StepFailed& event) {
    return with(event, event.response, &StepFailed::response);
  }
  std::optional<EventBody> operator()(const PageFetched& event) {
    PageFetched masked = event;
    masked.results = secrets_.masked(event.results, found);
    masked.next_token = secrets_.masked(event.next_token, found);
    return if_any_found(std::move(masked));
  }
  std::optional<EventBody> operator()(const FanOutJoined& event) {
    FanOutJoined masked = event;
    for (auto& [step, values] : masked.outputs) values = secrets_.masked(values, found);
    masked.output = secrets_.masked(event.output, found);
    return if_any_found(std::move(masked));
  }
  /// What a run begins with comes from its caller, but for what it keeps of another run.
  std::optional<EventBody> operator()(const ExecutionStarted& event) {
    if (!event.replay) return std::nullopt;
    ExecutionStarted masked = event;
    for (KeptOutput& kept : masked.replay->kept) kept.output = secrets_.masked(kept.output, found);
    return if_any_found(std::move(masked));
  }
  /// All others hold nothing from outside.
  template <class Other>
  std::optional<EventBody> operator()(const Other&) {
    return std::nullopt;
  }

  Redaction found;

 private:
  template <class Body>
  std::optional<EventBody> with(const Body& event, const SharedJson& value,
                                SharedJson Body::*member) {
    SharedJson shown = secrets_.masked(value, found);
    if (found.empty()) return std::nullopt;
    Body masked = event;
    masked.*member = std::move(shown);
    return EventBody(std::move(masked));
  }
  std::optional<EventBody> if_any_found(EventBody masked) const {
    if (found.empty()) return std::nullopt;
    return masked;
  }

  const Redaction& secrets_;
};

void mask_console(std::vector<ConsoleLine>& console, const Redaction& secrets) {
  for (ConsoleLine& line : console) line.text = secrets.apply(std::move(line.text));
}

}  // namespace

std::optional<MaskedEvent> mask_event(const Event& event, const Redaction& secrets) {
  if (secrets.empty()) return std::nullopt;
  Mask mask(secrets);
  auto shown = std::visit(mask, event.body);
  if (!shown) return std::nullopt;
  return MaskedEvent{{event.at, std::move(*shown)}, std::move(mask.found)};
}

void mask_shown(EventBody& event, const Redaction& secrets) {
  if (auto* const completed = std::get_if<StepCompleted>(&event)) {
    mask_console(completed->console, secrets);
  } else if (auto* const failed = std::get_if<StepFailed>(&event)) {
    failed->message = secrets.apply(std::move(failed->message));
    mask_console(failed->console, secrets);
  } else if (auto* const ended = std::get_if<ExecutionEnded>(&event)) {
    ended->message = secrets.apply(std::move(ended->message));
  }
}

}  // namespace millrace
