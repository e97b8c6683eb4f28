#include "actors/functions/worker/thrown_value.h"

#include "actors/functions/worker/v8_text.h"
#include "runtime/base/limits.h"

#include <algorithm>

namespace millrace::worker {
namespace {

// More than is kept: the server takes secrets out first and cuts then.
constexpr std::size_t text_bytes_max = 64u << 10;
static_assert(text_bytes_max > 8 * limits::error_message_bytes_max);
constexpr std::size_t frames_max = 8;

std::string place(int line, int column) {
  // Column 0 is our own parenthesis before the user's first word.
  return "line " + std::to_string(line) + ", column " + std::to_string(std::max(column, 1));
}

bool is_user_script(v8::Isolate* isolate, v8::Local<v8::Value> name) {
  return !name.IsEmpty() && name->IsString() &&
         from_v8(isolate, name.As<v8::String>(), 64) == user_script;
}

/// A property as text; empty when it is missing, not text, or its getter throws.
std::string text_property(v8::Isolate* isolate, v8::Local<v8::Context> context,
                          v8::Local<v8::Object> object, std::string_view name) {
  v8::Local<v8::Value> value;
  if (!object->Get(context, literal(isolate, name)).ToLocal(&value) || !value->IsString())
    return {};
  return from_v8(isolate, value.As<v8::String>(), text_bytes_max);
}

std::string thrown_text(v8::Isolate* isolate, v8::Local<v8::Context> context,
                        v8::Local<v8::Value> thrown) {
  v8::TryCatch ignored(isolate);
  if (thrown->IsString()) {
    return from_v8(isolate, thrown.As<v8::String>(), text_bytes_max);
  }
  v8::Local<v8::String> text;
  if (!thrown->IsObject()) {
    if (thrown->ToDetailString(context).ToLocal(&text)) {
      return from_v8(isolate, text, text_bytes_max);
    }
    return "a value that has no text";
  }
  const auto object = thrown.As<v8::Object>();
  const std::string name = text_property(isolate, context, object, "name");
  const std::string message = text_property(isolate, context, object, "message");
  if (thrown->IsNativeError() || !message.empty()) {
    const std::string title = name.empty() ? "Error" : name;
    return message.empty() ? title : title + ": " + message;
  }
  if (v8::JSON::Stringify(context, thrown).ToLocal(&text)) {
    return from_v8(isolate, text, text_bytes_max);
  }
  return "an object that has no text";
}

}  // namespace

Failure describe_thrown(v8::Isolate* isolate, v8::Local<v8::Context> context,
                        v8::Local<v8::Value> thrown, v8::Local<v8::Message> message) {
  Failure failure{ErrorCode::function_threw, thrown_text(isolate, context, thrown), {}};
  v8::TryCatch ignored(isolate);
  auto stack = v8::Exception::GetStackTrace(thrown);
  if (stack.IsEmpty() && !message.IsEmpty()) stack = message->GetStackTrace();
  std::string where;
  for (int i = 0; !stack.IsEmpty() && i < stack->GetFrameCount(); ++i) {
    const auto frame = stack->GetFrame(isolate, static_cast<std::uint32_t>(i));
    if (!is_user_script(isolate, frame->GetScriptName())) continue;
    if (frame->GetLineNumber() < 1) continue;  // V8 does not know where
    const std::string at = place(frame->GetLineNumber(), frame->GetColumn());
    if (where.empty()) where = at;
    const auto name = frame->GetFunctionName();
    const std::string function = name.IsEmpty() ? "" : from_v8(isolate, name, 128);
    failure.stack.push_back("at " + (function.empty() ? at : function + " (" + at + ")"));
    if (failure.stack.size() == frames_max) break;
  }
  if (where.empty() && !message.IsEmpty() &&
      is_user_script(isolate, message->GetScriptResourceName())) {
    const int line = message->GetLineNumber(context).FromMaybe(0);
    if (line > 0) where = place(line, message->GetStartColumn() + 1);
  }
  if (!where.empty()) failure.message += " (" + where + ")";
  return failure;
}

Failure describe_syntax_error(v8::Isolate* isolate, v8::Local<v8::Context> context,
                              const v8::TryCatch& caught, int lines) {
  Failure failure{ErrorCode::function_syntax, "the code cannot be compiled", {}};
  if (caught.Exception().IsEmpty()) return failure;
  failure.message = thrown_text(isolate, context, caught.Exception());
  const auto message = caught.Message();
  if (message.IsEmpty()) return failure;
  const int line = message->GetLineNumber(context).FromMaybe(0);
  if (line > lines) {
    failure.message += " (at the end of the code)";
  } else if (line > 0) {
    failure.message += " (" + place(line, message->GetStartColumn() + 1) + ")";
  }
  return failure;
}

}  // namespace millrace::worker
