#pragma once
// One session of PostgreSQL. Everything goes by the binary protocol in pipelines: the statements of one `ask` leave
// together, take one round trip, and are one transaction (or part of the one that BEGIN has begun). A statement with a
// name is prepared when it is first used.
//
// Nothing waits for ever: each call has a deadline, and a connection that misses it is lost. Below that, the kernel is
// told to give up a peer that acknowledges nothing for two seconds (`tcp_user_timeout`, keep-alives).
//
// Used by one thread at a time. Names of hosts are resolved by the C library, which has time limits of its own.

#include "runtime/base/clock.h"
#include "storage/postgres/postgres_fault.h"
#include "storage/postgres/postgres_values.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

struct pg_conn;

namespace millrace::storage {

/// Where, and as whom.
struct PostgresAddress {
  std::string url;     // postgres://… or "host=… dbname=…"; holds a password: never shown
  std::string schema;  // see postgres_schema.h
  std::string application_name;  // what pg_stat_activity shows
  /// The server ends what takes longer: an error, and certainly rolled back.
  Millis statement_timeout{10'000};
};

struct PostgresStatement {
  std::string name;  // empty: not prepared
  std::string text;
};

struct PostgresQuery {
  PostgresQuery(const PostgresStatement& asked) : statement(asked) {}  // NOLINT: without parameters

  const PostgresStatement& statement;
  PostgresParameters parameters;
};

struct PostgresAnswer {
  std::vector<PostgresRows> rows;  // of each statement; complete if there is no fault
  std::optional<PostgresFault> fault;
};

class PostgresConnection {
 public:
  /// Whether libpq can read the address, and no part of a password can be in what it says of it: a password with '@' or '/'
  /// that are not written as %40 and %2F ends up in the host or the port.
  static bool is_address(const std::string& url);

  /// Null, and `why`, when there is none by the deadline. The session can write. Of several hosts in the address each but
  /// the last one has two seconds at most: one that is gone without a word does not keep us from the next one.
  static std::unique_ptr<PostgresConnection> connect(const PostgresAddress& address,
                                                     Moment deadline, PostgresFault& why);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  PostgresAnswer ask(std::span<const PostgresQuery> queries, Moment deadline);
  PostgresAnswer ask(const PostgresQuery& query, Moment deadline) {
    return ask(std::span(&query, 1), deadline);
  }
  /// Sends a statement whose answer nobody waits for: it is looked at before the next one is asked.
  void tell(const PostgresQuery& query);
  /// Whether there is an answer to what was told first, or none to be hoped for; waits for it until the deadline. The
  /// connection is as good as before.
  bool is_answered(Moment deadline);
  /// Takes the answer to what was told first, and waits for it if need be.
  PostgresAnswer take_answer(Moment deadline);

  /// False: lost; there is nothing to do but to connect anew.
  bool is_usable() const { return is_usable_; }
  /// PostgreSQL warned of something during the last `ask`. No statement of ours gives it a reason but a commit that
  /// was cut short while it waited for its standby.
  bool was_warned() const { return was_warned_; }
  int server_version() const;

 private:
  struct Host;

  explicit PostgresConnection(pg_conn* connection);

  /// As the address names them; one that says nothing if it names none, and none if it cannot be read.
  static std::vector<Host> hosts_of(const std::string& url);
  static std::unique_ptr<PostgresConnection> connect_to(const Host& host,
                                                        const PostgresAddress& address,
                                                        Moment deadline, PostgresFault& why);

  std::optional<PostgresFault> finish_connecting(Moment deadline);
  std::optional<PostgresFault> set_up(const PostgresAddress& address, Moment deadline);
  bool send(const PostgresQuery& query, std::vector<std::string>& preparing);
  /// Takes all results up to the end of one pipeline; `preparing` names, in order, the statement that each of its
  /// commands prepares, empty for one that is executed.
  PostgresAnswer collect(const std::vector<std::string>& preparing, Moment deadline);
  bool wait_for_input(Moment deadline);
  /// As libpq says, or that there was no answer in time.
  PostgresFault lose();
  PostgresFault lose(std::string why);

  pg_conn* const connection_;
  std::set<std::string> prepared_;
  std::vector<std::vector<std::string>> told_;  // pipelines whose results were not taken
  bool is_usable_ = true;
  std::string why_lost_;
  bool was_warned_ = false;
};

}  // namespace millrace::storage
