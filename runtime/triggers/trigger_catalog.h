#pragma once
// All kinds of triggers. A kind is one file of this folder: it says how its part of a definition is
// read, what the workflow sees of what started it, and what may start it. Whatever differs between
// kinds is asked of the kind: no other file names one, but for the doors through which the outside
// comes in (the request trigger's is http/api/request_trigger_api.h).

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/secrets/secret_text.h"
#include "runtime/templates/reference.h"
#include "runtime/triggers/trigger.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ObjectReader;
class Template;

/// One key of a trigger's output, for references: `trigger.KEY`.
struct TriggerOutput {
  std::string key;
  std::vector<std::string> inside;  // the keys below it; empty: any
};

struct TriggerKind {
  std::string_view type;          // in definitions and in index rows: stored, never changed
  std::string_view history_type;  // in the task history
  std::string_view started_by;    // "requests": who starts it, for messages
  /// Reads the kind's own keys; `type` is read already.
  void (*read)(ObjectReader& json, Trigger& trigger);
  /// The trigger's templates. They are rendered before there is a run.
  std::vector<Template*> (*templates)(Trigger& trigger);
  /// What these templates may refer to.
  std::span<const Reference::Root> roots;
  /// The keys of the output; none: it may have any.
  std::vector<TriggerOutput> (*outputs)(const Trigger& trigger);
  /// Under which name the workflow is looked up when something comes in, such as an event's. Empty
  /// if what comes in names the workflow itself. At most limits::id_bytes_max bytes.
  std::string (*name)(const Trigger& trigger);
  /// The output with which a run begins, of what came in: values as the trigger declares them, and
  /// nothing of the secrets that it was checked against.
  /// Errors: invalid_request, with what does not fit as details; those of `secrets`.
  Result<Json> (*receive)(const Trigger& trigger, Json output, const SecretSource& secrets);
  /// It starts for an account, so that its workflows name an integration.
  bool is_of_account = false;
  /// It comes from outside, so that a workflow may hold it back (its `admission`).
  bool may_wait = false;
};

// In the order of the alternatives of Trigger.
extern const TriggerKind request_trigger_kind;
extern const TriggerKind event_trigger_kind;
extern const TriggerKind webhook_trigger_kind;
extern const TriggerKind integration_trigger_kind;
extern const TriggerKind scheduler_trigger_kind;
extern const TriggerKind integration_enabled_trigger_kind;
extern const TriggerKind oauth_trigger_kind;
extern const TriggerKind poll_trigger_kind;
extern const TriggerKind resource_trigger_kind;

/// Null for a type that does not exist or is not supported yet.
const TriggerKind* find_trigger_kind(std::string_view type);
const TriggerKind& kind_of(const Trigger& trigger);

/// The supported types, for messages.
const std::vector<std::string>& trigger_types();

/// For kinds whose output is checked before it comes to them, if at all.
Result<Json> as_it_came(const Trigger& trigger, Json output, const SecretSource& secrets);

/// For kinds without templates.
std::vector<Template*> no_templates(Trigger& trigger);

}  // namespace millrace
