#include "http/server/server_options.h"

#include "runtime/text/ascii_text.h"
#include "runtime/text/duration_text.h"
#include "runtime/text/nearest_name.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <fstream>

namespace millrace {
namespace {

Error invalid(std::string message) { return {ErrorCode::invalid_request, std::move(message)}; }

std::string environment_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return "MILLRACE_" + name;
}

/// True for options that may be given several times.
bool is_list(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

Outcome read_duration(const std::string& name, const std::string& text, Millis& to) {
  const auto duration = parse_duration(text);
  if (!duration) {
    return invalid("--" + name + ": '" + text + "' is not a duration such as 500ms, 30s or 5m");
  }
  to = *duration;
  return Done{};
}

}  // namespace

ServerOptionsParser::ServerOptionsParser(CLI::App& app) : app_(app) {
  const auto add = [&](const std::string& name, auto& field, const std::string& help) {
    names_.push_back(name);
    return app.add_option("--" + name, field, help)
        ->envname(environment_name(name))
        ->capture_default_str();
  };
  auto& limits = parsed_.http.limits;
  add("data-dir", parsed_.data_dir, "directory of everything durable; made if it is missing");
  names_.push_back("in-memory");
  app.add_flag("--in-memory", parsed_.in_memory, "keep nothing: all data ends with the process")
      ->envname("MILLRACE_IN_MEMORY");
  add("durability", durability_,
      "synced: an acknowledgement means on disk; relaxed: a machine crash may lose the last "
      "moments")
      ->check(CLI::IsMember({"synced", "relaxed"}));
  add("listen", listen_, "HOST:PORT of the API; port 0 picks a free one");
  add("admin-key", parsed_.admin_key,
      "key that makes projects; without it one is made and kept in DATA-DIR/admin-key");
  add("secrets-key-file", parsed_.secrets_key_file,
      "file with the key that seals secrets and credentials (MILLRACE_SECRETS_KEY may hold the key "
      "itself); without it one is made and kept in DATA-DIR/secrets-key");
  add("public-url", parsed_.api.public_url,
      "address under which clients reach the server, for links in answers");
  add("function-worker", parsed_.function_worker,
      "path of millrace-function-worker; without it, the one beside this binary");
  add("function-workers-max", parsed_.function_workers_max,
      "processes that run users' functions at a time; 0: one per core");
  add("connections-max", parsed_.http.threads.threads_max,
      "connections served at once, held responses included; further ones wait in the kernel");
  add("request-body-bytes-max", limits.body_bytes_max, "larger requests are answered 413");
  add("egress-allow", egress_allow_,
      "range such as 10.1.0.0/16 that requests of workflows may reach although it is not public; "
      "repeatable")
      ->delimiter(',');
  add("proxy", parsed_.outbound.proxy,
      "proxy of workflows' requests, such as http://10.0.0.1:3128; names are then resolved by it");
  add("no-proxy", parsed_.outbound.no_proxy,
      "host that is reached without the proxy, .example for all below; repeatable")
      ->delimiter(',');
  add("ca-file", parsed_.outbound.extra_ca_file,
      "PEM file of certificates that are trusted besides the system's");
  add("outbound-calls-max", parsed_.outbound.calls_max,
      "requests of workflows in the air at once; further ones wait their turn");
  add("idle-time", idle_, "how long a kept-alive connection may be silent");
  add("request-head-time", request_head_, "time for a request's line and headers to arrive");
  add("transfer-time", transfer_,
      "time for a body to arrive or an answer to leave; 1 s per 100 KB is added");
  add("response-hold", response_hold_,
      "how long a trigger waits for a Response step before it is answered 542");
  add("history-requests-max", parsed_.api.history_requests_max,
      "task history requests per project and ten minutes; 0: no limit");
  add("drain-time", drain_, "after SIGTERM, how long running requests may take to finish");
  add("log-level", parsed_.log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  app.add_option("--config", config_, "file of lines \"name = value\", # begins a comment")
      ->envname("MILLRACE_CONFIG");
  app.add_flag("--print-config", print_config_, "show the effective configuration and end");
}

Result<ServerOptions> ServerOptionsParser::options() {
  if (auto read = read_config_file(); !read) return read.error();
  auto listen = parse_listen_address(listen_);
  if (!listen) return invalid("--listen: " + listen.error().message);
  parsed_.listen = *listen;
  parsed_.relaxed_durability = durability_ == "relaxed";
  auto& limits = parsed_.http.limits;
  for (const auto& outcome :
       {read_duration("drain-time", drain_, parsed_.drain),
        read_duration("idle-time", idle_, limits.idle),
        read_duration("request-head-time", request_head_, limits.head),
        read_duration("transfer-time", transfer_, limits.transfer),
        read_duration("response-hold", response_hold_, parsed_.api.response_hold)}) {
    if (!outcome) return outcome.error();
  }
  for (const std::string& range : egress_allow_) {
    auto parsed = IpRange::parse(range);
    if (!parsed) return invalid("--egress-allow: " + parsed.error().message);
    parsed_.outbound.egress_allow.push_back(*parsed);
  }
  if (parsed_.outbound.calls_max == 0) return invalid("--outbound-calls-max must be at least 1");
  if (parsed_.http.threads.threads_max == 0) return invalid("--connections-max must be at least 1");
  if (parsed_.api.public_url.ends_with('/')) parsed_.api.public_url.pop_back();
  return parsed_;
}

Outcome ServerOptionsParser::read_config_file() {
  if (config_.empty()) return Done{};
  std::ifstream file(config_);
  if (!file) return invalid("the config file '" + config_ + "' cannot be read");
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (auto applied = apply(line, number); !applied) return applied;
  }
  return Done{};
}

Outcome ServerOptionsParser::apply(std::string_view line, std::size_t number) {
  const std::string place = config_ + ":" + std::to_string(number) + ": ";
  line = trimmed(line, all_white_space);
  if (line.empty() || line.front() == '#') return Done{};
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return invalid(place + "not a line \"name = value\"");
  const std::string name(trimmed(line.substr(0, equals), all_white_space));
  std::string_view value = trimmed(line.substr(equals + 1), all_white_space);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) {
    const std::string nearest = nearest_name(name, names_);
    return invalid(place + "there is no option '" + name + "'" +
                   (nearest.empty() ? std::string() : "; did you mean '" + nearest + "'?"));
  }
  CLI::Option* option = app_.get_option("--" + name);
  if (value.empty() && is_list(*option)) return Done{};
  if (option->count() > 0) return Done{};  // the flag or the environment has spoken
  try {
    option->add_result(std::string(value));
    option->run_callback();
  } catch (const CLI::Error& error) {
    return invalid(place + error.what());
  }
  return Done{};
}

std::string ServerOptionsParser::config_text() const {
  std::string text;
  for (const auto& name : names_) {
    const CLI::Option* option = app_.get_option("--" + name);
    const bool is_flag = option->get_expected_min() == 0;
    std::string value = is_flag ? "false" : option->get_default_str();
    if (is_list(*option)) {
      value = CLI::detail::join(option->results(), ",");
    } else if (option->count() > 0) {
      value = option->as<std::string>();
    }
    if (name == "admin-key" && !value.empty()) value = "[hidden]";
    text += "# " + option->get_description() + "\n" + name + " = " + value + "\n\n";
  }
  return text;
}

}  // namespace millrace
