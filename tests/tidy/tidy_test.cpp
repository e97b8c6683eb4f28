// Rules that matter are tests: who may include whom, and what never appears in the sources. A finding
// names the cure.

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path root = MILLRACE_SOURCE_DIR;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// C++ sources below `folder`, as paths relative to the repository.
std::vector<std::string> sources(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".h" || extension == ".cpp") {
      files.push_back(fs::relative(entry.path(), root).generic_string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool starts_with_any(const std::string& text, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const auto& prefix) { return text.rfind(prefix, 0) == 0; });
}

using Rules = std::map<std::string, std::vector<std::string>>;

Rules include_rules() {
  Rules rules;
  for (const auto& line : lines_of(read(root / "tests/tidy/include_rules.txt"))) {
    if (line.empty() || line[0] == '#') continue;
    const auto colon = line.find(':');
    std::istringstream words(line.substr(colon + 1));
    auto& allowed = rules[line.substr(0, colon)];
    for (std::string word; words >> word;) allowed.push_back(word);
  }
  return rules;
}

/// The rule of the longest folder that contains `file`, and that folder.
std::pair<std::string, std::vector<std::string>> rule_for(const Rules& rules,
                                                          const std::string& file) {
  std::pair<std::string, std::vector<std::string>> best;
  for (const auto& [folder, allowed] : rules) {
    if (file.rfind(folder + "/", 0) == 0 && folder.size() >= best.first.size()) {
      best = {folder, allowed};
    }
  }
  return best;
}

const std::vector<std::string> product = {"runtime", "storage", "actors", "http"};

}  // namespace

TEST_CASE("every include stays inside the layering that the rules allow") {
  const Rules rules = include_rules();
  // Std headers have no dot and no slash.
  const std::regex include(R"(^\s*#include\s+[<"]([^>"]+)[>"])");
  std::string findings;
  for (const auto& folder : product) {
    for (const auto& file : sources(folder)) {
      const auto [owner, allowed] = rule_for(rules, file);
      for (const auto& line : lines_of(read(root / file))) {
        std::smatch match;
        if (!std::regex_search(line, match, include)) continue;
        const std::string target = match[1];
        const bool standard =
            target.find('.') == std::string::npos && target.find('/') == std::string::npos;
        if (standard || target.rfind(owner + "/", 0) == 0 || starts_with_any(target, allowed)) {
          continue;
        }
        findings += file + " includes " + target + ", which " + owner + " may not\n";
      }
    }
  }
  INFO(findings);
  CHECK(findings.empty());
}

TEST_CASE("no two folders of a library include each other, directly or around others") {
  const std::regex include(R"re(^\s*#include\s+"([^"]+)")re");
  std::string findings;
  for (const auto& library : product) {
    std::map<std::string, std::set<std::string>> uses;
    for (const auto& file : sources(library)) {
      const std::string folder = fs::path(file).parent_path().generic_string();
      for (const auto& line : lines_of(read(root / file))) {
        std::smatch match;
        if (!std::regex_search(line, match, include)) continue;
        const std::string target = fs::path(match[1].str()).parent_path().generic_string();
        const bool is_ours = target == library || target.rfind(library + "/", 0) == 0;
        if (is_ours && target != folder) uses[folder].insert(target);
      }
    }
    // Folders that use no other one that is left come off; what stays is in a cycle or above one.
    for (bool found = true; found;) {
      found = false;
      for (auto folder = uses.begin(); folder != uses.end();) {
        const bool is_free =
            std::none_of(folder->second.begin(), folder->second.end(),
                         [&](const std::string& used) { return uses.count(used) != 0; });
        folder = is_free ? uses.erase(folder) : std::next(folder);
        found = found || is_free;
      }
    }
    for (const auto& [folder, used] : uses) {
      for (const auto& each : used) {
        if (uses.count(each) != 0) findings += folder + " includes " + each + ": a cycle\n";
      }
    }
  }
  INFO(findings);
  CHECK(findings.empty());
}

TEST_CASE("gateway headers are free of the actor framework") {
  std::string findings;
  for (const auto& file : sources("actors/gateway")) {
    if (file.size() > 2 && file.substr(file.size() - 2) == ".h" &&
        read(root / file).find("#include <caf/") != std::string::npos) {
      findings += file + " includes CAF: move it to the .cpp\n";
    }
  }
  INFO(findings);
  CHECK(findings.empty());
}

TEST_CASE("no source holds a promise instead of code or a wait instead of a condition") {
  struct Banned {
    std::string text;
    std::string instead;
    std::vector<std::string> folders;
  };
  const std::string sleep = std::string("sleep_") + "for";
  const std::vector<Banned> banned = {
      {std::string("TO") + "DO",
       "do it, or write down as a limit what is missing",
       {"runtime", "storage", "actors", "http", "tests", "bench"}},
      {std::string("FIX") + "ME",
       "fix it",
       {"runtime", "storage", "actors", "http", "tests", "bench"}},
      {sleep,
       "wait for a condition, or move the manual clock",
       {"runtime", "storage", "actors", "http/api", "http/auth", "http/server", "tests/unit",
        "tests/scenarios", "tests/functional", "tests/crash"}},
      {"system_clock::now",
       "take a Clock in the constructor",
       {"storage", "actors", "http/api", "http/auth"}},
      {"#include <thread>", "runtime has no threads", {"runtime"}},
      {std::string("(behav") + "iour ",
       "refer to a page below docs/",
       {"runtime", "storage", "actors", "http", "tests", "bench"}},
  };
  std::string findings;
  for (const auto& each : banned) {
    for (const auto& folder : each.folders) {
      for (const auto& file : sources(folder)) {
        if (read(root / file).find(each.text) != std::string::npos) {
          findings += file + " has \"" + each.text + "\": " + each.instead + "\n";
        }
      }
    }
  }
  INFO(findings);
  CHECK(findings.empty());
}

TEST_CASE("every source file is built: named in a build file, or below a test suite's folder") {
  std::string build_files;
  std::vector<std::string> suites;  // folders whose sources are all built
  for (const auto& folder : {"runtime", "storage", "actors", "http", "tests", "bench"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.path().filename() != "CMakeLists.txt") continue;
      const std::string text = read(entry.path());
      build_files += text;
      if (text.find("millrace_test(") == std::string::npos || folder != std::string("tests"))
        continue;
      suites.push_back(fs::relative(entry.path().parent_path(), root).generic_string() + "/");
    }
  }
  std::erase(suites, "tests/");  // it only defines what a suite is
  const auto is_built = [&](const std::string& file) {
    const fs::path path(file);
    // A suite may take in a second folder.
    const std::string folder = "SOURCE_DIR}/" + path.parent_path().generic_string() + "\n";
    return build_files.find(path.filename().string()) != std::string::npos ||
           build_files.find(folder) != std::string::npos || starts_with_any(file, suites);
  };
  std::string findings;
  for (const auto& folder : {"runtime", "storage", "actors", "http", "tests", "bench"}) {
    for (const auto& file : sources(folder)) {
      if (fs::path(file).extension() == ".cpp" && !is_built(file)) {
        findings += file + " is built by nothing: add it or remove it\n";
      }
    }
  }
  INFO(findings);
  CHECK(findings.empty());
}

TEST_CASE("every path that the documentation links to exists") {
  const std::regex link(R"(\]\(([^)#:\s]+)(#[^)]*)?\))");
  std::string findings;
  std::vector<fs::path> pages = {root / "README.md"};
  for (const auto& folder : {"runtime", "storage", "actors", "http", "tests", "bench", "docs"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() == ".md" &&
          entry.path().string().find("node_modules") == std::string::npos) {
        pages.push_back(entry.path());
      }
    }
  }
  for (const auto& page : pages) {
    const std::string text = read(page);
    for (std::sregex_iterator match(text.begin(), text.end(), link), end; match != end; ++match) {
      const std::string target = (*match)[1];
      if (!fs::exists(page.parent_path() / target)) {
        findings += fs::relative(page, root).string() + " links to " + target + "\n";
      }
    }
  }
  INFO(findings);
  CHECK(findings.empty());
}
