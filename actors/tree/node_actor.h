#pragma once
// The root of the tree on this node: parent of the project actors, and where mail from the gateway, the
// timer service and the recovery sweep comes in.

#include "actors/messages.h"
#include "actors/node_services.h"

#include <caf/all.hpp>

#include <unordered_map>

namespace millrace {

class NodeActor final : public caf::event_based_actor {
 public:
  NodeActor(caf::actor_config& config, const NodeServices& services);
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  template <class Message>
  void pass(const ProjectId& project, const Message& message);
  void project_down(const caf::down_msg& message);

  const NodeServices& services_;
  std::unordered_map<ProjectId, caf::actor> projects_;
  std::unordered_map<caf::actor_addr, ProjectId> project_of_;
};

}  // namespace millrace
