// storage/tables/project_table.h over every store.

#include "storage/tables/project_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <set>

namespace millrace::tests {
namespace {

using storage::ProjectRow;
using storage::ProjectTable;
using storage::SigningKeyRow;
using storage::WorkflowRow;
using storage::WorkflowVersionRow;
using storage::WriteBatch;
using namespace std::string_literals;

const ProjectId project("project");

TEST_CASE("a project comes back with every field and all projects are listed", "[project_table]") {
  const auto store = any_store();
  const ProjectTable table(**store);
  WriteBatch batch;
  for (int i = 0; i < 40; ++i) {
    ProjectTable::put_project(batch, {ProjectId("project " + std::to_string(i)),
                                      "Name " + std::to_string(i), "hash", at(i)});
  }
  must_commit(**store, batch);
  const auto found = table.project(ProjectId("project 17"));
  REQUIRE((found.ok() && found->has_value()));
  CHECK((*found)->id.text == "project 17");
  CHECK((*found)->name == "Name 17");
  CHECK((*found)->api_key_hash == "hash");
  CHECK((*found)->created == at(17));
  CHECK(table.projects(ShardSet::all())->size() == 40);
  CHECK_FALSE(table.project(ProjectId("project 40"))->has_value());
}

TEST_CASE("an API key leads to its project and a project has a revision", "[project_table]") {
  const auto store = any_store();
  const ProjectTable table(**store);
  CHECK(*table.revision(project) == 0);
  CHECK_FALSE(*table.api_keys_are_indexed());
  WriteBatch batch;
  ProjectTable::put_api_key(batch, "hash 1", project);
  ProjectTable::put_api_key(batch, "hash 2", ProjectId("project2"));
  ProjectTable::put_api_keys_are_indexed(batch);
  ProjectTable::put_revision(batch, project, 7);
  must_commit(**store, batch);
  CHECK(table.project_of_api_key("hash 1")->value() == project);
  CHECK_FALSE(table.project_of_api_key("hash 3")->has_value());
  CHECK(*table.api_keys_are_indexed());
  CHECK(*table.revision(project) == 7);
  CHECK(*table.revision(ProjectId("project2")) == 0);
  WriteBatch removal;
  ProjectTable::remove_api_key(removal, "hash 1");
  must_commit(**store, removal);
  CHECK_FALSE(table.project_of_api_key("hash 1")->has_value());
}

TEST_CASE("the limits of a project come back, and are absent in rows without them",
          "[project_table]") {
  const auto store = any_store();
  const ProjectTable table(**store);
  const ProjectLimits limits{1, 2, 3, 4, 5, 6, 7};
  WriteBatch batch;
  ProjectTable::put_project(batch, {ProjectId("limited"), "n", "hash", at(1), limits});
  ProjectTable::put_project(batch, {ProjectId("free"), "n", "hash", at(1)});
  must_commit(**store, batch);
  CHECK((*table.project(ProjectId("limited")))->limits == limits);
  CHECK((*table.project(ProjectId("free")))->limits == ProjectLimits{});
}

TEST_CASE("signing keys belong to one project and go one by one", "[project_table]") {
  const auto store = any_store();
  const ProjectTable table(**store);
  WriteBatch batch;
  ProjectTable::put_signing_key(batch, project, {SigningKeyId("k1"), "pem 1"});
  ProjectTable::put_signing_key(batch, project, {SigningKeyId("k2"), "pem 2"});
  ProjectTable::put_signing_key(batch, ProjectId("project2"), {SigningKeyId("k3"), "pem 3"});
  must_commit(**store, batch);
  REQUIRE(table.signing_keys(project)->size() == 2);
  CHECK((*table.signing_keys(project))[1].kid.text == "k2");
  CHECK((*table.signing_keys(project))[1].pem == "pem 2");
  WriteBatch removal;
  ProjectTable::remove_signing_key(removal, project, SigningKeyId("k1"));
  must_commit(**store, removal);
  CHECK(table.signing_keys(project)->size() == 1);
}

TEST_CASE("a workflow keeps its versions when its draft changes or it is removed",
          "[project_table]") {
  const auto store = any_store();
  const ProjectTable table(**store);
  const WorkflowId id("workflow");
  WriteBatch batch;
  ProjectTable::put_workflow(batch, project, {id, R"({"steps":[]})", 300, 299, at(5)});
  for (const WorkflowVersion version : {300u, 1u, 299u, 2u}) {
    ProjectTable::put_version(batch, project, id,
                              {version, "definition " + std::to_string(version), at(version)});
  }
  must_commit(**store, batch);
  const auto found = table.workflow(project, id);
  REQUIRE((found.ok() && found->has_value()));
  CHECK((*found)->draft == R"({"steps":[]})");
  CHECK((*found)->latest_version == 300);
  CHECK((*found)->deployed_version == 299);
  CHECK((*found)->updated == at(5));

  const auto versions = table.versions(project, id);
  REQUIRE(versions->size() == 4);
  CHECK((*versions)[0].version == 1);
  CHECK((*versions)[3].version == 300);
  CHECK((*versions)[3].definition == "definition 300");
  CHECK((*table.version(project, id, 299))->deployed_at == at(299));
  CHECK_FALSE(table.version(project, id, 3)->has_value());

  WriteBatch removal;
  ProjectTable::remove_workflow(removal, project, id);
  must_commit(**store, removal);
  CHECK_FALSE(table.workflow(project, id)->has_value());
  CHECK(table.versions(project, id)->size() == 4);
}

TEST_CASE("ids of any bytes never collide or shadow each other", "[project_table]") {
  const auto store = any_store();
  const ProjectTable table(**store);
  // Each pair of (project, workflow) below would be the same bytes if ids were simply joined, or
  // cut at NUL, or ended by a byte that they may hold.
  const std::vector<std::string> ids{"a"s,       "a\0"s,      "a\0\0"s, "a\0\1"s, "a\0\1b"s,
                                     "a\0\xff"s, "\0"s,       "\0\0"s,  "\xff"s,  "\xff\xff"s,
                                     "\0\xff"s,  "\0\xff\1"s, "ab"s,    "b"s};
  WriteBatch batch;
  for (const auto& tenant : ids) {
    for (const auto& workflow : ids) {
      ProjectTable::put_workflow(batch, ProjectId(tenant),
                                 {WorkflowId(workflow), tenant + "|" + workflow, 0, 0, at(0)});
    }
  }
  must_commit(**store, batch);
  for (const auto& tenant : ids) {
    CHECK(table.workflows(ProjectId(tenant))->size() == ids.size());
    for (const auto& workflow : ids) {
      const auto row = table.workflow(ProjectId(tenant), WorkflowId(workflow));
      REQUIRE((row.ok() && row->has_value()));
      CHECK((*row)->id.text == workflow);
      CHECK((*row)->draft == tenant + "|" + workflow);
    }
  }
}

}  // namespace
}  // namespace millrace::tests
