#include "actors/tree/node_actor.h"

#include "actors/supervision/crash_reason.h"
#include "actors/supervision/exit_reason.h"
#include "actors/tree/project_actor.h"

namespace millrace {

NodeActor::NodeActor(caf::actor_config& config, const NodeServices& services)
    : caf::event_based_actor(config), services_(services) {
  set_exception_handler(crash_reason);
  set_down_handler([this](caf::down_msg& message) { project_down(message); });
}

caf::behavior NodeActor::make_behavior() {
  return {
      [this](const StartRun& message) { pass(message.order->started.project, message); },
      [this](const ResumeRun& message) { pass(message.project, message); },
      [this](const TimerFired& message) { pass(message.timer.project, message); },
      [this](const CancelRun& message) { pass(message.project, message); },
      [this](const MigrateRun& message) { pass(message.project, message); },
      [this](const PlaceAsked& message) {
        const auto project = projects_.find(message.run.project);
        if (project == projects_.end()) {
          message.slot->give(std::nullopt);
        } else {
          send(project->second, message);
        }
      },
  };
}

void NodeActor::on_exit() {
  for (auto& [id, project] : projects_) send_exit(project, ExitReason::stopped);
  projects_.clear();
}

template <class Message>
void NodeActor::pass(const ProjectId& id, const Message& message) {
  caf::actor& project = projects_[id];
  if (!project) {
    project = spawn<ProjectActor, caf::monitored>(services_, id);
    project_of_[project.address()] = id;
  }
  send(project, message);
}

void NodeActor::project_down(const caf::down_msg& message) {
  const auto found = project_of_.find(caf::actor_cast<caf::actor_addr>(message.source));
  if (found == project_of_.end()) return;
  // The next message for the project spawns it anew; its runs come back with the recovery sweep.
  ++services_.stats.actor_crashes;
  services_.log(LogLevel::error,
                "project " + found->second.text + " crashed: " + caf::to_string(message.reason));
  projects_.erase(found->second);
  project_of_.erase(found);
}

}  // namespace millrace
