#pragma once
// Whole workflows in the compiled form, for tests of its translation and as seeds of fuzz tests.

#include "runtime/base/json.h"

#include <string>
#include <utility>
#include <vector>

namespace millrace {

/// A request, a function, a conditional with a map in one branch, and a response behind both.
inline const char* const compiled_lead_flow = R"json({
  "id": "5b3d9c1e-0000-4000-8000-000000000001", "name": "Lead flow", "inputs": [], "hidden": false,
  "steps": [
    {"id": "0a000000-0000-4000-8000-000000000000", "type": "TRIGGER/ENDPOINT",
     "parameters": {"httpMethod": "POST", "path": "5b3d9c1e", "allowArbitraryPayload": false,
       "paramValidations": [], "headerValidations": [],
       "bodyValidations": [{"key": "email", "dataType": "STRING", "required": true}]},
     "next": ["1a000000-0000-4000-8000-000000000000"]},
    {"id": "1a000000-0000-4000-8000-000000000000", "type": "ACTION/FUNCTION",
     "description": "Normalise",
     "parameters": {"code": "function f(p) { return { tags: p.lead.tags, label: p.label }; }",
       "retryOnFailure": false,
       "parameters": [
         {"key": "lead", "source": {"type": "VARIABLE", "dataType": "ANY",
           "stepId": "0a000000-0000-4000-8000-000000000000", "path": ["request", "body"]}},
         {"key": "label", "source": {"type": "TOKENIZED", "dataType": "ANY", "parts": [
           {"type": "VALUE", "dataType": "STRING", "value": "{{new}} "},
           {"type": "VARIABLE", "stepId": "0a000000-0000-4000-8000-000000000000",
            "path": ["request", "body", "email"]}]}}]},
     "next": ["2a000000-0000-4000-8000-000000000000"]},
    {"id": "2a000000-0000-4000-8000-000000000000", "type": "TRANSITION/IFELSE",
     "parameters": {"choices": [
       {"label": "Yes", "next": "3a000000-0000-4000-8000-000000000000", "conditionWrapper":
         {"type": "JOIN", "join": "OR", "conditions": [
           {"type": "JOIN", "join": "AND", "conditions": [
             {"type": "OPERATOR", "condition": {"operator": "$arrayIsNotEmpty",
               "variable": {"type": "VARIABLE", "path": ["result", "tags"],
                            "stepId": "1a000000-0000-4000-8000-000000000000"}}}]}]}},
       {"label": "No", "next": "5a000000-0000-4000-8000-000000000000"}]},
     "next": []},
    {"id": "3a000000-0000-4000-8000-000000000000", "type": "TRANSITION/MAP",
     "parameters": {"iterator": {"type": "VARIABLE", "path": ["result", "tags"],
                                 "stepId": "1a000000-0000-4000-8000-000000000000"},
       "nextToIterate": ["4a000000-0000-4000-8000-000000000000"]},
     "next": ["5a000000-0000-4000-8000-000000000000"]},
    {"id": "4a000000-0000-4000-8000-000000000000", "type": "ACTION/FUNCTION",
     "parameters": {"code": "({ tag }) => tag.toUpperCase()", "parameters": [
       {"key": "tag", "source": {"type": "VARIABLE", "path": ["instance"],
                                 "stepId": "3a000000-0000-4000-8000-000000000000"}}]},
     "next": []},
    {"id": "5a000000-0000-4000-8000-000000000000", "type": "ACTION/RESPONSE",
     "parameters": {"responseType": "JSON", "statusCode": 200, "body": [
       {"key": "label", "source": {"type": "VARIABLE", "path": ["result", "label"],
                                   "stepId": "1a000000-0000-4000-8000-000000000000"}},
       {"key": "tags", "source": {"type": "VARIABLE", "path": ["result"],
                                  "stepId": "4a000000-0000-4000-8000-000000000000"}}]},
     "next": []}]})json";

/// Conditionals in each other, one with three labels, a map in a map, a delay.
inline const char* const compiled_nested_flow = R"json({
  "name": "Nested", "steps": [
    {"id": "start", "type": "TRIGGER/ENDPOINT", "next": ["outer"],
     "parameters": {"allowArbitraryPayload": true}},
    {"id": "outer", "type": "TRANSITION/IFELSE", "parameters": {"choices": [
      {"label": "A", "next": "inner", "conditionWrapper": {"type": "OPERATOR", "condition":
        {"operator": "$stringContains",
         "variable": {"type": "VARIABLE", "stepId": "start", "path": ["request", "body", "k"]},
         "argument": {"type": "VALUE", "value": "a"}}}},
      {"label": "B", "next": "wait", "conditionWrapper": {"type": "OPERATOR", "condition":
        {"operator": "$numberGreaterThan",
         "variable": {"type": "VARIABLE", "stepId": "start", "path": ["request", "body", "n"]},
         "argument": {"type": "VALUE", "dataType": "NUMBER", "value": "5"}}}},
      {"label": "Else", "next": "last"}]}},
    {"id": "inner", "type": "TRANSITION/IFELSE", "parameters": {"choices": [
      {"label": "Yes", "next": "x", "conditionWrapper": {"type": "OPERATOR", "condition":
        {"operator": "$booleanTrue",
         "variable": {"type": "VARIABLE", "stepId": "start", "path": ["request", "body", "b"]}}}},
      {"label": "No", "next": "rows"}]}},
    {"id": "x", "type": "ACTION/FUNCTION", "next": ["y"], "parameters": {"code": "() => 1"}},
    {"id": "rows", "type": "TRANSITION/MAP", "next": ["y"], "parameters": {"nextToIterate": "cells",
      "iterator": {"type": "VARIABLE", "stepId": "start", "path": ["request", "body", "rows"]}}},
    {"id": "cells", "type": "TRANSITION/MAP", "next": ["row"], "parameters": {"nextToIterate": "cell",
      "iterator": {"type": "VARIABLE", "stepId": "rows", "path": ["instance"]}}},
    {"id": "cell", "type": "ACTION/FUNCTION", "parameters": {"code": "({ v }) => v", "parameters": [
      {"key": "v", "source": {"type": "VARIABLE", "stepId": "cells", "path": ["instance"]}}]}},
    {"id": "row", "type": "ACTION/FUNCTION", "parameters": {"code": "({ v }) => v", "parameters": [
      {"key": "v", "source": {"type": "VARIABLE", "stepId": "cell", "path": ["result", "0"]}}]}},
    {"id": "y", "type": "ACTION/FUNCTION", "next": ["last"], "parameters": {"code": "() => 2"}},
    {"id": "wait", "type": "TRANSITION/DELAY", "next": ["last"],
     "parameters": {"unit": "MINUTES", "value": {"type": "VALUE", "dataType": "NUMBER", "value": 5}}},
    {"id": "last", "type": "ACTION/RESPONSE", "parameters": {"statusCode": 201, "body": [
      {"key": "choice", "source": {"type": "VARIABLE", "stepId": "outer", "path": ["selectedChoice"]}},
      {"key": "cells", "source": {"type": "VARIABLE", "stepId": "cell", "path": ["result"]}}]}}]})json";

/// An event, requests of all kinds, an action, pagination.
inline const char* const compiled_request_flow = R"json({
  "name": "Requests", "description": "What goes out", "steps": [
    {"id": "ev", "type": "TRIGGER/EVENT", "parameters": {"eventName": "Contact Created"},
     "next": ["get"]},
    {"id": "get", "type": "ACTION/REQUEST", "next": ["post"], "parameters": {
      "httpMethod": "GET", "retryOnFailure": true, "ignoreFailure": true, "body": [],
      "url": {"type": "TOKENIZED", "dataType": "STRING", "parts": [
        {"type": "VALUE", "value": "https://a.example/c/"},
        {"type": "VARIABLE", "stepId": "ev", "path": ["contact", "odd key"]},
        {"type": "VALUE", "value": "?q="},
        {"type": "VARIABLE", "stepId": "ev", "path": ["contact", "email"]},
        {"type": "VALUE", "value": "&keep=1"}]},
      "params": [{"key": "q", "source": {"type": "VARIABLE", "stepId": "ev",
                                         "path": ["contact", "email"]}},
                 {"key": "", "source": {"type": "VALUE", "value": ""}}],
      "headers": [{"key": "x-user", "source": {"type": "CONNECT_CREDENTIAL_FIELD",
                                               "fieldType": "EXTERNAL_USER_ID"}}],
      "authorization": {"type": "bearer", "token": {"type": "TOKENIZED", "parts": [
        {"type": "ENVIRONMENT_SECRET", "environmentSecretId": "9f0c-key"}]}}}},
    {"id": "post", "type": "ACTION/REQUEST", "next": ["crm"], "parameters": {
      "httpMethod": "POST", "bodyType": "json",
      "url": {"type": "VALUE", "value": "https://a.example/"}, "params": [], "headers": [],
      "authorization": {"type": "auth_header", "headers": [
        {"key": "X-Key", "source": {"type": "VALUE", "value": "k"}}]},
      "body": [
        {"key": "plain", "source": {"type": "VALUE", "dataType": "ANY", "value": 7}},
        {"key": "nested", "source": {"type": "TOKENIZED", "dataType": "ANY", "parts": [
          {"type": "VALUE", "value": "{\"to\":\"", "dataType": "STRING"},
          {"type": "VARIABLE", "stepId": "get", "path": ["response", "body", "id"]},
          {"type": "VALUE", "value": "\",\"list\":[1,"},
          {"type": "PERSONA_METADATA", "path": ["Email"]},
          {"type": "VALUE", "value": "]}"}]}}]}},
    {"id": "crm", "type": "ACTION/CUSTOM_INTEGRATION_REQUEST", "next": ["add"], "parameters": {
      "actionType": "salesforce", "httpMethod": "GET", "params": [
        {"key": "page", "source": {"type": "SAME_STEP_REFERENCE", "name": "pageToken",
          "stepId": "crm", "path": ["paginationOptions", "pageToken"]}}],
      "url": {"type": "TOKENIZED", "parts": [{"type": "VALUE", "value": "/contacts?page="},
        {"type": "SAME_STEP_REFERENCE", "name": "pageToken", "stepId": "crm",
         "path": ["paginationOptions", "pageToken"]}]},
      "headers": [], "paginationOptions": {"enabled": true, "type": "TOKEN",
        "output": {"type": "TOKENIZED", "parts": [{"type": "VARIABLE", "stepId": "crm",
          "path": ["response", "body", "items"]}]},
        "pageToken": {"type": "TOKENIZED", "parts": [{"type": "VARIABLE", "stepId": "crm",
          "path": ["response", "body", "next"]}]},
        "stopCondition": {"type": "OPERATOR", "condition": {"operator": "$doesNotExist",
          "variable": {"type": "VARIABLE", "stepId": "crm", "path": ["response", "body", "next"]}}}}}},
    {"id": "add", "type": "ACTION/CUSTOM", "next": [], "parameters": {
      "actionType": "salesforce", "intent": "createContact", "credentials": [],
      "actionParameters": [{"key": "email", "source": {"type": "CONNECT_CREDENTIAL_FIELD",
        "fieldType": "WORKFLOW_SETTING", "inputId": "a b", "path": ["label"]}}]}}]})json";

inline std::vector<std::pair<std::string, Json>> compiled_samples() {
  return {{"lead flow", *parse_json(compiled_lead_flow)},
          {"nested flow", *parse_json(compiled_nested_flow)},
          {"request flow", *parse_json(compiled_request_flow)}};
}

}  // namespace millrace
