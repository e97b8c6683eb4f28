#include "http/server/project_tests/mocked_peers.h"

#include "http/server/project_tests/expectation.h"
#include "runtime/text/ascii_text.h"

namespace millrace {
namespace {

Json shown_body(const HttpRequest& request) {
  if (!request.parts.empty()) {
    JsonObject parts;
    for (const FormPart& part : request.parts) {
      const std::string& shown = part.file_name.empty() ? *part.bytes : part.file_name;
      parts[part.name] = Json(shown);
    }
    return parts;
  }
  if (request.body == nullptr) return nullptr;
  auto json = parse_json(*request.body);
  return json ? std::move(*json) : Json(*request.body);
}

JsonObject shown(const HttpRequest& request) {
  JsonObject headers;
  for (const HttpHeader& header : request.headers) {
    headers[lower_case(std::string_view(header.name))] = header.value;
  }
  return {{"method", request.method},
          {"url", request.url},
          {"headers", std::move(headers)},
          {"body", shown_body(request)}};
}

bool fits(const MockedAnswer& answer, const JsonObject& request) {
  return differences(*answer.request, request, "").empty();
}

}  // namespace

void MockedPeers::begin(std::map<std::string, MockedAnswers> mocks) {
  const std::lock_guard lock(mutex_);
  mocks_ = std::move(mocks);
  next_.clear();
  sent_.clear();
}

JsonObject MockedPeers::sent() const {
  const std::lock_guard lock(mutex_);
  JsonObject all;
  for (const auto& [step, requests] : sent_) all[step] = requests;
  return all;
}

HttpCaller::CallId MockedPeers::call(HttpRequest request, std::function<void(HttpOutcome)> done) {
  CallId id = 0;
  std::optional<HttpOutcome> outcome;
  {
    const std::lock_guard lock(mutex_);
    id = ++last_id_;
    JsonObject seen = shown(request);
    outcome = answer(request.step, seen);
    sent_[request.step].push_back(std::move(seen));
  }
  done(std::move(*outcome));
  return id;
}

HttpOutcome MockedPeers::answer(const std::string& step, const JsonObject& shown) {
  const auto mocked = mocks_.find(step);
  if (mocked == mocks_.end()) {
    return Error(ErrorCode::connection_failed, "nothing answers in a test: give the step \"" +
                                                   step + "\" an answer in \"mocks\"");
  }
  const MockedAnswer* chosen = nullptr;
  std::size_t& next = next_[step];
  std::size_t plain = 0;  // answers without `request` so far
  for (const MockedAnswer& each : mocked->second) {
    if (each.request) {
      if (!fits(each, shown)) continue;
      chosen = &each;
      break;
    }
    chosen = &each;
    if (plain++ == next) {
      ++next;
      break;
    }
  }
  if (chosen == nullptr) {
    return Error(ErrorCode::connection_failed,
                 "none of the answers that \"mocks\" has for the step \"" + step +
                     "\" is for this request: " + to_text(shown));
  }
  if (chosen->failure) return Error(*chosen->failure, "the test's mock says so");
  return HttpResponse{chosen->status, chosen->headers, chosen->body};
}

}  // namespace millrace
