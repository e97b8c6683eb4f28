#pragma once
// Several observers as one. They are told in order and outlive the list.

#include "actors/observation/run_observer.h"

#include <utility>
#include <vector>

namespace millrace {

class ObserverList final : public RunObserver {
 public:
  explicit ObserverList(std::vector<RunObserver*> observers) : observers_(std::move(observers)) {}

  void durable(const DurableEvents& durable) override {
    for (RunObserver* const each : observers_) each->durable(durable);
  }

 private:
  const std::vector<RunObserver*> observers_;
};

}  // namespace millrace
