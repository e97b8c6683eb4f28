#include "http/server/secrets_key.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>

namespace millrace {
namespace {

constexpr const char* variable = "MILLRACE_SECRETS_KEY";

Error failed(const std::string& what, const std::string& file) {
  return {ErrorCode::storage_failed,
          what + " " + file + ": " + std::generic_category().message(errno)};
}

Outcome write_durably(const std::string& file, const std::string& text) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed("cannot make", file);
  const bool is_written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!is_written) return failed("cannot write", file);
  return Done{};
}

/// Makes a rename in `directory` durable.
Outcome sync_directory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed("cannot open", directory);
  const bool is_synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!is_synced) return failed("cannot sync", directory);
  return Done{};
}

}  // namespace

std::string secrets_key_file_in(const std::string& directory) { return directory + "/secrets-key"; }

Result<storage::SealingKey> read_secrets_key(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return failed("cannot read the secrets key from", file);
  std::string text(std::istreambuf_iterator<char>(in), {});
  auto key = storage::SealingKey::parse(text);
  storage::wipe(text);
  if (key) return key;
  return Error(key.error().code, file + ": " + key.error().message);
}

Outcome write_secrets_key(const std::string& file, const storage::SealingKey& key) {
  const std::string temporary = file + ".new";
  std::string text = key.hex() + "\n";
  const auto written = write_durably(temporary, text);
  storage::wipe(text);
  if (!written) return written;
  if (std::rename(temporary.c_str(), file.c_str()) != 0) return failed("cannot replace", file);
  const auto directory = std::filesystem::path(file).parent_path();
  return sync_directory(directory.empty() ? "." : directory.string());
}

Result<std::optional<storage::SealingKey>> take_secrets_key_from_environment() {
  char* const value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return std::optional<storage::SealingKey>();
  std::string text(value);
  // What /proc shows of a process's environment is this very memory.
  for (char* c = value; *c != '\0'; ++c) *static_cast<volatile char*>(c) = 'x';
  ::unsetenv(variable);
  auto key = storage::SealingKey::parse(text);
  storage::wipe(text);
  if (!key) return Error(key.error().code, std::string(variable) + ": " + key.error().message);
  return std::optional(std::move(*key));
}

Result<SecretsKey> load_secrets_key(const std::string& key_file, const std::string& directory) {
  auto given = take_secrets_key_from_environment();
  if (!given) return given.error();
  if (!key_file.empty() && *given) {
    return Error(ErrorCode::invalid_request, std::string("--secrets-key-file and ") + variable +
                                                 " both name a secrets key: give one of them");
  }
  if (*given) return SecretsKey{std::move(**given), "the environment"};
  if (key_file.empty() && directory.empty()) {
    return SecretsKey{storage::SealingKey::make(), "memory alone", true};
  }
  const std::string file = key_file.empty() ? secrets_key_file_in(directory) : key_file;
  if (key_file.empty() && !std::filesystem::exists(file)) {
    auto made = storage::SealingKey::make();
    if (auto written = write_secrets_key(file, made); !written) return written.error();
    return SecretsKey{std::move(made), "the file " + file, true};
  }
  auto key = read_secrets_key(file);
  if (!key) return key.error();
  return SecretsKey{std::move(*key), "the file " + file};
}

}  // namespace millrace
