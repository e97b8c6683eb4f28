#pragma once
// What is wrong with a definition. Readers and checks only add to it, so that a user sees all
// findings at once.
//
// Rules become stricter with time, and what was accepted under milder ones goes on running: so a finding
// is one of two kinds. Most say that something is not allowed, although it is clear what it means; they
// refuse a new definition and none that is stored. An obstacle says that there is nothing to execute: a
// type that nobody knows, a value that could not be read. A reader that adds a finding which is no
// obstacle also returns what the value means.

#include "runtime/base/error.h"
#include "runtime/base/result.h"
#include "runtime/reading/strictness.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

class Findings {
 public:
  void push_back(ErrorDetail finding) { all_.push_back(std::move(finding)); }
  /// One that leaves nothing to execute.
  void add_obstacle(ErrorDetail finding) {
    obstacles_.push_back(all_.size());
    all_.push_back(std::move(finding));
  }

  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  ErrorDetail& operator[](std::size_t position) { return all_[position]; }
  const ErrorDetail& operator[](std::size_t position) const { return all_[position]; }
  const ErrorDetail& front() const { return all_.front(); }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }
  void clear();
  /// All of them, in the order in which they were found. Leaves none.
  std::vector<ErrorDetail> take();

  /// `invalid_definition` with those that refuse the definition, if any do.
  Outcome verdict(Strictness strictness) const;

 private:
  std::vector<ErrorDetail> all_;
  std::vector<std::size_t> obstacles_;  // their positions
};

/// One of them: where it is (`step` and JSON pointer), and what is wrong there.
ErrorDetail finding_at(std::string step, std::string pointer, std::string message,
                       std::string expected = {}, std::string got = {}, std::string nearest = {});

/// `invalid_definition` with all findings, which must not be empty.
Error invalid_definition(std::vector<ErrorDetail> findings);

}  // namespace millrace
