#pragma once
// The first rows of a run: what makes it exist.

#include "actors/observation/run_observer.h"
#include "actors/runs/run_order.h"
#include "storage/tables/execution_table.h"

namespace millrace {

ExecutionSummary summary_of(const RunOrder& order);

/// Adds the files that came with the request.
void put_files(storage::WriteBatch& batch, const RunOrder& order);

/// What a run begins with.
Event first_event(const RunOrder& order);

/// Adds the files, the first journal page and the summary of a run that is stored before it is begun (because
/// its project is at its limit, or together with others). It goes on like any other unfinished run.
void put_start(storage::WriteBatch& batch, const RunOrder& order);

/// What `put_start` has added is durable: tells the observer, and whoever waits for that alone.
void note_stored(const RunOrder& order, RunObserver* observer);

/// The same, and answers whoever waits, for whatever that is.
void tell_stored(const RunOrder& order, RunObserver* observer);

}  // namespace millrace
