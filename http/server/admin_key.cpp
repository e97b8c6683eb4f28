#include "http/server/admin_key.h"

#include "http/auth/base64url.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <unistd.h>

namespace millrace {
namespace {

Error failed(const std::string& what, const std::string& file) {
  return {ErrorCode::storage_failed,
          what + " " + file + ": " + std::generic_category().message(errno)};
}

}  // namespace

AdminKey make_admin_key(Random& random) {
  std::array<std::uint8_t, 24> bytes;
  random.fill(bytes);
  const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return {"mra_" + base64url_encode(view), {}};
}

Result<AdminKey> load_or_make_admin_key(const std::string& directory, Random& random) {
  std::error_code ignored;
  std::filesystem::create_directories(directory, ignored);
  const std::string file = directory + "/admin-key";
  std::string key;
  if (std::ifstream(file) >> key) return AdminKey{key, file};

  AdminKey made = make_admin_key(random);
  made.file = file;
  // O_EXCL: of two servers that start together, one makes the key and the other finds it.
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    if (errno == EEXIST) return failed("the file is empty or cannot be read:", file);
    return failed("cannot make", file);
  }
  const std::string line = made.key + "\n";
  const bool is_written =
      ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!is_written) return failed("cannot write", file);
  return made;
}

}  // namespace millrace
