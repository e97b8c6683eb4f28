#pragma once
// A made-up build of the original platform, for tests of the import.

namespace millrace {

inline const char* const sample_build = R"json({
  "projectId": "b0000000-0000-4000-8000-000000000000",
  "buildHash": "abc",
  "persona": {"meta": {"Email": "a@example.com"}},
  "secrets": {"5ec00000-0000-4000-8000-000000000001": "CRM_KEY"},
  "events": {"e0000000-0000-4000-8000-000000000001":
    {"id": "e0000000-0000-4000-8000-000000000001", "name": "Contact Created",
     "sampleData": {"email": "a@example.com"}}},
  "resources": {"r1": {"name": "Our API"}},
  "integrations": {
    "crm": {
      "id": "10000000-0000-4000-8000-000000000000", "name": "CRM",
      "customTriggers": {"c1": {"name": "contactChanged"}},
      "config": {"id": "c0000000-0000-4000-8000-000000000000", "values": {
        "paragonLink": true, "description": "Sync contacts", "overview": "# All of it",
        "accentColor": "#123456",
        "sharedMeta": {"inputs": [
          {"id": "in-shared", "type": "TEXT_NO_VARS", "title": "Region", "required": true,
           "tooltip": "Where the account lives"}]},
        "workflowMeta": {
          "w0000000-0000-4000-8000-000000000001": {
            "id": "w0000000-0000-4000-8000-000000000001", "hidden": false, "defaultEnabled": true,
            "infoText": "Answers at once", "order": 1, "inputs": [
              {"id": "in-1", "type": "FIELD_MAPPER", "title": "Fields", "required": false},
              {"id": "in-2", "type": "PERMISSION", "title": "Who"}]},
          "w0000000-0000-4000-8000-000000000002": {
            "id": "w0000000-0000-4000-8000-000000000002", "hidden": true, "defaultEnabled": false,
            "inputs": [], "infoText": "", "order": 2}}}},
      "workflows": {
        "w0000000-0000-4000-8000-000000000001": {
          "id": "w0000000-0000-4000-8000-000000000001", "name": "Answer", "isDraft": false, "steps": [
            {"id": "t1", "type": "TRIGGER/ENDPOINT", "description": "On a request",
             "_migrations": {"name": "triggerStep"}, "next": ["f1"],
             "parameters": {"httpMethod": "POST", "path": "w", "allowArbitraryPayload": true}},
            {"id": "f1", "type": "ACTION/FUNCTION", "description": "Greet",
             "_migrations": {"name": "greet"}, "next": ["r1"],
             "parameters": {"code": "({ name }) => 'Hello ' + name", "parameters": [
               {"key": "name", "source": {"type": "VARIABLE", "stepId": "t1",
                                          "path": ["request", "body", "name"]}}]}},
            {"id": "r1", "type": "ACTION/RESPONSE", "description": "", "_migrations": {}, "next": [],
             "parameters": {"responseType": "JSON", "statusCode": 200, "body": [
               {"key": "greeting", "source": {"type": "VARIABLE", "stepId": "f1",
                                              "path": ["result"]}}]}}]},
        "w0000000-0000-4000-8000-000000000002": {
          "id": "w0000000-0000-4000-8000-000000000002", "name": "On contact", "isDraft": false,
          "steps": [
            {"id": "t2", "type": "TRIGGER/EVENT", "description": "", "_migrations": {}, "next": ["q1"],
             "parameters": {"eventId": "e0000000-0000-4000-8000-000000000001"}},
            {"id": "q1", "type": "ACTION/CUSTOM_INTEGRATION_REQUEST", "description": "Send",
             "_migrations": {}, "next": [], "parameters": {"actionType": "crm", "httpMethod": "POST",
               "url": {"type": "VALUE", "value": "contacts"}, "params": [], "bodyType": "json",
               "headers": [{"key": "X-Key", "source": {"type": "ENVIRONMENT_SECRET",
                 "environmentSecretId": "5ec00000-0000-4000-8000-000000000001"}}],
               "body": {"type": "VARIABLE", "stepId": "t2", "path": []}}}]},
        "w0000000-0000-4000-8000-000000000003": {
          "id": "w0000000-0000-4000-8000-000000000003", "name": "Random", "isDraft": true, "steps": [
            {"id": "t3", "type": "TRIGGER/ENDPOINT", "next": ["f3"],
             "parameters": {"allowArbitraryPayload": true}},
            {"id": "f3", "type": "ACTION/FUNCTION", "next": [], "parameters": {"code": "() => 1",
              "parameters": [{"key": "nonce", "source": {"type": "UUID_NONCE"}}]}}]},
        "w0000000-0000-4000-8000-000000000004": {
          "id": "w0000000-0000-4000-8000-000000000004", "name": "Round", "isDraft": true, "steps": [
            {"id": "t4", "type": "TRIGGER/ENDPOINT", "next": ["f4"],
             "parameters": {"allowArbitraryPayload": true}},
            {"id": "f4", "type": "ACTION/FUNCTION", "next": ["f4"],
             "parameters": {"code": "() => 1", "parameters": []}}]},
        "w0000000-0000-4000-8000-000000000005": {
          "id": "w0000000-0000-4000-8000-000000000005", "name": "Empty", "isDraft": true,
          "steps": []}}}}})json";

}  // namespace millrace
