#pragma once
// What a test run begins with, by the kind of the workflow's trigger: a request, a delivery or the output itself
// (`payload`). Content is `{"request": {"headers","params","body","file"}}` or `{"payload": any}`, as a test is
// given it and as test data keeps it. Pure.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/integrations/credential.h"
#include "runtime/integrations/integration.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// How the workflow is started, and so what a test of it is given.
enum class TestedWith : std::uint8_t {
  request,  // a request's `trigger.request`, or of a webhook `trigger.result`
  payload,  // what an app event brings along
  record,   // what a poll finds, as a `payload`
  nothing,  // it makes its output itself: schedules and accounts; a `payload` takes its place
};
TestedWith tested_with(std::string_view trigger_kind);
/// True if a test may have a `payload`: of triggers that integrations offer, some are polled.
bool may_have_payload(std::string_view trigger_kind);

/// The trigger's output for the `payload` of a test.
Json test_payload_output(const Json& payload, std::string_view trigger_kind);

/// `request` of content: no other members, and what comes over the wire as text is text. Error: invalid_request.
Outcome check_test_request(const JsonObject& request);

/// A trigger's output for a given `request` of a test: headers, params and body, those left out empty.
/// `trigger_kind` is TriggerKind::type; of webhooks the body is the one event.
Json test_request_output(const JsonObject& given, std::string_view trigger_kind);

/// The output of a trigger of an account. The account may be made up.
Json test_account_output(const Credential& account, const std::vector<std::string>& scopes,
                         std::string_view trigger_kind);

/// The trigger's output for test data. What was caught for one kind of trigger serves the others: the body of a
/// request is the payload of an event, and a payload the body of a request. Of an envelope it is the first event
/// that the trigger means. `definition` is the workflow's draft.
Json output_of_test_data(const JsonObject& content, const Json& definition,
                         std::string_view trigger_kind, const IntegrationCatalog& catalog);

/// Content as it is shown: headers that prove who somebody is are masked.
Json shown_test_data(Json content);

}  // namespace millrace
