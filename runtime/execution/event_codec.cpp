#include "runtime/execution/event_codec.h"

#include "runtime/base/check.h"
#include "runtime/text/base64_text.h"
#include "runtime/workflows/step_order.h"

namespace millrace {
namespace {

constexpr char page_format = '1';

// Times beyond (about 30,000 years) can only come from damage, and sums with them might overflow.
constexpr std::int64_t instant_ms_max = 1'000'000'000'000'000;

std::int64_t ms(Instant instant) { return instant.time_since_epoch().count(); }

/// Appends members to one JSON object. Numbers and structure are written directly: this runs several
/// times per execution step.
class ObjectWriter {
 public:
  ObjectWriter(std::string& out, EventKind kind, Instant at) : out_(out) {
    out_ += "{\"k\":";
    out_ += std::to_string(static_cast<unsigned>(kind));
    number("t", ms(at));
  }
  ~ObjectWriter() { out_ += '}'; }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  template <class Integer>
  void number(std::string_view name, Integer value) {
    member(name);
    out_ += std::to_string(value);
  }
  void text(std::string_view name, std::string_view value) { json(name, Json(value)); }
  void json(std::string_view name, const Json& value) {
    member(name);
    append_text(out_, value);
  }
  void json(std::string_view name, const SharedJson& value) {
    json(name, value ? *value : *shared_null());
  }
  void console(const std::vector<ConsoleLine>& lines) {
    if (lines.empty()) return;
    JsonArray rows;
    for (const auto& line : lines) rows.push_back(JsonArray{line.level, line.text});
    json("c", rows);
  }
  void counts(const SharedStepCounts& counts) {
    if (counts) json("sc", counts_json(*counts));
  }

 private:
  void member(std::string_view name) {
    out_ += ",\"";
    out_ += name;
    out_ += "\":";
  }
  std::string& out_;
};

void write(ObjectWriter& out, const ExecutionStarted& event) {
  out.text("p", event.project.text);
  out.text("u", event.user.text);
  out.text("w", event.workflow.text);
  out.number("v", event.version);
  out.json("in", event.trigger);
  out.json("st", event.settings);
  out.json("um", event.user_meta);
  if (event.is_test) out.number("tm", 1);
  if (event.only_step) {
    out.number("os", *event.only_step);
    out.json("go", event.given_outputs);
  }
  if (!event.credential.empty()) out.text("cr", event.credential);
  if (event.trace) out.text("tp", event.trace->text());
  if (event.admission) {
    out.number("ar", ms(event.admission->received));
    out.number("an", event.admission->triggers);
    out.number("aw", static_cast<unsigned>(event.admission->waited));
  }
  if (!event.replay) return;
  out.text("rp", event.replay->of.text());
  if (!event.replay->from_step) return;
  out.number("fs", *event.replay->from_step);
  JsonArray kept;
  for (const KeptOutput& each : event.replay->kept) {
    JsonArray entry{each.step, *each.output};
    if (each.is_given) entry.push_back(1);
    kept.push_back(std::move(entry));
  }
  out.json("kp", kept);
}

void write(ObjectWriter& out, const StepCompleted& event) {
  out.number("s", event.step);
  out.number("a", event.attempt);
  out.number("b", ms(event.started));
  out.json("o", event.output);
  out.number("i", event.input_bytes);
  out.number("n", event.tasks);
  out.console(event.console);
}

void write(ObjectWriter& out, const StepFailed& event) {
  out.number("s", event.step);
  out.number("a", event.attempt);
  out.number("b", ms(event.started));
  out.number("e", static_cast<unsigned>(event.code));
  out.text("m", event.message);
  if (event.retry_at) out.number("r", ms(*event.retry_at));
  out.number("i", event.input_bytes);
  out.console(event.console);
  if (event.response) out.json("re", event.response);
  if (event.tasks != 0) out.number("n", event.tasks);
  out.counts(event.inside);
}

void write(ObjectWriter& out, const PageFetched& event) {
  out.number("s", event.step);
  out.number("a", event.attempt);
  out.number("b", ms(event.started));
  out.json("x", event.results);
  out.json("to", event.next_token);
  out.number("y", event.bytes);
  out.number("n", event.tasks);
  if (event.items > event.results->get_array().size()) out.number("it", event.items);
}

void write(ObjectWriter& out, const RequestPaused& event) {
  out.number("s", event.step);
  out.number("a", event.attempt);
  out.number("b", ms(event.started));
  out.number("d", ms(event.until));
  if (event.status != 0) out.number("h", event.status);
}

void write(ObjectWriter& out, const DelayArmed& event) {
  out.number("s", event.step);
  out.number("d", ms(event.due));
}

void write(ObjectWriter& out, const DelayElapsed& event) { out.number("s", event.step); }

void write(ObjectWriter& out, const FanOutOpened& event) {
  out.number("s", event.step);
  out.number("n", event.count);
  if (event.lists_failures) out.number("lf", 1);
}

void write(ObjectWriter& out, const FanOutJoined& event) {
  out.number("s", event.step);
  out.number("b", ms(event.started));
  JsonArray outputs;
  for (const auto& [step, values] : event.outputs) outputs.push_back(JsonArray{step, *values});
  out.json("x", outputs);
  out.json("o", event.output);
  out.number("n", event.tasks);
  out.counts(event.inside);
}

void write(ObjectWriter& out, const CancelRequested& event) {
  if (event.reason.empty()) return;
  out.number("e", static_cast<unsigned>(event.code));
  out.text("m", event.reason);
}

void write(ObjectWriter& out, const ExecutionEnded& event) {
  out.number("z", static_cast<unsigned>(event.status));
  if (event.tasks != 0) out.number("n", event.tasks);
  out.counts(event.inside);
  if (event.status != ExecutionStatus::failed) return;
  if (event.step) out.number("s", *event.step);
  out.number("e", static_cast<unsigned>(event.code));
  out.text("m", event.message);
}

void write(ObjectWriter& out, const ExecutionMigrated& event) {
  out.number("vf", event.from);
  out.number("v", event.to);
  out.number("s", event.step);
  JsonArray counterparts;
  for (const auto& [from, to] : event.counterparts) counterparts.push_back(JsonArray{from, to});
  out.json("x", counterparts);
  if (!event.by.empty()) out.text("by", event.by);
}

/// Reads members of one stored event; a missing or mistyped one marks the event as damaged.
class MemberReader {
 public:
  explicit MemberReader(const JsonObject& object) : object_(object) {}

  bool has(std::string_view name) const { return object_.if_contains(name) != nullptr; }
  bool damaged() const { return damaged_; }
  void damage() { damaged_ = true; }

  template <class Integer = std::int64_t>
  Integer number(std::string_view name) {
    const Json* value = object_.if_contains(name);
    boost::system::error_code error;
    const Integer result = value ? value->to_number<Integer>(error) : Integer{};
    if (!value || error) damaged_ = true;
    return result;
  }
  Instant instant(std::string_view name) {
    const auto since_1970 = number<std::int64_t>(name);
    if (since_1970 < -instant_ms_max || since_1970 > instant_ms_max) damaged_ = true;
    return Instant(Millis(since_1970));
  }
  std::string text(std::string_view name) {
    const Json* value = object_.if_contains(name);
    if (value && value->is_string()) return std::string(value->get_string());
    damaged_ = true;
    return {};
  }
  SharedJson json(std::string_view name) {
    const Json* value = object_.if_contains(name);
    if (value) return share(*value);
    damaged_ = true;
    return shared_null();
  }
  const JsonArray* array(std::string_view name) {
    const Json* value = object_.if_contains(name);
    if (value && value->is_array()) return &value->get_array();
    damaged_ = true;
    return nullptr;
  }
  std::vector<ConsoleLine> console() {
    std::vector<ConsoleLine> lines;
    if (!has("c")) return lines;
    const JsonArray* rows = array("c");
    if (rows == nullptr) return lines;
    for (const auto& row : *rows) {
      if (!row.is_array() || row.get_array().size() != 2 || !row.get_array()[0].is_string() ||
          !row.get_array()[1].is_string()) {
        damaged_ = true;
        break;
      }
      lines.push_back({std::string(row.get_array()[0].get_string()),
                       std::string(row.get_array()[1].get_string())});
    }
    return lines;
  }
  SharedStepCounts counts() {
    const Json* const value = object_.if_contains("sc");
    if (value == nullptr) return nullptr;
    auto counts = read_counts(*value);
    if (counts) return std::make_shared<const StepCounts>(std::move(*counts));
    damaged_ = true;
    return nullptr;
  }

 private:
  const JsonObject& object_;
  bool damaged_ = false;
};

/// [step, output] or, of one that somebody gave, [step, output, 1].
std::vector<KeptOutput> read_kept(MemberReader& in) {
  std::vector<KeptOutput> kept;
  const JsonArray* const entries = in.array("kp");
  if (entries == nullptr) return kept;
  for (const Json& each : *entries) {
    const auto* const entry = each.if_array();
    const bool is_entry = entry != nullptr && (entry->size() == 2 || entry->size() == 3);
    boost::system::error_code error;
    const StepIndex step = is_entry ? entry->front().to_number<StepIndex>(error) : no_step;
    if (step == no_step || error) {
      in.damage();
      break;
    }
    kept.push_back({step, share(entry->at(1)), entry->size() == 3});
  }
  return kept;
}

std::optional<ReplayStart> read_replay(MemberReader& in) {
  if (!in.has("rp")) return std::nullopt;
  ReplayStart replay;
  const auto of = ExecutionId::parse(in.text("rp"));
  if (of) {
    replay.of = *of;
  } else {
    in.damage();
  }
  if (!in.has("fs")) return replay;
  replay.from_step = in.number<StepIndex>("fs");
  replay.kept = read_kept(in);
  return replay;
}

ExecutionStarted read_started(MemberReader& in) {
  ExecutionStarted event;
  event.project = ProjectId(in.text("p"));
  event.user = UserId(in.text("u"));
  event.workflow = WorkflowId(in.text("w"));
  event.version = in.number<WorkflowVersion>("v");
  event.trigger = in.json("in");
  event.settings = in.json("st");
  event.user_meta = in.json("um");
  event.is_test = in.has("tm");
  if (in.has("os")) {
    event.only_step = in.number<StepIndex>("os");
    event.given_outputs = in.json("go");
  }
  if (in.has("cr")) event.credential = in.text("cr");
  if (in.has("tp")) {
    event.trace = TraceParent::parse(in.text("tp"));
    if (!event.trace) in.damage();
  }
  event.replay = read_replay(in);
  if (in.has("ar")) {
    event.admission = {in.instant("ar"), in.number<std::uint64_t>("an"),
                       in.number<std::uint8_t>("aw")};
  }
  return event;
}

StepCompleted read_completed(MemberReader& in) {
  StepCompleted event;
  event.step = in.number<StepIndex>("s");
  event.attempt = in.number<std::uint32_t>("a");
  event.started = in.instant("b");
  event.output = in.json("o");
  event.input_bytes = in.number<std::uint64_t>("i");
  event.tasks = in.number<std::uint32_t>("n");
  event.console = in.console();
  return event;
}

StepFailed read_failed(MemberReader& in) {
  StepFailed event;
  event.step = in.number<StepIndex>("s");
  event.attempt = in.number<std::uint32_t>("a");
  event.started = in.instant("b");
  event.code = error_code_from_number(in.number<std::uint16_t>("e"));
  event.message = in.text("m");
  if (in.has("r")) event.retry_at = in.instant("r");
  event.input_bytes = in.number<std::uint64_t>("i");
  event.console = in.console();
  if (in.has("re")) event.response = in.json("re");
  if (in.has("n")) event.tasks = in.number<std::uint32_t>("n");
  event.inside = in.counts();
  return event;
}

PageFetched read_page_fetched(MemberReader& in) {
  PageFetched event;
  event.step = in.number<StepIndex>("s");
  event.attempt = in.number<std::uint32_t>("a");
  event.started = in.instant("b");
  event.results = in.json("x");
  if (!event.results->is_array()) in.damage();
  event.next_token = in.json("to");
  event.bytes = in.number<std::uint64_t>("y");
  event.tasks = in.number<std::uint32_t>("n");
  if (in.has("it")) {
    event.items = in.number<std::uint64_t>("it");
  } else if (event.results->is_array()) {
    event.items = event.results->get_array().size();
  }
  return event;
}

RequestPaused read_paused(MemberReader& in) {
  RequestPaused event;
  event.step = in.number<StepIndex>("s");
  event.attempt = in.number<std::uint32_t>("a");
  event.started = in.instant("b");
  event.until = in.instant("d");
  if (in.has("h")) event.status = in.number<std::uint16_t>("h");
  return event;
}

FanOutJoined read_joined(MemberReader& in) {
  FanOutJoined event;
  event.step = in.number<StepIndex>("s");
  event.started = in.instant("b");
  if (const JsonArray* outputs = in.array("x")) {
    for (const auto& output : *outputs) {
      const auto* pair = output.if_array();
      boost::system::error_code error;
      const StepIndex step =
          pair && pair->size() == 2 ? pair->front().to_number<StepIndex>(error) : no_step;
      if (step == no_step || error) {
        in.damage();
        break;
      }
      event.outputs.emplace_back(step, share(pair->back()));
    }
  }
  event.output = in.json("o");
  event.tasks = in.number<std::uint32_t>("n");
  event.inside = in.counts();
  return event;
}

ExecutionMigrated read_migrated(MemberReader& in) {
  ExecutionMigrated event;
  event.from = in.number<WorkflowVersion>("vf");
  event.to = in.number<WorkflowVersion>("v");
  event.step = in.number<StepIndex>("s");
  if (in.has("by")) event.by = in.text("by");
  const JsonArray* const counterparts = in.array("x");
  if (counterparts == nullptr) return event;
  for (const Json& each : *counterparts) {
    const auto* const pair = each.if_array();
    boost::system::error_code error;
    const bool is_pair = pair != nullptr && pair->size() == 2;
    const StepIndex from = is_pair ? pair->front().to_number<StepIndex>(error) : no_step;
    const StepIndex to = is_pair && !error ? pair->back().to_number<StepIndex>(error) : no_step;
    if (from == no_step || to == no_step || error) {
      in.damage();
      break;
    }
    event.counterparts.emplace_back(from, to);
  }
  return event;
}

CancelRequested read_cancel(MemberReader& in) {
  CancelRequested event;
  if (!in.has("m")) return event;
  event.code = error_code_from_number(in.number<std::uint16_t>("e"));
  event.reason = in.text("m");
  return event;
}

ExecutionEnded read_ended(MemberReader& in) {
  ExecutionEnded event;
  event.status = static_cast<ExecutionStatus>(in.number<std::uint8_t>("z"));
  if (!is_final(event.status) || event.status > ExecutionStatus::cancelled) in.damage();
  if (in.has("n")) event.tasks = in.number<std::uint32_t>("n");
  event.inside = in.counts();
  if (event.status != ExecutionStatus::failed) return event;
  if (in.has("s")) event.step = in.number<StepIndex>("s");
  event.code = error_code_from_number(in.number<std::uint16_t>("e"));
  event.message = in.text("m");
  return event;
}

std::optional<EventBody> read_body(EventKind kind, MemberReader& in) {
  switch (kind) {
    case EventKind::execution_started:
      return read_started(in);
    case EventKind::step_completed:
      return read_completed(in);
    case EventKind::step_failed:
      return read_failed(in);
    case EventKind::delay_armed:
      return DelayArmed{in.number<StepIndex>("s"), in.instant("d")};
    case EventKind::delay_elapsed:
      return DelayElapsed{in.number<StepIndex>("s")};
    case EventKind::fan_out_opened:
      return FanOutOpened{in.number<StepIndex>("s"), in.number<std::uint32_t>("n"), in.has("lf")};
    case EventKind::fan_out_joined:
      return read_joined(in);
    case EventKind::cancel_requested:
      return read_cancel(in);
    case EventKind::execution_ended:
      return read_ended(in);
    case EventKind::page_fetched:
      return read_page_fetched(in);
    case EventKind::execution_migrated:
      return read_migrated(in);
    case EventKind::request_paused:
      return read_paused(in);
  }
  return std::nullopt;
}

Error damaged_page(const std::string& what) {
  return Error(ErrorCode::corrupt_data, "a journal page is damaged: " + what);
}

constexpr std::string_view sealed_member = "sl";

void append_event(std::string& text, const Event& event, std::string_view sealed) {
  ObjectWriter out(text, kind_of(event), event.at);
  std::visit([&](const auto& body) { write(out, body); }, event.body);
  if (!sealed.empty()) out.text(sealed_member, base64_encode(sealed));
}

Result<Event> read_event(const Json& value) {
  if (!value.is_object()) return damaged_page("an event is not an object");
  MemberReader in(value.get_object());
  const auto kind = in.number<std::uint8_t>("k");
  const Instant at = in.instant("t");
  auto body = read_body(static_cast<EventKind>(kind), in);
  if (!body) return damaged_page("unknown event kind " + std::to_string(kind));
  if (in.damaged()) {
    return damaged_page("a member of " + std::string(event_name(static_cast<EventKind>(kind))) +
                        " is missing or has the wrong type");
  }
  return Event{at, std::move(*body)};
}

/// Nothing: there is nothing sealed, or it is not to be opened.
Result<std::optional<Event>> read_sealed_event(const JsonObject& shown, const OpenSealed& open) {
  const Json* const member = shown.if_contains(sealed_member);
  if (member == nullptr) return std::optional<Event>();
  const auto sealed = member->is_string() ? base64_decode(member->get_string()) : std::nullopt;
  if (!sealed) return damaged_page("a sealed event is not base64");
  const auto text = open(*sealed);
  if (!text) return text.error();
  if (!*text) return std::optional<Event>();
  const auto parsed = parse_json(**text, limits::stored_depth_max);
  if (!parsed) return damaged_page("a sealed event is " + parsed.error().message);
  auto event = read_event(*parsed);
  if (!event) return event.error();
  return std::optional(std::move(*event));
}

}  // namespace

std::string event_text(const Event& event) {
  std::string text;
  append_event(text, event, {});
  return text;
}

void JournalPageWriter::add(const Event& event) { add(event, {}); }

void JournalPageWriter::add(const Event& shown, std::string_view sealed) {
  const std::size_t before = text_.size();
  try {
    text_ += text_.empty() ? std::string_view("1[") : std::string_view(",");
    append_event(text_, shown, sealed);
  } catch (...) {
    text_.resize(before);  // half an event would make the whole page unreadable
    throw;
  }
  ++count_;
}

std::string JournalPageWriter::take() {
  CHECK(!empty(), "an empty page was taken");
  text_ += ']';
  count_ = 0;
  return std::exchange(text_, {});
}

Result<std::vector<Event>> read_journal_page(std::string_view page) {
  return read_journal_page(
      page, [](std::string_view) { return Result<std::optional<std::string>>(std::nullopt); });
}

Result<std::vector<Event>> read_journal_page(std::string_view page, const OpenSealed& open) {
  if (page.empty() || page.front() != page_format) return damaged_page("unknown format");
  auto parsed = parse_json(page.substr(1), limits::stored_depth_max);
  if (!parsed) return damaged_page(parsed.error().message);
  if (!parsed->is_array()) return damaged_page("not a list of events");
  std::vector<Event> events;
  events.reserve(parsed->get_array().size());
  for (const auto& each : parsed->get_array()) {
    auto event = read_event(each);
    if (!event) return event.error();
    auto sealed = read_sealed_event(each.get_object(), open);
    if (!sealed) return sealed.error();
    events.push_back(*sealed ? std::move(**sealed) : std::move(*event));
  }
  return events;
}

}  // namespace millrace
