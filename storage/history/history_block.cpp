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
constexpr std::uint32_t last = 1, count = 2, one_class = 3;
}
namespace class_field {
constexpr std::uint32_t workflow = 1, integration = 2, status = 3, count = 4, durations = 5;
}

Error damaged(std::string_view what) {
  return Error(ErrorCode::corrupt_data,
               "The table \"" + std::string(table) + "\" holds " + std::string(what) + ".");
}

Result<ClassView> read_class(std::string_view text) {
  namespace field = class_field;
  ClassView view;
  RecordReader record(text, table, record_version);
  while (record.next()) {
    record.text(field::workflow, view.workflow);
    record.text(field::integration, view.integration);
    if (record.field() == field::status) {
      std::uint8_t number = 0;
      record.number(number);
      view.status = static_cast<ExecutionStatus>(number);
    }
    record.number(field::count, view.count);
    record.text(field::durations, view.durations);
  }
  if (const auto read = record.finish(); !read.ok()) return read.error();
  return view;
}

std::string write_class(const HistoryClass& kind, std::uint32_t count,
                        const DurationHistogram& durations) {
  namespace field = class_field;
  RecordWriter record(record_version);
  record.text(field::workflow, kind.workflow);
  record.text_if_any(field::integration, kind.integration);
  record.number(field::status, static_cast<std::uint64_t>(kind.status));
  record.number(field::count, count);
  record.text_if_any(field::durations, durations.encode());
  return std::move(record).take();
}

std::string write_column(std::string_view bytes) {
  RecordWriter record(record_version, bytes.size() + 8);
  record.text(1, bytes);
  return std::move(record).take();
}

bool comes_before(const IndexedRun& run, const HistoryOrder& order) {
  return run.order < order;
}

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

Outcome read_head(std::string_view row, HeadView& head) {
  namespace field = head_field;
  head.classes.clear();
  std::uint64_t counted = 0;
  RecordReader record(row, table, record_version);
  while (record.next()) {
    if (record.field() == field::last) record.exact(head.last, keys::history_order_bytes);
    record.number(field::count, head.count);
    if (record.field() != field::one_class) continue;
    std::string_view text;
    record.text(text);
    auto view = read_class(text);
    if (!view.ok()) return view.error();
    counted += view->count;
    head.classes.push_back(*view);
  }
  if (auto read = record.finish(); !read.ok()) return read;
  if (counted != head.count || head.last.empty()) return damaged("a block that does not add up");
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
  HeadView head;
  if (auto read = read_head(rows.head, head); !read.ok()) return read.error();
  const auto orders = read_column(rows.runs, order_width, head.count);
  const auto users = read_column(rows.users, user_width, head.count);
  const auto states = read_column(rows.states, state_width, head.count);
  for (const auto* column : {&orders, &users, &states}) {
    if (!column->ok()) return column->error();
  }
  HistoryBlock block;
  for (const ClassView& each : head.classes) {
    block.classes_.push_back(
        {std::string(each.workflow), std::string(each.integration), each.status});
  }
  block.runs_.reserve(head.count);
  for (std::size_t i = 0; i < head.count; ++i) {
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
    part.runs_.assign(from, from + static_cast<std::ptrdiff_t>(std::min(each, runs_.size() - begin)));
    parts.push_back(std::move(part));
  }
  return parts;
}

BlockRows HistoryBlock::encode() const {
  CHECK(!runs_.empty(), "an empty block has no rows");
  CHECK(runs_.size() <= limits::history_block_runs_max, "a block is split before it is stored");
  // Classes that no run is of any more are left out.
  struct Counted {
    std::uint32_t count = 0;
    std::uint16_t place = 0;
    DurationHistogram durations;
  };
  std::vector<Counted> counted(classes_.size());
  for (const IndexedRun& run : runs_) {
    ++counted[run.kind].count;
    if (run.duration != no_duration) counted[run.kind].durations.add(run.duration);
  }
  RecordWriter head(record_version, 1'024);
  head.text(head_field::last, as_text(runs_.back().order));
  head.number(head_field::count, runs_.size());
  std::uint16_t places = 0;
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    if (counted[i].count == 0) continue;
    counted[i].place = places++;
    head.text(head_field::one_class,
              write_class(classes_[i], counted[i].count, counted[i].durations));
  }
  std::string orders;
  std::string users;
  std::string states;
  for (const IndexedRun& run : runs_) {
    orders += as_text(run.order);
    append_fixed(users, run.user);
    append_fixed(states, counted[run.kind].place);
    append_fixed(states, run.duration);
  }
  return {std::move(head).take(), write_column(orders), write_column(users), write_column(states)};
}

}  // namespace millrace::storage
