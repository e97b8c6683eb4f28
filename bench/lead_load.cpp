#include "bench/lead_load.h"

#include "bench/workflows.h"

namespace millrace::bench {
namespace {

constexpr std::size_t users = 64;

std::string lead_body(std::size_t number) {
  return R"({"email":"Lead.)" + std::to_string(number) +
         R"(@Example.COM","name":"Ada Byron","company":"Analytical Engines Ltd","phone":)"
         R"("+44 20 7946 0958","source":"web","tags":[" warm","fair ","spring"],"notes":)"
         R"("Asked for a call back on Tuesday; knows the product from a colleague."})";
}

bool is_lead_answer(const HttpAnswer& answer) {
  return answer.status == 200 && answer.body.find(R"(@example.com")") != std::string_view::npos &&
         answer.body.find(R"("tags":["warm","fair","spring"])") != std::string_view::npos;
}

}  // namespace

std::vector<std::string> lead_requests(const BenchProject& project, const std::string& path) {
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < users; ++i) {
    const std::string token = user_token(project, "user-" + std::to_string(i));
    requests.push_back(trigger_request({path, token, lead_body(i)}));
  }
  return requests;
}

LoadTarget lead_target(const ProductServer& server) {
  server.api().deploy(server.project(), "lead", lead_workflow());
  LoadTarget target;
  target.port = server.process().port();
  target.is_right = is_lead_answer;
  target.requests = lead_requests(server.project(), trigger_path(server.project(), "lead"));
  return target;
}

}  // namespace millrace::bench
