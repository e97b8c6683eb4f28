#include "http/server/server_options.h"

#include "http/outbound/outbound_url.h"

#include <CLI/CLI.hpp>

#include <cstdlib>

namespace millrace {
namespace {

Error invalid(std::string message) { return {ErrorCode::invalid_request, std::move(message)}; }

/// Without any time for a client, a server answers nobody.
constexpr Millis shortest_wait{1};

OptionReader listen_address_into(ListenAddress& field) {
  return [&field](const std::string& value) -> Outcome {
    auto address = parse_listen_address(value);
    if (!address) return invalid(address.error().message);
    field = std::move(*address);
    return Done{};
  };
}

/// What links in answers begin with, so something must be able to follow.
OptionReader public_url_into(std::string& field) {
  return [&field](const std::string& value) -> Outcome {
    const auto url = parse_outbound_url(value);
    const bool has_zero = value.find("%00") != std::string::npos;
    if (!url || has_zero || value.find_first_of("?#") != std::string::npos) {
      return invalid("'" + value +
                     "' is not the beginning of a URL such as https://api.example.com");
    }
    field = value.ends_with('/') ? value.substr(0, value.size() - 1) : value;
    return Done{};
  };
}

OptionReader ip_range_into(std::vector<IpRange>& field) {
  return [&field](const std::string& value) -> Outcome {
    auto range = IpRange::parse(value);
    if (!range) return invalid(range.error().message);
    field.push_back(*range);
    return Done{};
  };
}

OptionReader item_into(std::vector<std::string>& field) {
  return [&field](const std::string& value) -> Outcome {
    field.push_back(value);
    return Done{};
  };
}

OptionReader durability_into(bool& is_relaxed) {
  return [&is_relaxed](const std::string& value) -> Outcome {
    if (value != "synced" && value != "relaxed") {
      return invalid("'" + value + "' is neither synced nor relaxed");
    }
    is_relaxed = value == "relaxed";
    return Done{};
  };
}

}  // namespace

ServerOptionsParser::ServerOptionsParser(CLI::App& app) : set_(app) {
  add_server_options();
  add_outbound_options();
  add_time_options();
  app.add_option(
      "--config", config_,
      "file of lines \"name = value\", # begins a comment (environment: MILLRACE_CONFIG)");
  app.add_flag("--print-config", print_config_, "show the effective configuration and end");
}

void ServerOptionsParser::add_server_options() {
  using Kind = OptionDeclaration::Kind;
  set_.add({"data-dir", "directory of everything durable; made if it is missing",
            text_into(parsed_.data_dir), parsed_.data_dir});
  set_.add({"in-memory", "keep nothing: all data ends with the process",
            switch_into(parsed_.in_memory), "false", Kind::on_off});
  set_.add({"durability",
            "synced: an acknowledgement means on disk; relaxed: a machine crash may lose the last "
            "moments",
            durability_into(parsed_.relaxed_durability), "synced"});
  set_.add({"postgres",
            "postgres://USER@HOST/DATABASE: keep everything there that runs and tenants store; the "
            "directory then holds the keys alone. Whoever else serves from it can commit nothing "
            "more",
            text_into(parsed_.postgres), "", Kind::hidden});
  set_.add(
      {"postgres-schema",
       "schema of that database that the tables are in; servers that share a database have one "
       "each",
       text_into(parsed_.postgres_schema), parsed_.postgres_schema});
  set_.add({"listen", "HOST:PORT of the API; port 0 picks a free one",
            listen_address_into(parsed_.listen), parsed_.listen.text()});
  set_.add({"admin-key",
            "key that makes projects; without it one is made and kept in DATA-DIR/admin-key",
            text_into(parsed_.admin_key), "", Kind::hidden});
  set_.add({"secrets-key-file",
            "file with the key that seals secrets and credentials (MILLRACE_SECRETS_KEY may hold "
            "the key itself); without it one is made and kept in DATA-DIR/secrets-key",
            text_into(parsed_.secrets_key_file)});
  set_.add({"public-url", "address under which clients reach the server, for links in answers",
            public_url_into(parsed_.api.public_url)});
  set_.add({"function-worker",
            "path of millrace-function-worker; without it, the one that came with this binary",
            text_into(parsed_.function_worker)});
  set_.add({"function-workers-max",
            "processes that run users' functions at a time; 0: one per core",
            count_into(parsed_.function_workers_max), "0"});
  set_.add({"connections-max",
            "connections served at once, held responses included; further ones wait in the kernel",
            count_into(parsed_.http.threads.threads_max, 1),
            std::to_string(parsed_.http.threads.threads_max)});
  set_.add({"request-body-bytes-max", "larger requests are answered 413",
            count_into(parsed_.http.limits.body_bytes_max),
            std::to_string(parsed_.http.limits.body_bytes_max)});
  set_.add({"history-requests-max",
            "task history requests per project and ten minutes; 0: no limit",
            count_into(parsed_.api.history_requests_max),
            std::to_string(parsed_.api.history_requests_max)});
  set_.add({"log-level", "debug, info, warn or error",
            choice_into(parsed_.log_level, {"debug", "info", "warn", "error"}), "info"});
}

void ServerOptionsParser::add_outbound_options() {
  using Kind = OptionDeclaration::Kind;
  set_.add({"egress-allow",
            "range such as 10.1.0.0/16 that requests of workflows may reach although it is not "
            "public; repeatable",
            ip_range_into(parsed_.outbound.egress_allow), "", Kind::repeatable});
  set_.add({"proxy",
            "proxy of workflows' requests, such as http://10.0.0.1:3128; names are then resolved "
            "by it",
            text_into(parsed_.outbound.proxy)});
  set_.add({"no-proxy",
            "host that is reached without the proxy, .example for all below; repeatable",
            item_into(parsed_.outbound.no_proxy), "", Kind::repeatable});
  set_.add({"ca-file", "PEM file of certificates that are trusted besides the system's",
            text_into(parsed_.outbound.extra_ca_file)});
  set_.add({"outbound-calls-max",
            "requests of workflows in the air at once; further ones wait their turn",
            count_into(parsed_.outbound.calls_max, 1), std::to_string(parsed_.outbound.calls_max)});
}

void ServerOptionsParser::add_time_options() {
  auto& limits = parsed_.http.limits;
  set_.add({"idle-time", "how long a kept-alive connection may be silent",
            duration_into(limits.idle, shortest_wait), "60s"});
  set_.add({"request-head-time", "time for a request's line and headers to arrive",
            duration_into(limits.head, shortest_wait), "10s"});
  set_.add({"transfer-time",
            "time for a body to arrive or an answer to leave; 1 s per 100 KB is added",
            duration_into(limits.transfer, shortest_wait), "60s"});
  set_.add({"response-hold",
            "how long a trigger waits for a Response step before it is answered 542",
            duration_into(parsed_.api.response_hold), "55s"});
  set_.add({"drain-time", "after SIGTERM, how long running requests may take to finish",
            duration_into(parsed_.drain), "10s"});
}

Result<ServerOptions> ServerOptionsParser::options() {
  const char* const variable = std::getenv("MILLRACE_CONFIG");
  if (config_.empty() && variable != nullptr) config_ = variable;
  if (auto resolved = set_.resolve(config_); !resolved) return resolved.error();
  if (!parsed_.postgres.empty() && (parsed_.in_memory || parsed_.relaxed_durability)) {
    return invalid("postgres goes with neither in-memory nor durability = relaxed");
  }
  return parsed_;
}

}  // namespace millrace
