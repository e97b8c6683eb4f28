#include "storage/tables/admission_table.h"

#include "runtime/base/limits.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/tables/file_chunks.h"
#include "storage/tables/read_rows.h"

#include <algorithm>
#include <utility>

namespace millrace::storage {
namespace {

using keys::WaitingTriggerPart;

constexpr std::uint8_t record_version = 1;
constexpr std::size_t digest_bytes = 32;
constexpr std::size_t id_bytes = sizeof(ExecutionId::bytes);
constexpr std::size_t number_bytes = 8;

void append_number(std::string& bytes, std::uint64_t number) {
  for (std::size_t i = 0; i < number_bytes; ++i) {
    bytes.push_back(static_cast<char>(number >> (8 * i)));
  }
}

std::uint64_t number_at(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < number_bytes; ++i) {
    number |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
  }
  return number;
}

Error corrupt(const char* what) { return {ErrorCode::corrupt_data, what}; }

// --- lines ----------------------------------------------------------------------------------------

/// As it is stored: texts, numbers and times.
struct StoredLine {
  AdmissionLineRow row;
  std::uint8_t stage = 0;
  std::string starts;   // 8 bytes each, little endian
  std::string running;  // 16 bytes, or empty
};

constexpr auto line_fields = [](auto& record, auto& stored) {
  auto& row = stored.row;
  record.text(1, row.project.text);
  record.text(2, row.user.text);
  record.text(3, row.digest);
  record.text(4, row.workflow.text);
  record.text_if_any(5, row.account);
  record.number(6, stored.stage);
  record.text_if_any(7, row.key);
  record.number_if_any(8, row.first);
  record.number_if_any(9, row.next);
  record.number_if_any(10, row.bytes);
  record.time(11, row.since);
  record.time(12, row.last);
  record.text_if_any(13, stored.starts);
  record.text_if_any(14, stored.running);
  record.text_if_any(15, row.holder.line);
  record.number_if_any(16, row.holder.number);
  record.number_if_any(17, row.looks);
  record.time(18, row.wake);
};

StoredLine stored_form(const AdmissionLineRow& row) {
  StoredLine stored{row, static_cast<std::uint8_t>(row.stage), {}, {}};
  for (const Instant start : row.starts) {
    append_number(stored.starts, static_cast<std::uint64_t>(start.time_since_epoch().count()));
  }
  if (row.running != ExecutionId{}) {
    stored.running.assign(row.running.bytes.begin(), row.running.bytes.end());
  }
  return stored;
}

Result<AdmissionLineRow> decode_line(std::string_view bytes) {
  auto stored = read_record<StoredLine>(bytes, "admission line", record_version, line_fields);
  if (!stored) return stored.error();
  AdmissionLineRow row = std::move(stored->row);
  const auto stage = admission_stage(stored->stage);
  const bool is_line = stage && row.digest.size() == digest_bytes && row.first <= row.next &&
                       stored->starts.size() % number_bytes == 0 &&
                       (row.holder.line.empty() || row.holder.line.size() == digest_bytes) &&
                       (stored->running.empty() || stored->running.size() == id_bytes);
  if (!is_line) return corrupt("an admission line holds what is none of its values");
  row.stage = *stage;
  for (std::size_t at = 0; at < stored->starts.size(); at += number_bytes) {
    const std::uint64_t ms = number_at(std::string_view(stored->starts).substr(at));
    row.starts.emplace_back(Millis(static_cast<std::int64_t>(ms)));
  }
  std::copy(stored->running.begin(), stored->running.end(), row.running.bytes.begin());
  return row;
}

std::string key_of(const AdmissionLineRow& row) {
  return keys::admission_line(row.project, row.user, row.digest);
}

// --- triggers -------------------------------------------------------------------------------------

struct StoredTrigger {
  WaitingTriggerRow row;
  std::string files;  // hash and size of each: 40 bytes
};

constexpr std::size_t file_bytes = std::tuple_size_v<decltype(FileHandle::hash)> + number_bytes;

constexpr auto trigger_fields = [](auto& record, auto& stored) {
  auto& row = stored.row;
  record.text(1, row.project.text);
  record.text(2, row.user.text);
  record.text(3, row.at.line);
  record.number(4, row.at.number);
  record.text(5, row.output);
  record.text_if_any(6, stored.files);
  record.text_if_any(7, row.trace);
  record.time(8, row.received);
  record.number(9, row.triggers);
  record.text_if_any(10, row.singleton);
  record.number_if_any(11, row.waited);
  record.number(12, row.bytes);
  record.number_if_any(13, row.is_batch);
};

StoredTrigger stored_form(const WaitingTriggerRow& row) {
  StoredTrigger stored{row, {}};
  for (const FileHandle& file : row.files) {
    stored.files.append(file.hash.begin(), file.hash.end());
    append_number(stored.files, file.size);
  }
  return stored;
}

Result<WaitingTriggerRow> decode_trigger(std::string_view bytes) {
  auto stored =
      read_record<StoredTrigger>(bytes, "waiting trigger", record_version, trigger_fields);
  if (!stored) return stored.error();
  WaitingTriggerRow row = std::move(stored->row);
  const std::string_view files = stored->files;
  const bool is_trigger = row.at.line.size() == digest_bytes && files.size() % file_bytes == 0 &&
                          (row.singleton.empty() || row.singleton.size() == digest_bytes);
  if (!is_trigger) return corrupt("a waiting trigger holds what is none of its values");
  for (std::size_t at = 0; at < files.size(); at += file_bytes) {
    FileHandle& file = row.files.emplace_back();
    std::copy_n(files.begin() + static_cast<std::ptrdiff_t>(at), file.hash.size(),
                file.hash.begin());
    file.size = number_at(files.substr(at + file.hash.size()));
  }
  return row;
}

}  // namespace

void AdmissionTable::put(WriteBatch& batch, const AdmissionLineRow& row) {
  batch.put(key_of(row), write_record(record_version, stored_form(row), line_fields));
}

void AdmissionTable::remove(WriteBatch& batch, const AdmissionLineRow& row) {
  batch.remove(key_of(row));
}

WakeRow AdmissionTable::wake_of(const AdmissionLineRow& row, Instant due) {
  return {due, WakeTarget::admission, key_of(row), shard_of(row.project, row.user)};
}

void AdmissionTable::put(WriteBatch& batch, const WaitingTriggerRow& row) {
  batch.put(
      keys::waiting_trigger(row.project, row.user, row.at.line, row.at.number),
      write_record(record_version, stored_form(row), trigger_fields, row.output.size() + 512));
}

void AdmissionTable::put_file(WriteBatch& batch, const WaitingTriggerRow& of,
                              const FileHandle& file, std::string_view bytes) {
  put_file_chunks(
      batch,
      [&](std::uint32_t chunk) {
        return keys::waiting_file_chunk(of.project, of.user, of.at.line, of.at.number, file.hash,
                                        chunk);
      },
      bytes);
}

void AdmissionTable::remove(WriteBatch& batch, const WaitingTriggerRow& row) {
  batch.remove(keys::waiting_trigger(row.project, row.user, row.at.line, row.at.number));
  for (const FileHandle& file : row.files) {
    // Each by its key: a range removal would be passed by every later read of the line.
    const std::uint64_t chunks = std::max<std::uint64_t>(
        1, (file.size + limits::file_chunk_bytes - 1) / limits::file_chunk_bytes);
    for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
      batch.remove(keys::waiting_file_chunk(row.project, row.user, row.at.line, row.at.number,
                                            file.hash, static_cast<std::uint32_t>(chunk)));
    }
  }
}

Result<std::optional<AdmissionLineRow>> AdmissionTable::find(const ProjectId& project,
                                                             const UserId& user,
                                                             std::string_view digest) const {
  return find(keys::admission_line(project, user, digest));
}

Result<std::optional<AdmissionLineRow>> AdmissionTable::find(const std::string& key) const {
  return read_one<AdmissionLineRow>(store_, key, decode_line);
}

Result<std::vector<AdmissionLineRow>> AdmissionTable::of_user(const ProjectId& project,
                                                              const UserId& user) const {
  return read_all<AdmissionLineRow>(store_, keys::admission_lines(project, user), decode_line);
}

Outcome AdmissionTable::visit(const ShardSet& shards, const Visit& each) const {
  return visit_shards<AdmissionLineRow>(store_, shards, keys::admission_lines, decode_line, each);
}

Outcome AdmissionTable::visit(const ShardSet& shards, const ProjectId& project,
                              const Visit& each) const {
  std::vector<KeyRange> ranges;
  for (const ShardId shard : shards) ranges.push_back({keys::admission_lines(shard, project)});
  return visit_cursor<AdmissionLineRow>(*store_.scan_many(std::move(ranges), {}), decode_line,
                                        each);
}

Result<std::optional<WaitingTriggerRow>> AdmissionTable::find_trigger(const ProjectId& project,
                                                                      const UserId& user,
                                                                      const PlaceInLine& at) const {
  return read_one<WaitingTriggerRow>(
      store_, keys::waiting_trigger(project, user, at.line, at.number), decode_trigger);
}

Result<SharedBytes> AdmissionTable::file(const WaitingTriggerRow& of,
                                         const FileHandle& file) const {
  auto bytes = read_file_chunks(
      store_, keys::waiting_file(of.project, of.user, of.at.line, of.at.number, file.hash),
      file.size);
  if (!bytes) return bytes.error();
  if (!*bytes || (*bytes)->size() != file.size) {
    return corrupt("a file of a waiting trigger is not there");
  }
  return SharedBytes(std::make_shared<const std::string>(std::move(**bytes)));
}

Outcome AdmissionTable::remove_user(WriteBatch& batch, const ProjectId& project,
                                    const UserId& user) const {
  const auto lines = of_user(project, user);
  if (!lines) return lines.error();
  for (const AdmissionLineRow& line : *lines) {
    remove(batch, line);
    if (line.wake != Instant{}) WakeTable::remove(batch, wake_of(line, line.wake));
  }
  for (const auto part : {WaitingTriggerPart::trigger, WaitingTriggerPart::file}) {
    batch.remove_prefix(keys::waiting_triggers(project, user, part));
  }
  return Done{};
}

}  // namespace millrace::storage
