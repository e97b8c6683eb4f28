// Rendering, as each step does before it runs: 100 fields of 90 bytes, some or all of them
// references into an earlier step's output.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/progress.h"
#include "bench/sample.h"
#include "runtime/templates/template.h"

namespace millrace::bench {
namespace {

constexpr int fields = 100;
constexpr std::size_t field_bytes = 90;
constexpr int batches = 20;
constexpr int renders_per_batch = 1'000;
constexpr double us_floor = 20;

/// Whatever the reference's root is, it means this one step's output.
class OneStepScope final : public Scope {
 public:
  const Json& root_value(const Reference&) const override { return output_; }

 private:
  const Json output_ = JsonObject{{"result", JsonObject{{"text", std::string(field_bytes, 'y')}}}};
};

Template compiled(int references_every) {
  JsonObject object;
  for (int i = 0; i < fields; ++i) {
    const bool is_reference = i % references_every == 0;
    object["field" + std::to_string(i)] =
        is_reference ? std::string("{{step.result.text}}") : std::string(field_bytes, 'x');
  }
  return must(Template::compile(object, ""));
}

Sample us_per_render(const Template& text) {
  const OneStepScope scope;
  Sample sample;
  for (int batch = 0; batch < batches; ++batch) {
    std::size_t members = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < renders_per_batch; ++i) members += text.render(scope).as_object().size();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    expect(members == std::size_t{fields} * renders_per_batch, "a render lost a field");
    sample.add(took.count() / renders_per_batch);
  }
  return sample;
}

}  // namespace

BenchReport template_bench(const BenchOptions&) {
  BenchReport report;
  report.name = "template";
  report.title = "rendering an object of about 10 KB";
  report.columns = {"references", "least us", "median us", "p90 us"};
  JsonArray points;
  for (const int every : {10, 1}) {
    const Sample sample = us_per_render(compiled(every));
    progress("template: " + fixed(sample.median(), 2) + " us");
    report.rows.push_back({std::to_string(fields / every) + " of " + std::to_string(fields),
                           fixed(sample.smallest(), 2), fixed(sample.median(), 2),
                           fixed(sample.p90(), 2)});
    points.push_back(JsonObject{{"references", fields / every},
                                {"usLeast", sample.smallest()},
                                {"usMedian", sample.median()},
                                {"usP90", sample.p90()}});
    report.floors.push_back({"us with " + std::to_string(fields / every) + " references, median",
                             Floor::Kind::at_most, us_floor, sample.median()});
  }
  report.json = {{"points", std::move(points)}};
  return report;
}

}  // namespace millrace::bench
