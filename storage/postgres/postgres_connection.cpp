#include "storage/postgres/postgres_connection.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <libpq-fe.h>
#include <poll.h>
#include <string_view>
#include <utility>

namespace millrace::storage {
namespace {

constexpr int binary = 1;
/// The first version that has all that the statements use.
constexpr int server_version_min = 130'000;
/// For a host while there are others to try.
constexpr std::chrono::seconds host_patience{2};

/// Waits until the socket is ready; false at the deadline.
bool wait_for(int socket, short events, Moment deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd ready{socket, events, 0};
    const int found =
        ::poll(&ready, 1, static_cast<int>(std::min<Millis::rep>(left.count(), 60'000)));
    if (found > 0) return true;  // errors, too: libpq finds out
  }
}

/// A plan that was made for an empty table scans it for ever, and one for its parameters is made at each use. So plans
/// are generic, and made of index scans alone. What the operator has set for durability stays, but for a commit that
/// would not wait for the disk.
const PostgresStatement settings{
    "",
    "SELECT set_config('search_path', quote_ident($1), false), set_config('statement_timeout', $2, "
    "false),"
    " set_config('lock_timeout', '1s', false), set_config('idle_in_transaction_session_timeout', "
    "'10min', false),"
    " set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false),"
    " set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false),"
    " set_config('jit', 'off', false), set_config('plan_cache_mode', 'force_generic_plan', false),"
    " set_config('max_parallel_workers_per_gather', '0', false), set_config('bytea_output', 'hex', "
    "false),"
    " set_config('default_transaction_isolation', 'read committed', false),"
    // A machine that is gone without a word keeps its sessions for two hours otherwise.
    " set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', "
    "false),"
    " set_config('tcp_keepalives_count', '3', false),"
    " CASE WHEN current_setting('synchronous_commit') = 'off' THEN "
    "set_config('synchronous_commit', 'on', false)"
    " END"};

void note_warning(void* flag, const PGresult* notice) {
  const char* const severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && std::string_view(severity) == "WARNING")
    *static_cast<bool*>(flag) = true;
}

/// What an option of an address lists between commas; nothing if it is not given.
std::vector<std::string> listed(const PQconninfoOption* parts, std::string_view keyword) {
  std::vector<std::string> list;
  for (; parts->keyword != nullptr; ++parts) {
    if (parts->keyword != keyword || parts->val == nullptr || *parts->val == '\0') continue;
    std::string_view rest(parts->val);
    for (;;) {
      const std::size_t comma = rest.find(',');
      list.emplace_back(rest.substr(0, comma));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return list;
}

bool has_at(const std::string& text) { return text.find('@') != std::string::npos; }

bool is_digits(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos;
}

std::string field_of(const PGresult* result, int field) {
  const char* const value = PQresultErrorField(result, field);
  return value == nullptr ? std::string() : value;
}

}  // namespace

/// One of those that an address names; what is empty is libpq's default.
struct PostgresConnection::Host {
  std::string name;
  std::string address;  // numeric
  std::string port;
};

PostgresConnection::PostgresConnection(pg_conn* connection) : connection_(connection) {
  PQsetNoticeReceiver(connection_, &note_warning, &was_warned_);
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

bool PostgresConnection::is_address(const std::string& url) { return !hosts_of(url).empty(); }

std::vector<PostgresConnection::Host> PostgresConnection::hosts_of(const std::string& url) {
  // What libpq says of an address that it cannot read may have the password in it.
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parts(
      PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  if (parts == nullptr) return {};
  const auto names = listed(parts.get(), "host");
  const auto addresses = listed(parts.get(), "hostaddr");
  const auto ports = listed(parts.get(), "port");
  const auto databases = listed(parts.get(), "dbname");
  const bool is_plain = std::none_of(names.begin(), names.end(), has_at) &&
                        std::none_of(databases.begin(), databases.end(), has_at) &&
                        std::all_of(ports.begin(), ports.end(), is_digits);
  if (!is_plain) return {};

  const std::size_t count = std::max({names.size(), addresses.size(), std::size_t{1}});
  const auto fits = [count](const std::vector<std::string>& list) {
    return list.empty() || list.size() == count;
  };
  // Of lists that do not fit together libpq says what is wrong.
  if (!fits(names) || !fits(addresses) || (!fits(ports) && ports.size() != 1)) return {Host{}};
  std::vector<Host> hosts(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!names.empty()) hosts[i].name = names[i];
    if (!addresses.empty()) hosts[i].address = addresses[i];
    if (!ports.empty()) hosts[i].port = ports.size() == 1 ? ports[0] : ports[i];
  }
  return hosts;
}

std::unique_ptr<PostgresConnection> PostgresConnection::connect(const PostgresAddress& address,
                                                                Moment deadline,
                                                                PostgresFault& why) {
  const auto hosts = hosts_of(address.url);
  CHECK(!hosts.empty(), "this address was not looked at");
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const Moment begun = std::chrono::steady_clock::now();
    const auto share = (deadline - begun) / static_cast<int>(hosts.size() - i);
    const bool is_last = i + 1 == hosts.size();
    const Moment until =
        is_last ? deadline : begun + std::min<Moment::duration>(share, host_patience);
    if (auto connection = connect_to(hosts[i], address, until, why); connection != nullptr)
      return connection;
  }
  return nullptr;
}

std::unique_ptr<PostgresConnection> PostgresConnection::connect_to(const Host& host,
                                                                   const PostgresAddress& address,
                                                                   Moment deadline,
                                                                   PostgresFault& why) {
  // What stands before `dbname` is a default that the address may change; what stands behind it is not, unless it is empty.
  constexpr std::array keywords{"tcp_user_timeout",
                                "keepalives_idle",
                                "keepalives_interval",
                                "keepalives_count",
                                "target_session_attrs",
                                "dbname",
                                "host",
                                "hostaddr",
                                "port",
                                "application_name",
                                "client_encoding",
                                static_cast<const char*>(nullptr)};
  const std::array values{"2000",
                          "2",
                          "1",
                          "2",
                          "read-write",
                          address.url.c_str(),
                          host.name.c_str(),
                          host.address.c_str(),
                          host.port.c_str(),
                          address.application_name.c_str(),
                          "UTF8",
                          static_cast<const char*>(nullptr)};
  pg_conn* const started = PQconnectStartParams(keywords.data(), values.data(), 1);
  if (started == nullptr) {
    why = {"53200", "no memory for a connection", true};
    return nullptr;
  }
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(started));
  auto fault = connection->finish_connecting(deadline);
  if (!fault) fault = connection->set_up(address, deadline);
  if (!fault) return connection;
  why = std::move(*fault);
  return nullptr;
}

std::optional<PostgresFault> PostgresConnection::finish_connecting(Moment deadline) {
  if (PQstatus(connection_) == CONNECTION_BAD) return lose();
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;
       state = PQconnectPoll(connection_)) {
    if (state == PGRES_POLLING_FAILED) return lose();
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait_for(PQsocket(connection_), events, deadline)) {
      return lose("PostgreSQL did not answer in time");
    }
  }
  return std::nullopt;
}

std::optional<PostgresFault> PostgresConnection::set_up(const PostgresAddress& address,
                                                        Moment deadline) {
  if (server_version() < server_version_min) {
    return PostgresFault{"0A000", "PostgreSQL 13 or newer is needed", false};
  }
  if (PQsetnonblocking(connection_, 1) != 0 || PQenterPipelineMode(connection_) != 1) return lose();
  PostgresQuery query(settings);
  query.parameters.text(address.schema).text(std::to_string(address.statement_timeout.count()));
  return ask(query, deadline).fault;
}

int PostgresConnection::server_version() const { return PQserverVersion(connection_); }

PostgresAnswer PostgresConnection::ask(std::span<const PostgresQuery> queries, Moment deadline) {
  while (!told_.empty()) {
    auto answer = take_answer(deadline);
    if (answer.fault && answer.fault->is_lost) return {{}, std::move(answer.fault)};
  }
  if (!is_usable_) return {{}, PostgresFault{"", why_lost_, true}};
  was_warned_ = false;
  std::vector<std::string> preparing;
  for (const PostgresQuery& query : queries) {
    if (!send(query, preparing)) return {{}, lose()};
  }
  if (PQpipelineSync(connection_) != 1) return {{}, lose()};
  return collect(preparing, deadline);
}

void PostgresConnection::tell(const PostgresQuery& query) {
  if (!is_usable_) return;
  std::vector<std::string> preparing;
  if (!send(query, preparing) || PQpipelineSync(connection_) != 1 || PQflush(connection_) < 0) {
    lose();
    return;
  }
  told_.push_back(std::move(preparing));
}

bool PostgresConnection::is_answered(Moment deadline) {
  return !is_usable_ || PQflush(connection_) < 0 || wait_for_input(deadline);
}

PostgresAnswer PostgresConnection::take_answer(Moment deadline) {
  CHECK(!told_.empty(), "nothing was told");
  const auto preparing = std::move(told_.front());
  told_.erase(told_.begin());
  if (!is_usable_) return {{}, PostgresFault{"", why_lost_, true}};
  return collect(preparing, deadline);
}

bool PostgresConnection::send(const PostgresQuery& query, std::vector<std::string>& preparing) {
  const auto& [statement, parameters] = query;
  const int size = static_cast<int>(parameters.size());
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto& value : parameters.values()) {
    values.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> formats(parameters.size(), binary);
  const auto* types = parameters.types().data();
  if (statement.name.empty()) {
    preparing.emplace_back();
    return PQsendQueryParams(connection_, statement.text.c_str(), size, types, values.data(),
                             lengths.data(), formats.data(), binary) == 1;
  }
  const bool is_new =
      !prepared_.contains(statement.name) &&
      std::find(preparing.begin(), preparing.end(), statement.name) == preparing.end();
  if (is_new) {
    preparing.push_back(statement.name);
    if (PQsendPrepare(connection_, statement.name.c_str(), statement.text.c_str(), size, types) !=
        1) {
      return false;
    }
  }
  preparing.emplace_back();
  return PQsendQueryPrepared(connection_, statement.name.c_str(), size, values.data(),
                             lengths.data(), formats.data(), binary) == 1;
}

PostgresAnswer PostgresConnection::collect(const std::vector<std::string>& preparing,
                                           Moment deadline) {
  PostgresAnswer answer;
  std::size_t command = 0;
  bool is_between = false;  // libpq says so once behind each command
  for (;;) {
    if (!wait_for_input(deadline)) {
      answer.fault = lose();
      return answer;
    }
    pg_result* const result = PQgetResult(connection_);
    if (result == nullptr) {
      if (std::exchange(is_between, true) || PQstatus(connection_) == CONNECTION_BAD) {
        answer.fault = lose();
        return answer;
      }
      ++command;
      continue;
    }
    is_between = false;
    PostgresRows rows(result);
    switch (PQresultStatus(result)) {
      case PGRES_PIPELINE_SYNC:
        return answer;
      case PGRES_PIPELINE_ABORTED:
        break;  // the fault that ended the pipeline came before
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        CHECK(command < preparing.size(), "PostgreSQL answers what it was not asked");
        if (preparing[command].empty()) {
          answer.rows.push_back(std::move(rows));
        } else {
          prepared_.insert(preparing[command]);
        }
        break;
      default:
        // The first one says why; a connection that ends has more to say of itself.
        if (!answer.fault) {
          answer.fault = PostgresFault{field_of(result, PG_DIAG_SQLSTATE),
                                       field_of(result, PG_DIAG_MESSAGE_PRIMARY), false};
          if (answer.fault->message.empty()) answer.fault->message = PQresultErrorMessage(result);
        }
        const std::string severity = field_of(result, PG_DIAG_SEVERITY_NONLOCALIZED);
        if (severity != "ERROR" || PQstatus(connection_) == CONNECTION_BAD) {
          lose(answer.fault->message);
          answer.fault->is_lost = true;
          return answer;
        }
    }
  }
}

bool PostgresConnection::wait_for_input(Moment deadline) {
  for (;;) {
    const int unsent = PQflush(connection_);
    if (unsent < 0) return false;
    if (unsent == 0 && PQisBusy(connection_) == 0) return true;
    const short events = static_cast<short>(unsent == 0 ? POLLIN : POLLIN | POLLOUT);
    if (!wait_for(PQsocket(connection_), events, deadline)) return false;
    if (PQconsumeInput(connection_) != 1) return true;  // PQgetResult has what came before the end
  }
}

PostgresFault PostgresConnection::lose() {
  const std::string message = PQerrorMessage(connection_);
  return lose(message.empty() ? "PostgreSQL did not answer in time" : message);
}

PostgresFault PostgresConnection::lose(std::string why) {
  is_usable_ = false;
  why_lost_ = std::move(why);
  return {"", why_lost_, true};
}

}  // namespace millrace::storage
