#include "http/outbound/curl_http_caller.h"

#include "http/outbound/outbound_calls.h"
#include "http/outbound/trusted_certificates.h"
#include "runtime/base/check.h"

#include <atomic>
#include <csignal>
#include <curl/curl.h>
#include <deque>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <thread>
#include <utility>

namespace millrace {
namespace {

void initialise_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(code == CURLE_OK, "libcurl cannot be initialised");
}

Error stopped() { return Error(ErrorCode::overloaded, "the server is stopping"); }

Outcome check_proxy(const std::string& proxy) {
  for (const char* const scheme : {"http://", "https://", "socks5h://"}) {
    if (proxy.empty() || proxy.starts_with(scheme)) return Done{};
  }
  return Error(
      ErrorCode::invalid_parameters,
      "the proxy must be given as http://host:port, https://host:port or socks5h://host:port");
}

}  // namespace

class CurlHttpCaller::Impl {
 public:
  Impl(const OutboundOptions& options, TrustedCertificates certificates, LogSink log)
      : accepted_max_(options.calls_max + options.waiting_max),
        certificates_(std::move(certificates)),
        resolve_(list_of(options.resolve), &curl_slist_free_all),
        calls_(settings_of(options), {options.calls_max, options.calls_per_project_max},
               options.waiting_time_max, std::move(log)),
        thread_([this] { run(); }) {}

  ~Impl() { stop(); }

  CallId call(HttpRequest request, std::function<void(HttpOutcome)> done) {
    return start(std::move(request), std::move(done), nullptr);
  }

  CallId open(HttpRequest request, std::shared_ptr<ResponseStream> into) {
    CHECK(!request.client_credentials, "an answer that is passed on cannot be asked for again");
    request.redirects_max = 0;
    const auto end = [into](const HttpOutcome& outcome) {
      into->end(outcome ? std::nullopt : std::optional(outcome.error()));
    };
    return start(std::move(request), end, into);
  }

  void resume(CallId id) { tell({id, Command::Kind::resume}); }
  void cancel(CallId id) { tell({id, Command::Kind::cancel}); }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    calls_.wake();
    // Whoever comes second waits for the first, so that both find the same silence afterwards.
    const std::lock_guard lock(stop_mutex_);
    if (thread_.joinable()) thread_.join();
  }

  OutboundStats stats() const { return calls_.stats(); }

 private:
  struct Command {
    enum class Kind : std::uint8_t { start, resume, cancel };
    CallId id;
    Kind kind;
    HttpRequest request = {};  // the rest is of `start`
    std::function<void(HttpOutcome)> done = {};
    std::shared_ptr<ResponseStream> into = {};  // null: the answer is gathered
  };

  CallId start(HttpRequest request, std::function<void(HttpOutcome)> done,
               std::shared_ptr<ResponseStream> into) {
    const CallId id = ++last_id_;
    Command command{id, Command::Kind::start, std::move(request), std::move(done), std::move(into)};
    if (auto refused = accept(command)) {
      calls_.count_refused(refused->code);
      command.done(std::move(*refused));
    }
    return id;
  }

  static curl_slist* list_of(const std::vector<std::string>& texts) {
    curl_slist* list = nullptr;
    for (const std::string& each : texts) list = curl_slist_append(list, each.c_str());
    return list;
  }

  ExchangeSettings settings_of(const OutboundOptions& options) const {
    ExchangeSettings settings;
    settings.guard = EgressGuard(options.egress_allow);
    settings.proxy = options.proxy;
    settings.no_proxy = options.no_proxy;
    settings.ca_file = certificates_.path();
    settings.resolve = resolve_.get();
    settings.in_flight.max = options.bytes_in_flight_max;
    return settings;
  }

  void tell(Command command) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      inbox_.push_back(std::move(command));
    }
    calls_.wake();
  }

  /// The reason when the call is not accepted; then `command` is untouched.
  std::optional<Error> accept(Command& command) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return stopped();
      if (accepted_ >= accepted_max_) {
        return Error(ErrorCode::overloaded, "too many requests are waiting for their turn");
      }
      ++accepted_;
      was_empty = inbox_.empty();
      inbox_.push_back(std::move(command));
    }
    if (was_empty) calls_.wake();
    return std::nullopt;
  }

  void run() {
    // libcurl leaves SIGPIPE to us (CURLOPT_NOSIGNAL), and OpenSSL writes without MSG_NOSIGNAL: a
    // peer that closes early would end the whole process. Blocked, the write only fails.
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (take_commands()) calls_.run_once();
    calls_.cancel_all(stopped());
  }

  /// False once the caller stops; the calls taken with the last commands are among those to answer.
  bool take_commands() {
    std::deque<Command> commands;
    bool stopping = false;
    {
      const std::lock_guard lock(mutex_);
      commands.swap(inbox_);
      stopping = stopping_;
    }
    for (Command& each : commands) carry_out(std::move(each));
    return !stopping;
  }

  void carry_out(Command command) {
    switch (command.kind) {
      case Command::Kind::start:
        return calls_.start(
            command.id, std::move(command.request),
            [this, done = std::move(command.done)](HttpOutcome outcome) {
              --accepted_;
              done(std::move(outcome));
            },
            std::move(command.into));
      case Command::Kind::resume:
        return calls_.resume(command.id);
      case Command::Kind::cancel:
        return calls_.cancel(command.id);
    }
  }

  const std::size_t accepted_max_;
  std::atomic<CallId> last_id_{0};
  std::atomic<std::size_t> accepted_{0};  // and not yet answered

  const TrustedCertificates certificates_;
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> resolve_;

  std::mutex mutex_;
  std::deque<Command> inbox_;
  bool stopping_ = false;

  OutboundCalls calls_;
  std::mutex stop_mutex_;
  std::thread thread_;  // last: it uses all of the above
};

Result<std::unique_ptr<CurlHttpCaller>> CurlHttpCaller::make(OutboundOptions options, LogSink log) {
  initialise_curl();
  if (auto checked = check_proxy(options.proxy); !checked) return checked.error();
  TrustedCertificates certificates;
  if (!options.extra_ca_file.empty()) {
    auto read = TrustedCertificates::with_extra_file(options.extra_ca_file);
    if (!read) return read.error();
    certificates = std::move(*read);
  }
  auto impl = std::make_unique<Impl>(options, std::move(certificates), std::move(log));
  return std::unique_ptr<CurlHttpCaller>(new CurlHttpCaller(std::move(impl)));
}

CurlHttpCaller::CurlHttpCaller(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CurlHttpCaller::~CurlHttpCaller() = default;

HttpCaller::CallId CurlHttpCaller::call(HttpRequest request,
                                        std::function<void(HttpOutcome)> done) {
  return impl_->call(std::move(request), std::move(done));
}

CurlHttpCaller::CallId CurlHttpCaller::open(HttpRequest request,
                                            std::shared_ptr<ResponseStream> into) {
  return impl_->open(std::move(request), std::move(into));
}

void CurlHttpCaller::resume(CallId call) { impl_->resume(call); }
void CurlHttpCaller::cancel(CallId call) { impl_->cancel(call); }
void CurlHttpCaller::stop() { impl_->stop(); }
OutboundStats CurlHttpCaller::stats() const { return impl_->stats(); }

}  // namespace millrace
