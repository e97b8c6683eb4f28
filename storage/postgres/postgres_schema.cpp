#include "storage/postgres/postgres_schema.h"

#include "runtime/base/check.h"
#include "runtime/base/shard.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace millrace::storage {
namespace {

const PostgresStatement begin{"", "BEGIN"};
const PostgresStatement commit{"", "COMMIT"};
const PostgresStatement rollback{"", "ROLLBACK"};
/// One at a time makes or migrates tables. Any number will do that nobody else uses.
const PostgresStatement lock{"", "SELECT pg_advisory_xact_lock(6074213890016255001)"};
const PostgresStatement look{
    "",
    "SELECT to_regclass('cluster') IS NOT NULL, to_regclass('kv') IS NOT NULL"
    " OR to_regclass('lane') IS NOT NULL OR to_regclass('shard') IS NOT NULL"};
const PostgresStatement read_cluster{"", "SELECT id::text, format FROM cluster"};
const PostgresStatement write_format{"", "UPDATE cluster SET format = $1"};
const PostgresStatement look_for_rows{
    "", "SELECT EXISTS(SELECT FROM kv) OR EXISTS(SELECT FROM shard WHERE epoch > 0)"};

const std::array<PostgresStatement, 6> tables{{
    {"",
     "CREATE TABLE cluster(one bool PRIMARY KEY DEFAULT true CHECK(one), id uuid NOT NULL, format "
     "int NOT NULL)"},
    {"", "CREATE TABLE kv(key bytea PRIMARY KEY, value bytea NOT NULL)"},
    {"", "ALTER TABLE kv ALTER value SET STORAGE EXTERNAL"},
    {"",
     "CREATE TABLE shard(id smallint PRIMARY KEY, owner uuid, epoch bigint NOT NULL DEFAULT 0,"
     " revision bigint NOT NULL DEFAULT 0) WITH (fillfactor = 50)"},
    {"",
     "CREATE TABLE lane(incarnation uuid, lane smallint, conn int NOT NULL DEFAULT 0, last bigint "
     "NOT NULL DEFAULT 0,"
     " PRIMARY KEY(incarnation, lane)) WITH (fillfactor = 10)"},
    {"", "INSERT INTO shard(id) SELECT generate_series(0, $1 - 1)"},
}};
const PostgresStatement name_cluster{
    "", "INSERT INTO cluster(id, format) VALUES (gen_random_uuid(), $1)"};
const std::array<PostgresStatement, 3> emptying{{
    {"", "TRUNCATE kv"},
    {"", "DELETE FROM lane"},
    {"", "UPDATE shard SET owner = NULL, epoch = 0, revision = 0"},
}};

/// From one format to the next, in the transaction that raises the number.
struct Migration {
  std::int32_t from;
  std::span<const PostgresStatement> statements;
};
// In order, one for each format that ever was. Format 1 is the first.
constexpr std::array<Migration, 0> migrations{};
static_assert(migrations.size() == postgres_format_current - 1);

/// What is done in the one transaction; the first fault ends it.
class SchemaWork {
 public:
  SchemaWork(PostgresConnection& connection, Moment deadline)
      : connection_(connection), deadline_(deadline) {}

  Outcome run(const std::string& schema, OpenedTo purpose, const std::string& cluster) {
    if (const auto found = ask({lock}); !found) return found.error();
    const auto there = ask({look});
    if (!there) return there.error();
    if ((*there)[0].flag(0, 0)) return check(schema, purpose, cluster);
    if ((*there)[0].flag(0, 1)) {
      return Error(ErrorCode::corrupt_data, "The schema " + schema +
                                                " has tables, but not those of Millrace, or some "
                                                "are lost. Name another schema, or restore it "
                                                "from a backup.");
    }
    if (!cluster.empty()) return other_cluster(schema, "none", cluster);
    return make_tables(purpose);
  }

  Result<std::vector<PostgresRows>> ask(const std::vector<PostgresQuery>& queries) {
    auto answer = connection_.ask(queries, deadline_);
    if (answer.fault) return error_of(*answer.fault, "Preparing the tables in PostgreSQL");
    return std::move(answer.rows);
  }

 private:
  static Error other_cluster(const std::string& schema, const std::string& found,
                             const std::string& wanted) {
    return Error(ErrorCode::conflict,
                 "The schema " + schema + " is of another cluster: this node is of " + wanted +
                     ", the database of " + found + ". Check the database's address.");
  }

  Outcome done(const Result<std::vector<PostgresRows>>& asked) {
    return asked ? Outcome(Done{}) : Outcome(asked.error());
  }

  Outcome make_tables(OpenedTo purpose) {
    std::vector<PostgresQuery> queries;
    for (const auto& statement : tables) queries.emplace_back(statement);
    queries.back().parameters.number4(shard_count);
    queries.emplace_back(name_cluster);
    queries.back().parameters.number4(purpose == OpenedTo::be_filled ? postgres_format_filling
                                                                     : postgres_format_current);
    return done(ask(queries));
  }

  Outcome check(const std::string& schema, OpenedTo purpose, const std::string& cluster) {
    const auto found = ask({read_cluster});
    if (!found) return found.error();
    const PostgresRows& rows = (*found)[0];
    if (rows.size() != 1) {
      return Error(ErrorCode::corrupt_data, "The table " + schema + ".cluster has lost its row.");
    }
    const std::string id(rows.bytes(0, 0));
    if (!cluster.empty() && cluster != id) return other_cluster(schema, id, cluster);
    const auto format = static_cast<std::int32_t>(rows.number(0, 1));
    if (format < postgres_format_filling || format > postgres_format_current) {
      return Error(ErrorCode::format_not_supported,
                   "The schema " + schema + " has format " + std::to_string(format) +
                       "; this program supports formats up to " +
                       std::to_string(postgres_format_current) + ". Start a newer program on it.");
    }
    if (purpose == OpenedTo::be_filled) return begin_filling(schema, format);
    if (format == postgres_format_filling) {
      return Error(
          ErrorCode::format_not_supported,
          "The schema " + schema +
              " is being filled by \"millrace move\", or that was interrupted: run it again.");
    }
    return migrate(format);
  }

  Outcome begin_filling(const std::string& schema, std::int32_t format) {
    std::vector<PostgresQuery> queries;
    if (format == postgres_format_filling) {
      for (const auto& statement : emptying) queries.emplace_back(statement);
      return done(ask(queries));
    }
    const auto found = ask({look_for_rows});
    if (!found) return found.error();
    if ((*found)[0].flag(0, 0)) {
      return Error(ErrorCode::conflict,
                   "The schema " + schema +
                       " is in use: it holds rows or has been served from. Name an empty one.");
    }
    return raise(postgres_format_filling, {});
  }

  Outcome migrate(std::int32_t format) {
    for (const Migration& migration : migrations) {
      if (migration.from < format) continue;
      if (auto raised = raise(migration.from + 1, migration.statements); !raised) return raised;
    }
    return Done{};
  }

  Outcome raise(std::int32_t format, std::span<const PostgresStatement> statements) {
    std::vector<PostgresQuery> queries;
    for (const auto& statement : statements) queries.emplace_back(statement);
    queries.emplace_back(write_format);
    queries.back().parameters.number4(format);
    return done(ask(queries));
  }

  PostgresConnection& connection_;
  const Moment deadline_;
};

}  // namespace

bool is_schema_name(std::string_view name) {
  constexpr std::size_t bytes_max = 63;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const bool is_of_postgres = name.starts_with("pg_") || name == "information_schema";
  return !name.empty() && name.size() <= bytes_max && is_letter(name[0]) && !is_of_postgres &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

Outcome prepare_schema(PostgresConnection& connection, const std::string& schema, OpenedTo purpose,
                       const std::string& cluster, Moment deadline) {
  CHECK(is_schema_name(schema), "this is not the name of a schema");
  // Letters, digits and `_` need no more than quotes.
  const PostgresStatement make_schema{"", "CREATE SCHEMA IF NOT EXISTS \"" + schema + '"'};
  SchemaWork work(connection, deadline);
  // By itself, and only where it is missing: it wants a right that a role may lack once the schema is there.
  const PostgresStatement look_for_schema{
      "", "SELECT to_regnamespace('\"" + schema + "\"') IS NOT NULL"};
  const auto there = work.ask({look_for_schema});
  if (!there) return there.error();
  if (!(*there)[0].flag(0, 0)) {
    if (const auto made = work.ask({make_schema}); !made) return made.error();
  }
  if (const auto begun = work.ask({begin}); !begun) return begun.error();
  const auto prepared = work.run(schema, purpose, cluster);
  if (!prepared) {
    connection.tell(rollback);
    return prepared;
  }
  const auto committed = work.ask({commit});
  return committed ? Outcome(Done{}) : Outcome(committed.error());
}

}  // namespace millrace::storage
