#include "storage/tables/execution_table.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/tables/execution_rows.h"
#include "storage/walk_in_pieces.h"

#include <utility>

namespace millrace::storage {
namespace {

Error gap(const ExecutionId& id, std::uint64_t expected, std::uint64_t found) {
  return Error(ErrorCode::corrupt_data, "The journal of execution " + id.text() +
                                            " has a gap: event " + std::to_string(expected) +
                                            " is missing, the next page begins with event " +
                                            std::to_string(found) + ".");
}

Error foreign_key(std::string_view table) {
  return Error(ErrorCode::corrupt_data,
               "The table \"" + std::string(table) + "\" holds a row whose key does not belong.");
}

/// Collects the pages of one branch and refuses holes between them.
class PageCollector {
 public:
  /// The first page must begin at `begin_max` or earlier.
  PageCollector(const ExecutionId& id, std::uint64_t begin_max) : id_(id), begin_max_(begin_max) {}

  Outcome add(std::string_view row, std::uint64_t first_sequence) {
    auto page = decode_page(row, first_sequence);
    if (!page.ok()) return page.error();
    if (!fits(first_sequence)) return gap(id_, expected(), first_sequence);
    pages_.push_back(std::move(*page));
    return Done{};
  }

  std::vector<JournalPage> take() { return std::exchange(pages_, {}); }

 private:
  bool is_counted() const { return !pages_.empty() && pages_.back().event_count != 0; }

  std::uint64_t expected() const {
    if (pages_.empty()) return begin_max_;
    const JournalPage& last = pages_.back();
    return last.first_sequence + (is_counted() ? last.event_count : 1);
  }

  bool fits(std::uint64_t first_sequence) const {
    if (first_sequence == 0) return pages_.empty();  // that the element has begun
    if (pages_.empty() || pages_.back().first_sequence == 0) return first_sequence <= begin_max_;
    // A page that does not state its events may hold any number of them.
    return is_counted() ? first_sequence == expected() : first_sequence >= expected();
  }

  const ExecutionId& id_;
  const std::uint64_t begin_max_;
  std::vector<JournalPage> pages_;
};

}  // namespace

void ExecutionTable::put_summary(WriteBatch& batch, const ExecutionSummary& summary,
                                 Marker marker) {
  CHECK(!summary.project.empty(), "an execution belongs to a project");
  CHECK(summary.id.shard() == shard_of(summary.project, summary.user),
        "an execution's id names its user's shard");
  std::string row = encode(summary);
  batch.put(keys::locator(summary.id), encode(Locator{summary.project, summary.started}));
  // The marker carries the summary, so that recovery is one scan and not a look-up per execution.
  if (is_final(summary.status)) {
    if (marker == Marker::may_be_set) batch.remove(keys::unfinished_row(summary.id));
  } else {
    batch.put(keys::unfinished_row(summary.id), row);
  }
  batch.put(keys::history_row(summary.project, summary.started, summary.id), std::move(row));
}

void ExecutionTable::put_page(WriteBatch& batch, const ExecutionId& id, const BranchPath& branch,
                              const JournalPage& page) {
  CHECK(page.first_sequence > 0, "events count from 1");
  batch.put(keys::journal_page(id, branch, page.first_sequence), encode(page));
}

void ExecutionTable::put_begun(WriteBatch& batch, const ExecutionId& id, const BranchPath& element,
                               JournalPage page) {
  CHECK(!element.is_root(), "a run's first event says that it has begun");
  page.first_sequence = 0;
  page.event_count = 0;
  batch.put(keys::journal_page(id, element, 0), encode(page));
}

void ExecutionTable::put_snapshot(WriteBatch& batch, const ExecutionId& id,
                                  const BranchPath& branch, const BranchSnapshot& snapshot) {
  batch.put(keys::snapshot(id, branch), encode(snapshot));
}

void ExecutionTable::erase(WriteBatch& batch, const ExecutionSummary& summary) {
  batch.remove_prefix(keys::execution(summary.id));
  batch.remove(keys::unfinished_row(summary.id));
  batch.remove(keys::history_row(summary.project, summary.started, summary.id));
}

Result<std::optional<ExecutionSummary>> ExecutionTable::summary(const ExecutionId& id) const {
  const auto found = store_.get(keys::locator(id));
  if (!found.ok()) return found.error();
  if (!*found) return std::optional<ExecutionSummary>();
  const auto locator = decode_locator(**found);
  if (!locator.ok()) return locator.error();

  const auto row = store_.get(keys::history_row(locator->project, locator->started, id));
  if (!row.ok()) return row.error();
  // Erased between the two reads: both rows go in one commit.
  if (!*row) return std::optional<ExecutionSummary>();
  const auto summary = view_summary(**row);
  if (!summary.ok()) return summary.error();
  if (summary->id != id) return foreign_key("execution summary");
  return std::optional<ExecutionSummary>(summary->own());
}

Result<std::optional<BranchSnapshot>> ExecutionTable::snapshot(const ExecutionId& id,
                                                               const BranchPath& branch) const {
  const auto row = store_.get(keys::snapshot(id, branch));
  if (!row.ok()) return row.error();
  if (!*row) return std::optional<BranchSnapshot>();
  auto snapshot = decode_snapshot(**row);
  if (!snapshot.ok()) return snapshot.error();
  return std::optional<BranchSnapshot>(std::move(*snapshot));
}

Result<std::vector<JournalPage>> ExecutionTable::pages(const ExecutionId& id,
                                                       const BranchPath& branch,
                                                       std::uint64_t after_sequence) const {
  const std::string prefix = keys::journal(id, branch);
  const std::uint64_t wanted = after_sequence + 1;
  std::string begin = keys::journal_page(id, branch, after_sequence == 0 ? 0 : wanted);
  if (after_sequence > 0) {
    // The first wanted event may lie inside a page that begins before it.
    const auto before = store_.scan(prefix, Direction::backward, begin);
    if (before->valid()) begin = before->key();
    if (const auto read = before->status(); !read.ok()) return read.error();
  }

  PageCollector collector(id, wanted);
  const auto cursor = store_.scan(prefix, Direction::forward, begin);
  for (; cursor->valid(); cursor->next()) {
    const auto sequence = keys::parse_sequence(cursor->key().substr(prefix.size()));
    if (!sequence) return foreign_key("journal");
    if (const auto added = collector.add(cursor->value(), *sequence); !added.ok()) {
      return added.error();
    }
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();

  auto pages = collector.take();
  // The page found by looking back may end before the wanted event: then nothing came after it, or
  // the collector has checked that the next page follows it.
  if (!pages.empty() && pages.front().event_count != 0 &&
      pages.front().first_sequence + pages.front().event_count <= wanted) {
    pages.erase(pages.begin());
  }
  return pages;
}

Outcome ExecutionTable::children(
    const ExecutionId& id, const BranchPath& parent, StepIndex fan_out,
    const std::function<bool(std::uint32_t index, std::vector<JournalPage>)>& visit,
    std::uint32_t from) const {
  const std::string prefix = keys::children(id, parent, fan_out);
  std::optional<std::uint32_t> child;
  PageCollector collector(id, 1);
  const std::string begin =
      from == 0 ? std::string() : keys::journal_page(id, parent.child(fan_out, from), 0);
  const auto cursor = store_.scan(prefix, Direction::forward, begin);
  for (; cursor->valid(); cursor->next()) {
    const auto key = keys::parse_child_page(cursor->key().substr(prefix.size()));
    if (!key) return foreign_key("journal");
    if (child && *child != key->index && !visit(*child, collector.take())) return Done{};
    child = key->index;
    if (const auto added = collector.add(cursor->value(), key->first_sequence); !added.ok()) {
      return added.error();
    }
  }
  // A failed read must not pass for the end: the last child may be incomplete.
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  if (child) visit(*child, collector.take());
  return Done{};
}

Result<std::optional<std::uint32_t>> ExecutionTable::last_child(const ExecutionId& id,
                                                                const BranchPath& parent,
                                                                StepIndex fan_out) const {
  const std::string prefix = keys::children(id, parent, fan_out);
  const auto cursor = store_.scan(prefix, Direction::backward);
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  if (!cursor->valid()) return std::optional<std::uint32_t>();
  const auto key = keys::parse_child_page(cursor->key().substr(prefix.size()));
  if (!key) return foreign_key("journal");
  return std::optional(key->index);
}

Outcome ExecutionTable::unfinished(const ShardSet& shards,
                                   const std::function<bool(ExecutionSummary)>& visit,
                                   const std::optional<ExecutionId>& from) const {
  std::vector<KeyRange> ranges;
  for (const ShardId shard : shards) {
    if (from && shard < from->shard()) continue;
    KeyRange range{keys::unfinished(shard)};
    if (from && shard == from->shard()) range.from = keys::unfinished_row(*from);
    ranges.push_back(std::move(range));
  }
  constexpr std::size_t first = 256;
  const auto cursor =
      walk_in_pieces(store_, std::move(ranges), first, ManyOptions::Order::range_by_range);
  std::optional<Error> damage;
  for (; cursor->valid(); cursor->next()) {
    auto summary = view_summary(cursor->value());
    if (summary.ok() && keys::unfinished_row(summary->id) != cursor->key()) {
      summary = foreign_key("unfinished");
    }
    if (!summary.ok()) {
      if (!damage) damage = summary.error();
    } else if (!visit(summary->own())) {
      return Done{};
    }
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  return damage ? Outcome(*damage) : Done{};
}

Outcome ExecutionTable::of_user(const ProjectId& project, const UserId& user,
                                const std::function<bool(ExecutionSummary)>& visit) const {
  const auto cursor = store_.scan(keys::history(shard_of(project, user), project));
  for (; cursor->valid(); cursor->next()) {
    const auto summary = view_summary(cursor->value());
    if (!summary.ok()) return summary.error();
    if (summary->user == user.text && !visit(summary->own())) return Done{};
  }
  return cursor->status();
}

}  // namespace millrace::storage
