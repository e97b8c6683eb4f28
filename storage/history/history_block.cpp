#include "storage/history/history_block.h"

#include "runtime/base/check.h"
#include "storage/history/history_limits.h"
#include "storage/history/packed_numbers.h"
#include "storage/record_codec.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;  // of every row in this file
constexpr std::string_view table = "history index";

namespace head_field {
constexpr std::uint32_t last = 1, count = 2, classes = 3;
}

Error damaged(std::string_view what) {
  return Error(ErrorCode::corrupt_data,
               "The table \"" + std::string(table) + "\" holds " + std::string(what) + ".");
}

void append_text(std::string& to, std::string_view text) {
  append_packed(to, text.size());
  to += text;
}

/// Takes a length and as many bytes from the front; nothing when they are not there.
std::optional<std::string_view> take_text(std::string_view& from) {
  const auto size = take_packed(from);
  if (!size || *size > from.size()) return std::nullopt;
  const std::string_view text = from.substr(0, *size);
  from.remove_prefix(*size);
  return text;
}

std::string write_column(std::string_view bytes) {
  RecordWriter record(record_version, bytes.size() + 8);
  record.text(1, bytes);
  return std::move(record).take();
}

bool comes_before(const IndexedRun& run, const HistoryOrder& order) { return run.order < order; }

}  // namespace

HistoryOrder history_order_of(std::string_view bytes) {
  CHECK(bytes.size() == keys::history_order_bytes, "a place in the history has a fixed size");
  HistoryOrder order;
  std::copy(bytes.begin(), bytes.end(), order.begin());
  return order;
}

// FNV-1a, and at the end the mixing of SplitMix64 (Steele, Lea, Flood). Part of the stored format.
std::uint64_t user_digest(std::string_view user) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char byte : user) hash = (hash ^ byte) * 0x100000001b3ULL;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31);
}

std::uint32_t duration_of(Instant started, const std::optional<Instant>& ended) {
  if (!ended) return no_duration;
  const std::int64_t milliseconds = (*ended - started).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(milliseconds, 0, no_duration - 1));
}

// --- reading ------------------------------------------------------------------------------------

Result<HeadView> read_head(std::string_view row) {
  namespace field = head_field;
  HeadView head;
  RecordReader record(row, table, record_version);
  while (record.next()) {
    if (record.field() == field::last) record.exact(head.last, keys::history_order_bytes);
    record.number(field::count, head.count);
    record.text(field::classes, head.classes);
  }
  if (const auto read = record.finish(); !read.ok()) return read.error();
  if (head.last.empty()) return damaged("a block without an end");
  return head;
}

// Many classes have the same workflow: for each workflow, its statuses. Workflow, integration, how many; for
// each of these status and count.
Outcome read_classes(const HeadView& head, std::vector<ClassView>& classes) {
  classes.clear();
  std::uint64_t counted = 0;
  std::string_view rest = head.classes;
  while (!rest.empty()) {
    const auto workflow = take_text(rest);
    const auto integration = take_text(rest);
    const auto statuses = take_packed(rest);
    if (!workflow || !integration || !statuses) return damaged("classes that are cut off");
    for (std::uint64_t i = 0; i < *statuses; ++i) {
      const auto status = take_packed(rest);
      const auto count = take_packed(rest);
      if (!status || !count || *count > head.count) return damaged("classes that are cut off");
      classes.push_back({*workflow, *integration, static_cast<ExecutionStatus>(*status),
                         static_cast<std::uint32_t>(*count)});
      counted += *count;
    }
  }
  if (counted != head.count) return damaged("a block that does not add up");
  return Done{};
}

Outcome read_durations(std::string_view row, std::size_t classes, DurationsView& durations) {
  std::string_view rest;
  RecordReader record(row, table, record_version);
  while (record.next()) record.text(1, rest);
  if (auto read = record.finish(); !read.ok()) return read;
  durations.of_class.clear();
  const auto all = take_text(rest);
  if (!all) return damaged("durations that are cut off");
  durations.all = *all;
  for (std::size_t i = 0; i < classes; ++i) {
    const auto one = take_text(rest);
    if (!one) return damaged("durations that are cut off");
    durations.of_class.push_back(*one);
  }
  return Done{};
}

Result<std::string_view> read_column(std::string_view row, std::size_t width, std::size_t count) {
  std::string_view column;
  RecordReader record(row, table, record_version);
  while (record.next()) record.text(1, column);
  if (const auto read = record.finish(); !read.ok()) return read.error();
  if (column.size() != width * count) return damaged("a column of another length than its block");
  return column;
}

std::uint64_t user_at(std::string_view column, std::size_t run) {
  return fixed_at<std::uint64_t>(column, run * user_width);
}
std::uint16_t class_at(std::string_view column, std::size_t run) {
  return fixed_at<std::uint16_t>(column, run * state_width);
}
std::uint32_t duration_at(std::string_view column, std::size_t run) {
  return fixed_at<std::uint32_t>(column, run * state_width + sizeof(std::uint16_t));
}

// --- changing -----------------------------------------------------------------------------------

Result<HistoryBlock> HistoryBlock::decode(const BlockRows& rows) {
  const auto head = read_head(rows.head);
  if (!head.ok()) return head.error();
  std::vector<ClassView> classes;
  if (auto read = read_classes(*head, classes); !read.ok()) return read.error();
  const auto orders = read_column(rows.runs, order_width, head->count);
  const auto users = read_column(rows.users, user_width, head->count);
  const auto states = read_column(rows.states, state_width, head->count);
  for (const auto* column : {&orders, &users, &states}) {
    if (!column->ok()) return column->error();
  }
  HistoryBlock block;
  for (const ClassView& each : classes) {
    block.classes_.push_back(
        {std::string(each.workflow), std::string(each.integration), each.status});
  }
  block.runs_.reserve(head->count);
  for (std::size_t i = 0; i < head->count; ++i) {
    const IndexedRun run{history_order_of(order_at(*orders, i)), user_at(*users, i),
                         class_at(*states, i), duration_at(*states, i)};
    if (run.kind >= block.classes_.size()) return damaged("a run of a class that is not there");
    if (!block.runs_.empty() && !comes_before(block.runs_.back(), run.order)) {
      return damaged("runs that are out of order");
    }
    block.runs_.push_back(run);
  }
  return block;
}

std::uint16_t HistoryBlock::class_of(const SummaryView& summary) {
  const auto found = std::find_if(classes_.begin(), classes_.end(), [&](const HistoryClass& each) {
    return each.status == summary.status && each.workflow == summary.workflow &&
           each.integration == summary.integration;
  });
  const auto place = found - classes_.begin();
  if (found == classes_.end()) {
    classes_.push_back(
        {std::string(summary.workflow), std::string(summary.integration), summary.status});
  }
  return static_cast<std::uint16_t>(place);
}

IndexedRun HistoryBlock::indexed(const HistoryOrder& order, const SummaryView& summary) {
  return {order, user_digest(summary.user), class_of(summary),
          is_final(summary.status) ? duration_of(summary.started, summary.ended) : no_duration};
}

HistoryBlock::Changed HistoryBlock::put(const HistoryOrder& order, const SummaryView& summary) {
  const auto place = std::lower_bound(runs_.begin(), runs_.end(), order, comes_before);
  const IndexedRun run = indexed(order, summary);
  if (place == runs_.end() || place->order != order) {
    runs_.insert(place, run);
    return Changed::all;
  }
  const bool is_same = place->kind == run.kind && place->duration == run.duration;
  *place = run;  // its user never changes
  return is_same ? Changed::nothing : Changed::states;
}

void HistoryBlock::append(const HistoryOrder& order, const SummaryView& summary) {
  CHECK(runs_.empty() || comes_before(runs_.back(), order), "runs are appended in their order");
  runs_.push_back(indexed(order, summary));
}

HistoryBlock::Changed HistoryBlock::remove(const HistoryOrder& order) {
  const auto place = std::lower_bound(runs_.begin(), runs_.end(), order, comes_before);
  if (place == runs_.end() || place->order != order) return Changed::nothing;
  runs_.erase(place);
  return Changed::all;
}

std::vector<HistoryBlock> HistoryBlock::split(bool is_last) && {
  constexpr std::size_t most = limits::history_block_runs_max;
  std::vector<HistoryBlock> parts;
  if (runs_.size() <= most) {
    if (!runs_.empty()) parts.push_back(std::move(*this));
    return parts;
  }
  const std::size_t count = (runs_.size() + most - 1) / most;
  const std::size_t each = is_last ? most : (runs_.size() + count - 1) / count;
  for (std::size_t begin = 0; begin < runs_.size(); begin += each) {
    const auto from = runs_.begin() + static_cast<std::ptrdiff_t>(begin);
    HistoryBlock part;
    part.classes_ = classes_;
    part.runs_.assign(from,
                      from + static_cast<std::ptrdiff_t>(std::min(each, runs_.size() - begin)));
    parts.push_back(std::move(part));
  }
  return parts;
}

namespace {

/// What one class of a block comes to.
struct Counted {
  const HistoryClass* kind = nullptr;
  std::uint32_t count = 0;
  std::uint16_t place = 0;  // in the head
  DurationHistogram durations;
};

/// Those that runs are of, by workflow and integration, and where each is in the head.
std::vector<Counted*> in_head_order(std::vector<Counted>& counted) {
  std::vector<Counted*> order;
  for (Counted& each : counted) {
    if (each.count > 0) order.push_back(&each);
  }
  std::sort(order.begin(), order.end(),
            [](const Counted* a, const Counted* b) { return *a->kind < *b->kind; });
  for (std::size_t i = 0; i < order.size(); ++i) order[i]->place = static_cast<std::uint16_t>(i);
  return order;
}

std::string classes_text(const std::vector<Counted*>& order) {
  std::string text;
  for (auto at = order.begin(); at != order.end();) {
    const HistoryClass& kind = *(*at)->kind;
    const auto end = std::find_if(at, order.end(), [&](const Counted* each) {
      return each->kind->workflow != kind.workflow || each->kind->integration != kind.integration;
    });
    append_text(text, kind.workflow);
    append_text(text, kind.integration);
    append_packed(text, static_cast<std::uint64_t>(end - at));
    for (; at != end; ++at) {
      append_packed(text, static_cast<std::uint64_t>((*at)->kind->status));
      append_packed(text, (*at)->count);
    }
  }
  return text;
}

}  // namespace

BlockRows HistoryBlock::encode() const {
  CHECK(!runs_.empty(), "an empty block has no rows");
  CHECK(runs_.size() <= limits::history_block_runs_max, "a block is split before it is stored");
  std::vector<Counted> counted(classes_.size());
  for (std::size_t i = 0; i < classes_.size(); ++i) counted[i].kind = &classes_[i];
  DurationHistogram all;
  for (const IndexedRun& run : runs_) {
    ++counted[run.kind].count;
    if (run.duration == no_duration) continue;
    counted[run.kind].durations.add(run.duration);
    all.add(run.duration);
  }
  const auto order = in_head_order(counted);
  std::string durations;
  append_text(durations, all.encode());
  for (const Counted* each : order) append_text(durations, each->durations.encode());
  std::string orders;
  std::string users;
  std::string states;
  for (const IndexedRun& run : runs_) {
    orders += as_text(run.order);
    append_fixed(users, run.user);
    append_fixed(states, counted[run.kind].place);
    append_fixed(states, run.duration);
  }
  RecordWriter head(record_version, 1'024);
  head.text(head_field::last, as_text(runs_.back().order));
  head.number(head_field::count, runs_.size());
  head.text(head_field::classes, classes_text(order));
  return {std::move(head).take(), write_column(orders), write_column(users), write_column(states),
          write_column(durations)};
}

}  // namespace millrace::storage
