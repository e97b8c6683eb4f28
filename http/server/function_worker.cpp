#include "http/server/function_worker.h"

#include "actors/functions/function_pool.h"

#include <filesystem>
#include <unistd.h>

namespace millrace {
namespace {

constexpr const char* function_worker_name = "millrace-function-worker";

}  // namespace

std::string function_worker_path(const std::string& given) {
  if (!given.empty()) return given;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const auto beside = folder / function_worker_name;
  if (std::filesystem::exists(beside)) return beside;
  const auto installed = folder.parent_path() / "lib/millrace" / function_worker_name;
  return std::filesystem::exists(installed) ? installed : beside;
}

Outcome check_function_worker_file(const std::string& path) {
  if (std::filesystem::is_regular_file(path) && ::access(path.c_str(), X_OK) == 0) return Done{};
  return Error(ErrorCode::invalid_request,
               "the function worker " + path +
                   " is missing or cannot be executed; build it or name it with --function-worker");
}

Result<std::unique_ptr<FunctionEngine>> make_checking_engine() {
  FunctionPoolOptions options;
  options.worker_binary = function_worker_path({});
  if (auto there = check_function_worker_file(options.worker_binary); !there) return there.error();
  options.workers_max = 1;
  options.spare_workers = 0;
  return std::unique_ptr<FunctionEngine>(std::make_unique<FunctionPool>(std::move(options)));
}

}  // namespace millrace
