#include "storage/tables/step_rows.h"

#include "storage/keys.h"
#include "storage/record_codec.h"

#include <algorithm>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;  // of every row in this file

struct CountsRow {
  StepIndex fan_out = 0;
  std::string counts;
};

constexpr auto counts_fields = [](auto& record, auto& row) {
  record.number(1, row.fan_out);
  record.text(2, row.counts);
};

Error damaged(std::string_view what) {
  return Error(ErrorCode::corrupt_data, "The table \"step rows\" holds " + std::string(what) + ".");
}

}  // namespace

void StepRows::put_counts(WriteBatch& batch, const ExecutionId& id,
                          const OpenFanOutCounts& counts) {
  const CountsRow row{counts.fan_out, to_text(counts_json(counts.counts))};
  batch.put(keys::step_counts(id), write_record(record_version, row, counts_fields));
}

void StepRows::put_failed(WriteBatch& batch, const ExecutionId& id, const FailedStep& failed) {
  batch.put(keys::failed_step(id, failed.step, failed.branch),
            std::move(RecordWriter(record_version, 1)).take());
}

void StepRows::put_repeated(WriteBatch& batch, const ExecutionId& id,
                            const RepeatedAttempt& attempt) {
  batch.put(keys::repeated_attempt(id, attempt.branch, attempt.events_before, attempt.at),
            std::move(RecordWriter(record_version, 1)).take());
}

Result<std::vector<RepeatedAttempt>> StepRows::repeated(const ExecutionId& id,
                                                        std::size_t most) const {
  const std::string prefix = keys::repeated_attempts(id);
  std::vector<RepeatedAttempt> found;
  const auto cursor = store_.scan(prefix);
  for (; cursor->valid() && found.size() < most; cursor->next()) {
    auto key = keys::parse_repeated_attempt(cursor->key().substr(prefix.size()));
    if (!key) return damaged("a row whose key does not belong");
    found.push_back({std::move(key->branch), key->events_before, key->at});
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  return found;
}

Result<std::optional<OpenFanOutCounts>> StepRows::counts(const ExecutionId& id) const {
  const auto found = store_.get(keys::step_counts(id));
  if (!found.ok()) return found.error();
  if (!*found) return std::optional<OpenFanOutCounts>();
  const auto row = read_record<CountsRow>(**found, "step counts", record_version, counts_fields);
  if (!row.ok()) return row.error();
  const auto json = parse_json(row->counts);
  auto counts = json.ok() ? read_counts(*json) : std::nullopt;
  if (!counts) return damaged("counts that are none");
  return std::optional(OpenFanOutCounts{row->fan_out, std::move(*counts)});
}

Outcome StepRows::failed(const ExecutionId& id, const std::optional<StepIndex>& step,
                         const std::optional<FailedStep>& after,
                         const std::function<bool(FailedStep)>& visit) const {
  const std::string all = keys::failed_steps(id);
  const std::string prefix = step ? keys::failed_steps(id, *step) : all;
  std::string from;
  if (after) from = std::max(keys::failed_step(id, after->step, after->branch), prefix);
  const auto cursor = store_.scan(prefix, Direction::forward, from);
  for (; cursor->valid(); cursor->next()) {
    auto key = keys::parse_failed_step(cursor->key().substr(all.size()));
    if (!key) return damaged("a row whose key does not belong");
    FailedStep failed{key->step, std::move(key->branch)};
    if (after && failed <= *after) continue;
    if (!visit(std::move(failed))) return Done{};
  }
  return cursor->status();
}

}  // namespace millrace::storage
