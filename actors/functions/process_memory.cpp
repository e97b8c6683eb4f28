#include "actors/functions/process_memory.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <unistd.h>

namespace millrace {

std::size_t anonymous_bytes(pid_t process) {
  std::ifstream pages("/proc/" + std::to_string(process) + "/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  std::size_t of_files = 0;
  pages >> size >> resident >> of_files;
  return (resident - std::min(of_files, resident)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace millrace
