#include "storage/rocks/space_probe.h"

#include <memory>

namespace millrace::storage {
namespace {

// More than opening writes: a manifest, an options file and the beginning of a log.
constexpr std::size_t probe_bytes = 4u << 20;

rocksdb::Status write_probe(rocksdb::Env& environment, const std::string& path) {
  std::unique_ptr<rocksdb::WritableFile> file;
  auto status = environment.NewWritableFile(path, &file, rocksdb::EnvOptions());
  if (status.ok()) status = file->Append(std::string(probe_bytes, 'p'));
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = file->Close();
  return status;
}

}  // namespace

bool can_write(rocksdb::Env& environment, const std::string& directory) {
  const std::string path = directory + "/space.probe";
  const auto written = write_probe(environment, path);
  // Nothing depends on the removal: the next probe overwrites what this one left.
  environment.DeleteFile(path).PermitUncheckedError();
  return written.ok();
}

}  // namespace millrace::storage
