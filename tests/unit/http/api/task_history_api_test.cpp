// The task history over the API: filters, pages, limits, cancelling.

#include "storage/tables/execution_table.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const std::string path = "/projects/p1/task-history/workflow-executions";

/// `count` runs, one per second, of two users and two workflows in turn.
struct HistoryApi : ApiFixture {
  explicit HistoryApi(std::size_t count, ApiOptions options = {}) : ApiFixture(std::move(options)) {
    add_runs(count);
  }
  void add_runs(std::size_t count) {
    storage::WriteBatch batch;
    for (std::size_t more = 0; more < count; ++more) {
      const std::size_t i = ids.size();
      ExecutionSummary summary;
      summary.project = ProjectId("p1");
      summary.user = UserId(i % 2 == 0 ? "even" : "odd");
      summary.workflow = WorkflowId(i % 3 == 0 ? "third" : "other");
      summary.started = test_epoch + Millis(1'000 * static_cast<std::int64_t>(i));
      summary.id =
          ExecutionId::make(shard_of(summary.project, summary.user), summary.started, random);
      summary.status = i % 2 == 0 ? ExecutionStatus::succeeded : ExecutionStatus::executing;
      if (i % 2 == 0) summary.ended = summary.started + Millis(250);
      summary.tasks = 2;
      storage::ExecutionTable::put_summary(batch, summary);
      ids.push_back(summary.id.text());
    }
    REQUIRE(store().commit(batch).ok());
  }
  Answer list(const std::string& query = {}, ApiFixture::Headers headers = {}) {
    return call("GET", path + query, api_key, {}, headers);
  }
  std::vector<std::string> ids;

 private:
  SeededRandom random{11};
};

/// A link without where its page begins: what people read of it.
std::string shown_link(const Answer& answer) {
  std::string link(answer["nextLink"].as_string());
  const std::size_t begin = link.find("after=");
  if (begin != std::string::npos) link.erase(begin, link.find('&', begin) + 1 - begin);
  return link;
}

std::size_t rows(const Answer& answer) { return answer["workflowExecutions"].as_array().size(); }
const Json& row(const Answer& answer, std::size_t i) {
  return answer["workflowExecutions"].as_array()[i];
}

}  // namespace

TEST_CASE("a run is listed with the fields of the contract", "[http]") {
  HistoryApi api(1);
  const auto answer = api.list();
  REQUIRE(answer.status == 200);
  REQUIRE(rows(answer) == 1);
  const Json expected = JsonObject{{"id", api.ids[0]},
                                   {"userId", "even"},
                                   {"taskCount", 2},
                                   {"runDuration", 250},
                                   {"workflowId", "third"},
                                   {"workflowVersion", 0},
                                   {"integration", nullptr},
                                   {"status", "SUCCEEDED"},
                                   {"dateStarted", "2026-01-01T00:00:00.000Z"},
                                   {"dateEnded", "2026-01-01T00:00:00.250Z"}};
  CHECK(row(answer, 0) == expected);
  CHECK(answer["total"] == Json(1));
  CHECK(answer["nextLink"].is_null());
}

TEST_CASE("pages of a hundred are linked until the last, filters kept", "[http]") {
  HistoryApi api(250);
  const auto first = api.list("?sortBy=ASC", {{"Host", "flows.test:8080"}});
  CHECK(rows(first) == 100);
  CHECK(first["total"] == Json(250));
  CHECK(row(first, 0).at("id") == Json(api.ids[0]));
  CHECK(shown_link(first) == "http://flows.test:8080" + path + "?sortBy=ASC&offset=100");
  const auto last = api.list("?sortBy=ASC&offset=200");
  CHECK(rows(last) == 50);
  CHECK(last["nextLink"].is_null());
  CHECK(row(api.list(), 0).at("id") == Json(api.ids[249]));  // newest first
}

TEST_CASE("filters select by user, workflow, status and time", "[http]") {
  HistoryApi api(12);
  CHECK(api.list("?userId=even")["total"] == Json(6));
  CHECK(api.list("?workflowId=third")["total"] == Json(4));
  CHECK(api.list("?status=EXECUTING")["total"] == Json(6));
  CHECK(api.list("?status=FAILED")["total"] == Json(0));
  CHECK(api.list("?afterDate=2026-01-01T00:00:06Z")["total"] == Json(6));
  CHECK(api.list("?beforeDate=2026-01-01T00:00:06Z&userId=odd")["total"] == Json(3));
}

TEST_CASE("a filter that makes no sense is refused rather than ignored", "[http]") {
  HistoryApi api(0);
  for (const auto* query : {"?status=DONE", "?beforeDate=yesterday", "?offset=-1", "?offset=x",
                            "?offset=99999999999", "?sortBy=up"}) {
    INFO(query);
    const auto answer = api.list(query);
    CHECK(answer.status == 400);
    CHECK(answer.code() == "invalid_request");
  }
}

TEST_CASE("a link never carries a host that a client made up", "[http]") {
  HistoryApi api(101);
  const auto answer = api.list("", {{"Host", "a/b?\"<script>"}});
  CHECK(shown_link(answer) == path + "?offset=100");
  ApiOptions options;
  options.public_url = "https://flows.example.com";
  HistoryApi behind_proxy(101, options);
  CHECK(shown_link(behind_proxy.list()) == "https://flows.example.com" + path + "?offset=100");
}

TEST_CASE("a page's link leads to what follows it, also when runs have started since", "[http]") {
  HistoryApi api(250);
  const auto target = [](const Answer& answer) {
    const std::string link(answer["nextLink"].as_string());
    return link.substr(link.find('?'));
  };
  const auto first = api.list("?status=SUCCEEDED", {{"Host", "flows.test"}});
  REQUIRE(rows(first) == 100);
  api.add_runs(10);
  const auto second = api.list(target(first));
  CHECK(rows(second) == 25);
  CHECK(row(second, 0).at("id") == Json(api.ids[48]));  // even ones from 248 down to 50 came first
  CHECK(second["total"] == Json(130));
  CHECK(second["nextLink"].is_null());
  CHECK(api.list("?after=12").code() == "invalid_request");
  CHECK(api.list("?after=12.no-id").code() == "invalid_request");
  CHECK(api.list("?after=")["total"] == Json(260));
}

TEST_CASE("a user lists runs of his own and of nobody else", "[http]") {
  HistoryApi api(12);
  REQUIRE(api.put_key("main", first_keys().public_pem).status == 200);
  const auto mine = [&](const std::string& query) {
    return api.call("GET", "/projects/p1/sdk/executions" + query,
                    api.token(first_keys(), "odd", "main"));
  };
  CHECK(mine("")["total"] == Json(6));
  CHECK(row(mine("?sortBy=ASC"), 0).at("id") == Json(api.ids[1]));
  CHECK(mine("?workflowId=third")["total"] == Json(2));
  CHECK(mine("?userId=even").code() == "invalid_request");
  CHECK(mine("?status=DONE").code() == "invalid_request");
  CHECK(api.call("GET", "/projects/p1/sdk/executions").status == 401);
}

TEST_CASE("statistics are asked for with a time that makes sense", "[http]") {
  HistoryApi api(1);
  const std::string statistics = "/projects/p1/task-history/statistics";
  for (const auto* query : {"?from=2026-01-02&to=2026-01-01", "?from=2026-01-01&to=2026-01-01",
                            "?bucket=0s", "?bucket=often", "?bucket=1s", "?to=soon"}) {
    INFO(query);
    CHECK(api.call("GET", statistics + query, api.api_key).code() == "invalid_request");
  }
  // These rows have no index.
  CHECK(api.call("GET", statistics, api.api_key).status == 503);
}

TEST_CASE("a run of another project does not exist", "[http]") {
  HistoryApi api(1);
  const auto other_key = api.make_project("p2");
  const std::string foreign = "/projects/p2/task-history/workflow-executions/" + api.ids[0];
  CHECK(api.call("GET", foreign, other_key).status == 404);
  CHECK(api.call("GET", foreign + "/step-executions/one", other_key).status == 404);
  CHECK(api.call("GET", path + "/" + api.ids[0], other_key).status == 404);
  CHECK(api.call("GET", path + "/no-id", api.api_key).status == 404);
}

TEST_CASE("cancelling hands the run to the gateway", "[http]") {
  HistoryApi api(1);
  const auto answer = api.call("POST", path + "/" + api.ids[0] + "/cancel", api.api_key);
  CHECK(answer.status == 202);
  CHECK(answer["id"] == Json(api.ids[0]));
  REQUIRE(api.gateway.cancelled().size() == 1);
  CHECK(api.gateway.cancelled()[0].text() == api.ids[0]);
}

TEST_CASE("the task history answers a project's allowance and then 429", "[http]") {
  ApiOptions options;
  options.history_requests_max = 10;
  HistoryApi api(0, options);
  for (int i = 0; i < 10; ++i) CHECK(api.list().status == 200);
  const auto limited = api.list();
  CHECK(limited.status == 429);
  CHECK(limited.code() == "rate_limited");
  CHECK(limited.header("Retry-After") == "60");

  const auto other_key = api.make_project("p2");
  CHECK(api.call("GET", "/projects/p2/task-history/workflow-executions", other_key).status == 200);
  api.clock.advance(Millis(60'000));  // a tenth of the window: one request comes back
  CHECK(api.list().status == 200);
  CHECK(api.list().status == 429);
}

}  // namespace millrace
