#pragma once
// Verification of deliveries by code of the integration's author, in the function sandbox: it is given
// {headers, query, params, body, rawBody, url, method, secrets} and returns {status, headers, body, persist}. A
// status from 400 on refuses the delivery with that answer; `persist: false` answers it and starts nothing.
//
// The secrets that the code was given stand in nothing that comes of it, neither in its answer nor in why it failed.
//
// Bounded: `time_max` of computing, `patience` altogether, and of one project `waiting_max` deliveries that wait.
// Thread-safe; blocks a request thread.

#include "actors/runs/project_places.h"
#include "runtime/functions/function_engine.h"
#include "runtime/webhooks/delivery.h"

#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

/// What is answered in the place of the usual.
struct CodeAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type;
  std::string body;  // empty: none was given
};

struct CodeVerdict {
  CodeAnswer answer;
  bool is_persisted = true;
};

class DeliveryCode {
 public:
  static constexpr Millis time_max{3'000};
  static constexpr Millis patience{8'000};
  static constexpr std::size_t waiting_max = 16;
  static constexpr std::size_t output_bytes_max = 1024 * 1024;

  explicit DeliveryCode(FunctionEngine& functions) : functions_(functions) {}

  struct Asked {
    const ProjectId& project;
    const std::string& integration;
    const Webhook& webhook;
    const RawDelivery& raw;
    const DeliveryParts& parts;
    const SecretSource& secrets;
  };
  /// Errors: unauthorized (it threw), overloaded (too many wait, or it had no turn in time), those of
  /// FunctionOutcome (a code that does not return what it should is function_output), those of `secrets`.
  Result<CodeVerdict> ask(const CodeCheck& check, const Asked& asked);

 private:
  FunctionEngine& functions_;
  std::atomic<std::int64_t> waiting_{0};
  ProjectPlaces places_{waiting_};
};

}  // namespace millrace
