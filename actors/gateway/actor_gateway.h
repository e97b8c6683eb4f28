#pragma once
// Builds the actor system and opens its door. Free of CAF, like everything in this folder's headers.

#include <memory>

#include "actors/gateway/gateway.h"
#include "actors/node_services.h"

namespace millrace {

struct ActorGatewayDependencies {
  const storage::OrderedStore& store;
  storage::GroupCommit& commits;
  const ShardOwnership& ownership;
  Clock& clock;
  Random& random;
  FunctionEngine& functions;
  WorkflowLibrary& workflows;
  LogSink log;
  ActorOptions options;
};

class ActorGateway : public Gateway {
 public:
  virtual const ActorStats& stats() const = 0;
  /// Blocks until is_ready().
  virtual void wait_until_ready() = 0;
};

/// Starts actors, timers and recovery. The dependencies must outlive the gateway; destroying it stops
/// all actors where they are (their journals hold everything) and joins its threads.
std::unique_ptr<ActorGateway> make_actor_gateway(ActorGatewayDependencies dependencies);

}  // namespace millrace
