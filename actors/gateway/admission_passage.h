#pragma once
// The triggers of one user on their way through their workflows' admission, up to one commit: see
// admission_door.h. Used by one thread. From the first trigger that may have to wait on it excludes others of the
// user, until it is destroyed.
//
//   Passage passage(door, project, user, std::move(batch));   batch: begun, and nothing read for it before
//   passage.admit(order)   for each
//   passage.commit()       or: put(), whatever else the commit says, done(its outcome)

#include "actors/gateway/admission_door.h"
#include "runtime/templates/scope.h"

namespace millrace {

class AdmissionDoor::Passage {
 public:
  Passage(AdmissionDoor& door, ProjectId project, UserId user, storage::WriteBatch batch);
  ~Passage();

  storage::WriteBatch& batch() { return batch_; }

  struct Started {
    ExecutionId execution;
    bool is_own = true;  // its order is the one that was given; false: a run of several triggers
  };
  using Passed = std::variant<Started, HeldBack>;
  /// Errors: admission_full, and those of the moment (overloaded, storage_failed, shard_moved), after which nothing
  /// may be committed.
  Result<Passed> admit(std::shared_ptr<RunOrder> order);

  /// The runs that begin with their own orders: known to nobody yet.
  const JointStarter::Orders& fresh() const { return fresh_; }
  /// Durable when it returns, and then the runs are on their way.
  Outcome commit();
  /// In two parts. `put` adds everything to the batch but the first rows of `fresh`.
  void put();
  void done(const Outcome& committed);

 private:
  friend class AdmissionDoor;
  using Workflow = std::shared_ptr<const millrace::Workflow>;

  /// A trigger, or several that have become one.
  struct Unit {
    storage::WaitingTriggerRow row;
    Json output;
    RunFiles files;
    std::string account;                     // on which it runs
    std::shared_ptr<const JsonObject> meta;  // of the user
    std::shared_ptr<RunOrder> order;         // its own; null: it has waited
    bool is_new = false;                     // it takes room
  };
  struct Line {
    storage::AdmissionLineRow row;
    std::optional<storage::AdmissionLineRow> before;  // on the disk
    Workflow workflow;                    // whose rules hold for it; null: nothing is live
    std::map<std::uint64_t, Unit> units;  // that came in this passage
    std::optional<Instant> soon{};        // something is left to do
  };
  void hold();
  Result<Line*> find_line(const std::string& digest);
  Result<Line*> line_for(const Unit& unit, const Workflow& workflow, AdmissionStage stage,
                         const Template& key);
  Outcome push(Line& line, Unit unit);
  Result<Unit> take(Line& line, std::uint64_t number);
  /// Nothing: nobody is left.
  Result<std::optional<Unit>> take_first(Line& line);
  Result<std::optional<Unit>> take_batch(Line& line);

  // The stages; each hands on to the next.
  Result<Passed> pass_debounce(Unit unit, const Workflow& workflow);
  Result<Passed> pass_batch(Unit unit, const Workflow& workflow);
  Result<Passed> let_batch_go(Line& line, const Workflow& workflow);
  Result<Passed> pass_singleton(Unit unit, const Workflow& workflow);
  Result<Passed> pass_throttle(Unit unit, const Workflow& workflow);
  Result<Passed> start(Unit unit, const Workflow& workflow);
  Result<Passed> take_over(Unit unit, Line& line);
  Result<Passed> not_placed(const Unit& unit, const Workflow& workflow, const Error& why);
  Result<Passed> drop(const Unit& unit, const Workflow& workflow, const Error& why);

  Result<Holder> holder_of(Line& line);
  Outcome give_place(const std::string& singleton, const ExecutionId& run);
  Outcome give_place(const std::string& singleton, const storage::PlaceInLine& waiting);
  Outcome free_place(const std::string& singleton);
  Result<std::shared_ptr<RunOrder>> order_of(Unit& unit, const Workflow& workflow);

  // Serving.
  Outcome serve(Line& line);
  Outcome serve_debounce(Line& line);
  Outcome serve_batch(Line& line);
  Outcome serve_singleton(Line& line);
  Outcome serve_throttle(Line& line);
  Outcome drop_all(Line& line, const Error& why);
  bool is_part_full() const;

  Instant soon() const;
  std::optional<Instant> next_look(Line& line);
  void put_line(Line& line);
  void note(const millrace::Workflow& workflow, Error why);

  AdmissionDoor& door_;
  const ProjectId project_;
  const UserId user_;
  storage::WriteBatch batch_;
  Instant now_;
  std::optional<KeyedLocks::Hold> hold_;
  std::map<std::string, Line> lines_;  // by digest
  JointStarter::Orders fresh_;
  JointStarter::Orders released_;  // of what has waited: acknowledged before
  std::set<ExecutionId> started_;
  std::size_t let_go_ = 0;

  struct Counted {
    std::int64_t triggers = 0;
    std::int64_t bytes = 0;
  };
  std::map<AdmissionStage, Counted> counted_;
  std::vector<storage::WakeRow> wakes_;
  std::vector<std::pair<ExecutionId, WorkflowId>> cancels_;
  std::vector<std::pair<EventLogEntry, Error>> notes_;
};

}  // namespace millrace
