#include "storage/postgres/standby_check.h"

namespace millrace::storage {
namespace {

/// Without the right to see them, the states of standbys are null.
const PostgresStatement look{
    "",
    "SELECT current_setting('synchronous_standby_names'), current_setting('synchronous_commit'),"
    " current_setting('fsync') = 'on', current_setting('full_page_writes') = 'on',"
    " count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')), count(*) FILTER (WHERE sync_state "
    "= 'async'),"
    " count(*) FILTER (WHERE pid IS NOT NULL AND sync_state IS NULL) FROM pg_stat_replication"};

}  // namespace

std::vector<std::string> find_risks(PostgresConnection& connection, Moment deadline) {
  std::vector<std::string> risks;
  const auto answer = connection.ask(look, deadline);
  if (answer.fault) return risks;
  const PostgresRows& row = answer.rows[0];
  const std::string synchronous(row.bytes(0, 0));
  const bool waits_for_standby = !synchronous.empty() && row.bytes(0, 1) != "local";
  const bool sees_all = row.number(0, 6) == 0;
  if (!row.flag(0, 2)) {
    risks.emplace_back(
        "PostgreSQL runs with fsync = off: a crash of its machine loses and damages data");
  }
  if (!row.flag(0, 3)) {
    risks.emplace_back(
        "PostgreSQL runs with full_page_writes = off: a crash of its machine may damage data");
  }
  if (waits_for_standby && sees_all && row.number(0, 4) == 0) {
    risks.push_back("PostgreSQL waits for a synchronous standby (" + synchronous +
                    ") and none is connected: every commit will hang");
  }
  if (!waits_for_standby && row.number(0, 5) > 0) {
    risks.emplace_back(
        "PostgreSQL has a standby and does not wait for it (synchronous_standby_names): a failover "
        "may lose "
        "acknowledged work");
  }
  return risks;
}

}  // namespace millrace::storage
