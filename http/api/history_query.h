#pragma once
// The query parameters of lists, above all of the task history's, checked. A value that makes no
// sense is an error rather than ignored: a filter that silently does nothing gives wrong answers.

#include "actors/gateway/task_history.h"
#include "http/api/api_call.h"

namespace millrace {

/// What says which runs are meant: userId workflowId integration status beforeDate afterDate. One reader for the list's
/// query and the `filter` of a body. Error invalid_request names the parameter or the member.
enum class FilterIn : std::uint8_t { query, body };
Result<TaskHistory::Query> read_history_filter(const ProjectId& project, const FormFields& given,
                                               FilterIn where);
/// Of `filter`, at this member.
Error wrong_filter(const std::string& key, const std::string& message, std::string expected = {},
                   std::string nearest = {});

/// With these, offset after sortBy. Error invalid_request: likewise.
Result<TaskHistory::Query> read_history_query(const ApiCall& call);

/// from to userId workflowId integration status after: the runs that began between the two, the oldest first.
/// Without `to` up to `now`. Error invalid_request: likewise.
Result<TaskHistory::Query> read_export_query(const ApiCall& call, Instant now);

/// from to bucket workflowId. Without `to` up to `now`, without `from` the day before that, in hours. Error
/// invalid_request: likewise; or there would be too many buckets.
Result<TaskHistory::StatisticsQuery> read_statistics_query(const ApiCall& call, Instant now);

/// The query parameter `after` of the page behind this place.
std::string place_text(const TaskHistory::Place& place);

/// The query parameter `offset`; 0 when it is not given. Error invalid_request: not a whole number,
/// or more than `most`.
Result<std::size_t> read_offset(const ApiCall& call, std::optional<std::size_t> most = {});

/// The server's address as the client sees it: --public-url, else by the Host header; empty if that says
/// nothing either.
std::string own_address(const ApiCall& call, const ApiOptions& options);

/// A list's address with another offset, all filters kept. `after`: the entry behind which that page
/// begins, for lists that need not count up to it.
std::string page_link(const ApiCall& call, const ApiOptions& options, std::size_t offset,
                      const std::string& after = {});

}  // namespace millrace
