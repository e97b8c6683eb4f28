#include "storage/tables/run_removal.h"

#include "runtime/base/check.h"
#include "storage/keys.h"

#include <string>
#include <utility>
#include <vector>

namespace millrace::storage {

Result<RemovedRun> remove_run(const OrderedStore& store, WriteBatch& batch,
                              const ExecutionSummary& run) {
  CHECK(is_final(run.status), "only what has ended is removed");
  RemovedRun removed;
  std::vector<std::string> found;
  bool are_few = true;
  std::string prefix = keys::execution(run.id);
  const auto cursor = store.scan(prefix);
  for (; cursor->valid() && are_few; cursor->next()) {
    removed.bytes += cursor->key().size() + cursor->value().size();
    found.emplace_back(cursor->key());
    are_few = found.size() <= limits::removed_rows_each_max &&
              removed.bytes <= limits::removed_bytes_each_max;
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  removed.rows = found.size() + 1;
  if (are_few) {
    for (std::string& key : found) batch.remove(std::move(key));
  } else {
    batch.remove_prefix(std::move(prefix));
  }
  batch.remove(keys::history_row(run.project, run.started, run.id));
  return removed;
}

}  // namespace millrace::storage
