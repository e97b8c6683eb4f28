#pragma once
// The data directory is for the server's own user alone. Secrets in it are sealed, but payloads, files
// and histories of users are not, and the admin key lies there as text.

#include <optional>
#include <string>

namespace millrace {

/// From now on, what this process makes is open to nobody else: directories 0700, files 0600. Of the
/// whole process, so it is called at its start, before there are other threads.
void make_files_for_owner_only();

/// A sentence for the operator when other users of the machine may enter the directory; nothing when
/// they may not, or there is no such directory. Files below it are not looked at: they cannot be
/// reached then.
std::optional<std::string> find_open_to_others(const std::string& directory);

}  // namespace millrace
