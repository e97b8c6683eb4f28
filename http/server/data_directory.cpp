#include "http/server/data_directory.h"

#include <cstdio>
#include <sys/stat.h>

namespace millrace {
namespace {

constexpr mode_t of_others = S_IRWXG | S_IRWXO;

}  // namespace

void make_files_for_owner_only() { ::umask(of_others); }

std::optional<std::string> find_open_to_others(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 || (status.st_mode & of_others) == 0) {
    return std::nullopt;
  }
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode & 07777));
  return "the data directory " + directory + " is open to other users of this machine (mode " +
         mode + "); close it with: chmod -R go= " + directory;
}

}  // namespace millrace
