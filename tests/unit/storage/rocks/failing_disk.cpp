#include "tests/unit/storage/rocks/failing_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>

namespace millrace::tests {
namespace {

using rocksdb::IOStatus;
using SharedState = std::shared_ptr<std::atomic<FailingDisk::State>>;

IOStatus verdict(const SharedState& state) {
  switch (state->load()) {
    case FailingDisk::State::well:
      return IOStatus::OK();
    case FailingDisk::State::full:
      return IOStatus::NoSpace("no space left");
    case FailingDisk::State::broken:
      break;
  }
  return IOStatus::IOError("input/output error");
}

class FailingFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FailingFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, SharedState state)
      : FSWritableFileOwnerWrapper(std::move(file)), state_(std::move(state)) {}

  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* context) override {
    if (auto status = verdict(state_); !status.ok()) return status;
    return FSWritableFileOwnerWrapper::Append(data, options, context);
  }
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  rocksdb::IODebugContext* context) override {
    if (auto status = verdict(state_); !status.ok()) return status;
    return FSWritableFileOwnerWrapper::Append(data, options, verification, context);
  }

 private:
  SharedState state_;
};

}  // namespace

class FailingDisk::Files final : public rocksdb::FileSystemWrapper {
 public:
  Files()
      : FileSystemWrapper(rocksdb::FileSystem::Default()),
        state_(std::make_shared<std::atomic<State>>(State::well)) {}

  const char* Name() const override { return "FailingDisk"; }
  void become(State state) { state_->store(state); }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           rocksdb::IODebugContext* context) override {
    if (auto status = verdict(state_); !status.ok()) return status;
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, context);
    if (status.ok()) *file = std::make_unique<FailingFile>(std::move(*file), state_);
    return status;
  }

 private:
  SharedState state_;
};

FailingDisk::FailingDisk()
    : files_(std::make_shared<Files>()), environment_(rocksdb::NewCompositeEnv(files_)) {}

FailingDisk::~FailingDisk() = default;

rocksdb::Env* FailingDisk::environment() { return environment_.get(); }

void FailingDisk::become(State state) { files_->become(state); }

}  // namespace millrace::tests
