#pragma once
// Pages of the task history by its index: the same answers as ExecutionTable::history, with exact totals, in
// time that does not depend on where the page is.

#include "storage/ordered_store.h"
#include "storage/tables/execution_table.h"

namespace millrace::storage {

/// The index must be filled, and held (HistoryIndex::hold). A run that has changed since it was indexed so
/// that it does not match any more, or is gone, is left out of the page, which then has less rows than asked
/// for. Errors of the store; corrupt_data: the index is damaged.
Result<ExecutionTable::HistoryPage> indexed_history(const OrderedStore& store,
                                                    const ExecutionTable::HistoryQuery& query);

}  // namespace millrace::storage
