#include "http/cli/check_folder.h"

#include "http/cli/output.h"
#include "runtime/definitions/compile_workflow.h"
#include "runtime/definitions/compiled_form.h"
#include "runtime/integrations/integration_set.h"
#include "runtime/integrations/stored_integration.h"

namespace millrace {
namespace {

/// What is in the compiled form is translated first.
Result<std::shared_ptr<const Workflow>> compile_file(const WorkflowFile& file,
                                                     const ProjectId& project,
                                                     const IntegrationSet& catalog,
                                                     FunctionEngine* functions) {
  const WorkflowIdentity identity{project, file.id, WorkflowVersion(0)};
  if (!is_compiled_form(file.definition)) {
    return compile_workflow(file.definition, identity, &catalog, functions);
  }
  const auto translated = translate_compiled_form(file.definition);
  if (!translated) return translated.error();
  return compile_workflow(*translated, identity, &catalog, functions);
}

void append(FileFindings& all, FileFindings some) {
  for (auto& finding : some) all.push_back(std::move(finding));
}

}  // namespace

FolderCheck check_folder(const ProjectFolder& folder, const MakeFunctionEngine& make_engine) {
  FolderCheck check;
  check.findings = folder.findings;
  std::unique_ptr<FunctionEngine> functions;
  if (!folder.workflows.empty()) {
    auto made = make_engine();
    if (made) functions = std::move(*made);
    if (!made) check.why_no_javascript = made.error().message;
  }
  IntegrationSet catalog;  // what the folder's workflows may name
  for (const auto& file : folder.integrations) {
    if (auto put = catalog.put(file.type, file.definition); !put) {
      append(check.findings, locate(file, put.error()));
      // Its workflows are held against what can be read of it: one mistake hides no others.
      auto read = compile_stored_integration(file.type, file.definition);
      if (read) catalog.put(std::move(*read));
    }
  }
  for (const auto& file : folder.workflows) {
    const auto compiled =
        compile_file(file, ProjectId(folder.project_id), catalog, functions.get());
    if (!compiled) append(check.findings, locate(file, compiled.error()));
  }
  sort_findings(check.findings);
  return check;
}

}  // namespace millrace
