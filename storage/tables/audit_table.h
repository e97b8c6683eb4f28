#pragma once
// The audit log of a project: who changed what, and when. An entry is never changed. Nothing else refers to it.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "storage/ordered_store.h"
#include "storage/tables/log_page.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::storage {

struct AuditRow {
  Instant at{};
  std::uint64_t number = 0;  // tells apart what happened in one millisecond; random
  std::string operation;     // as the API's description calls it: "putWorkflow"
  std::string by;            // by which kind of key: "apiKey", "adminKey"
  std::string target;        // JSON text: an object of names
  std::uint32_t status = 0;  // of the answer
};

struct AuditQuery {
  ProjectId project;
  std::string operation{};  // empty: any
  Instant since{};
  /// Begins behind this entry; nothing: with the newest.
  std::optional<LogPlace> after{};
  std::size_t limit = 100;
};

using AuditPage = LogPage<AuditRow>;

class AuditTable {
 public:
  /// Entries that one page looks at, whatever it finds.
  static constexpr std::size_t looked_at_max = log_page_looked_at_max;

  explicit AuditTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const ProjectId& project, const AuditRow& row);
  /// Adds the removal of up to `rows_max` entries that are older than `before`, the oldest first.
  Outcome remove_old(WriteBatch& batch, const ProjectId& project, Instant before,
                     std::size_t rows_max) const;

  Result<AuditPage> list(const AuditQuery& query) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
