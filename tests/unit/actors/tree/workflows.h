#pragma once
// Step lists that several actor tests use.

#include <string>

namespace millrace {

inline std::string function_step(const std::string& id, const std::string& extra = "") {
  return R"({"id":")" + id + R"(","type":"function","code":"(p) => p",)" + extra +
         R"("parameters":{"in":"{{trigger.request.body}}"}})";
}

inline const std::string respond_ok =
    R"({"id":"ok","type":"response","statusCode":201,"body":{"got":"{{work.result}}"}})";

inline const std::string one_function = "[" + function_step("work") + "]";
inline const std::string one_function_and_response =
    "[" + function_step("work") + "," + respond_ok + "]";

inline std::string delay_step(const std::string& value, const std::string& unit) {
  return R"({"id":"wait","type":"delay","value":)" + value + R"(,"unit":")" + unit + "\"}";
}

inline std::string fan_out(const std::string& inner, const std::string& extra = "") {
  return R"({"id":"each","type":"fanOut","items":"{{trigger.request.body.items}}",)" + extra +
         R"("steps":[)" + inner + "]}";
}

inline const std::string element_function =
    R"({"id":"item","type":"function","code":"(p) => p","parameters":{"v":"{{each.instance}}"}})";

inline const std::string respond_items =
    R"({"id":"ok","type":"response","body":{"items":"{{item.result.v}}"}})";

}  // namespace millrace
