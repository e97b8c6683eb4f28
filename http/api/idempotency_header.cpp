#include "http/api/idempotency_header.h"

#include "runtime/digests/sha256.h"

namespace millrace {
namespace {

constexpr const char* header = "Idempotency-Key";

std::string content_of(const ApiCall& call) {
  const std::string& target = call.http.target;
  const auto question_mark = std::min(target.find('?'), target.size());
  std::string said;
  for (const std::string& part :
       {call.http.method, target.substr(question_mark), call.http.get_header_value("Content-Type"),
        call.http.get_header_value("X-Paragon-Credential")}) {
    said += std::to_string(part.size()) + ':' + part;
  }
  // Of requests without it, as they have always been digested.
  const std::string configuration = call.http.get_header_value("X-Paragon-Configuration-Id");
  if (!configuration.empty()) said += std::to_string(configuration.size()) + ':' + configuration;
  const Sha256 digest = sha256(said += call.http.body);
  return {digest.begin(), digest.end()};
}

}  // namespace

Result<std::optional<Idempotency>> read_idempotency(const ApiCall& call) {
  const auto given = call.http.get_header_value_count(header);
  if (given == 0) return std::optional<Idempotency>();
  std::string key = call.http.get_header_value(header);
  if (given > 1 || key.empty() || key.size() > limits::idempotency_key_bytes_max) {
    return Error(ErrorCode::invalid_request, "an Idempotency-Key has 1 to " +
                                                 std::to_string(limits::idempotency_key_bytes_max) +
                                                 " characters, and a request has one of them");
  }
  return std::optional(Idempotency{std::move(key), content_of(call)});
}

}  // namespace millrace
