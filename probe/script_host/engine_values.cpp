#include "script_host/engine_values.hpp"

#include <js/CharacterEncoding.h>
#include <js/CompilationAndEvaluation.h>
#include <js/Conversions.h>
#include <js/ErrorReport.h>
#include <js/Exception.h>
#include <js/Proxy.h>
#include <js/SavedFrameAPI.h>
#include <js/SourceText.h>
#include <jsapi.h>

#include <algorithm>
#include <charconv>

#include "core/ascii.hpp"
#include "core/text.hpp"

namespace wsprobe::script_host {
namespace {

using browser::FoundValue;
using browser::ScriptEnd;
using browser::ScriptPlace;
using browser::ScriptRun;

constexpr int deepest = 4;
constexpr std::size_t most_properties = 5000;
constexpr unsigned most_frames = 32;

/// "#3" is the script of that index; anything else is no script of the page.
std::optional<std::size_t> script_of(std::string_view file) {
  if (!file.starts_with('#')) return std::nullopt;
  std::size_t index = 0;
  const char* end = file.data() + file.size();
  const auto [stop, problem] = std::from_chars(file.data() + 1, end, index);
  if (problem != std::errc() || stop != end || index >= browser::most_scripts) return std::nullopt;
  return index;
}

bool is_websocket_url(std::string_view text) {
  text = trim(text);
  const std::size_t colon = text.substr(0, 4).find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = text.substr(0, colon);
  return same_ignoring_case(scheme, "ws") || same_ignoring_case(scheme, "wss");
}

/// What is left of a walk over a script's objects.
struct Walk {
  std::size_t properties = most_properties;
  std::vector<FoundValue> found;
  [[nodiscard]] bool over() const { return properties == 0 || found.size() >= browser::most_found_values; }
};

void walk(JSContext* context, JS::HandleObject object, const std::string& path, int depth, Walk& into) {
  JS::Rooted<JS::IdVector> ids(context, JS::IdVector(context));
  if (js::IsProxy(object) || !JS_Enumerate(context, object, &ids)) {
    JS_ClearPendingException(context);
    return;
  }
  for (std::size_t at = 0; at < ids.length() && !into.over(); ++at) {
    --into.properties;
    JS::RootedId id(context, ids[at]);
    JS::RootedValue value(context);
    if (!JS_GetPropertyById(context, object, id, &value)) {
      JS_ClearPendingException(context);
      continue;
    }
    const std::string name = path + "." + text_of(context, id);
    if (name.size() > browser::longest_message) continue;
    if (value.isString()) {
      JS::RootedString string(context, value.toString());
      std::string text = text_of(context, string);
      if (is_websocket_url(text)) into.found.push_back({name, std::move(text)});
    } else if (value.isObject() && depth < deepest) {
      JS::RootedObject inner(context, &value.toObject());
      walk(context, inner, name, depth + 1, into);
    }
  }
}

std::string type_of(JSContext* context, JS::HandleValue value) {
  switch (JS_TypeOfValue(context, value)) {
    case JSTYPE_UNDEFINED: return "undefined";
    case JSTYPE_OBJECT: return value.isNull() ? "null" : "object";
    case JSTYPE_FUNCTION: return "function";
    case JSTYPE_STRING: return "string";
    case JSTYPE_NUMBER: return "number";
    case JSTYPE_BOOLEAN: return "boolean";
    case JSTYPE_SYMBOL: return "symbol";
    case JSTYPE_BIGINT: return "bigint";
    case JSTYPE_LIMIT: break;
  }
  return "unknown";
}

bool is_identifier(std::string_view text) {
  return !text.empty() && !is_digit(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '_' || c == '$';
  });
}

/// `const NAME = ...` at the top of a script is seen by the others, and is no property of window.
bool read_shared(JSContext* context, std::string_view name, JS::MutableHandleValue value) {
  if (!is_identifier(name)) return true;
  const std::string text = "typeof " + std::string(name) + " === 'undefined' ? undefined : " + std::string(name);
  JS::CompileOptions options(context);
  options.setFileAndLine("prelude", 1);
  JS::SourceText<mozilla::Utf8Unit> source;
  return source.init(context, text.data(), text.size(), JS::SourceOwnership::Borrowed) &&
         JS::Evaluate(context, options, source, value);
}

bool read_path(JSContext* context, JS::HandleObject window, std::string_view path, JS::MutableHandleValue value) {
  const std::string first(path.substr(0, path.find('.')));
  if (!JS_GetProperty(context, window, first.c_str(), value)) return false;
  if (value.isUndefined() && !read_shared(context, first, value)) return false;
  while (path.find('.') != std::string_view::npos) {
    path.remove_prefix(path.find('.') + 1);
    if (!value.isObject()) {
      value.setUndefined();
      return true;
    }
    JS::RootedObject object(context, &value.toObject());
    const std::string name(path.substr(0, path.find('.')));
    if (!JS_GetProperty(context, object, name.c_str(), value)) return false;
  }
  return true;
}

}  // namespace

std::string text_of(JSContext* context, JS::HandleString text, std::size_t longest) {
  const JS::UniqueChars bytes = JS_EncodeStringToUTF8(context, text);
  if (!bytes) {
    JS_ClearPendingException(context);
    return {};
  }
  const std::string whole(bytes.get());
  return whole.size() <= longest ? whole : shorten(whole, longest - 3);
}

std::string text_of(JSContext* context, JS::HandleId id) {
  if (id.isInt()) return std::to_string(id.toInt());
  if (!id.isString()) return "[symbol]";
  JS::RootedString text(context, id.toString());
  return text_of(context, text, browser::longest_message);
}

JS::Value make_text(JSContext* context, std::string_view text) {
  JSString* made = JS_NewStringCopyUTF8N(context, JS::UTF8Chars(text.data(), text.size()));
  if (made == nullptr) {
    JS_ClearPendingException(context);
    return JS::UndefinedValue();
  }
  return JS::StringValue(made);
}

ScriptPlace caller_of(JSContext* context) {
  JS::RootedObject frame(context);
  if (!JS::CaptureCurrentStack(context, &frame, JS::StackCapture(JS::MaxFrames(most_frames)))) {
    JS_ClearPendingException(context);
    return {};
  }
  while (frame) {
    JS::RootedString file(context);
    std::uint32_t line = 0;
    JS::GetSavedFrameSource(context, nullptr, frame, &file);
    JS::GetSavedFrameLine(context, nullptr, frame, &line);
    if (file) {
      if (const auto script = script_of(text_of(context, file))) return {script, line};
    }
    JS::RootedObject parent(context);
    JS::GetSavedFrameParent(context, nullptr, frame, &parent);
    frame = parent;
  }
  return {};
}

ScriptRun exception_of(JSContext* context) {
  if (!JS_IsExceptionPending(context)) return {ScriptEnd::threw, "it was ended", 0};
  if (JS_IsThrowingOutOfMemory(context)) {
    JS_ClearPendingException(context);
    return {ScriptEnd::out_of_memory, {}, 0};
  }
  JS::ExceptionStack stack(context);
  JS::ErrorReportBuilder report(context);
  if (!JS::StealPendingExceptionStack(context, &stack) ||
      !report.init(context, stack, JS::ErrorReportBuilder::NoSideEffects)) {
    JS_ClearPendingException(context);
    return {ScriptEnd::threw, {}, 0};
  }
  std::string message = report.toStringResult() ? report.toStringResult().c_str() : "";
  if (message.size() > browser::longest_message) message = shorten(message, browser::longest_message - 3);
  const std::size_t line = report.report() != nullptr ? report.report()->lineno : 0;
  return {ScriptEnd::threw, is_utf8(message) ? message : std::string(), line};
}

std::pair<std::optional<std::string>, std::string> read_variable(JSContext* context, JS::HandleObject window,
                                                                 std::string_view path) {
  JS::RootedValue value(context);
  if (path.empty() || !read_path(context, window, path, &value)) {
    JS_ClearPendingException(context);
    return {std::nullopt, "undefined"};
  }
  std::string type = type_of(context, value);
  const bool may_be_address = value.isObject() && type == "object" && !js::IsProxy(&value.toObject());
  if (!value.isString() && !may_be_address) return {std::nullopt, std::move(type)};
  JS::RootedString string(context, JS::ToString(context, value));
  if (!string) {
    JS_ClearPendingException(context);
    return {std::nullopt, std::move(type)};
  }
  std::string text = text_of(context, string);
  // What an object says of itself counts where it says an address: `new URL(...)`.
  if (!value.isString() && !is_websocket_url(text) && !text.starts_with("http")) return {std::nullopt, std::move(type)};
  return {std::move(text), std::move(type)};
}

std::vector<FoundValue> websocket_urls_on(JSContext* context, JS::HandleObject window) {
  Walk found;
  walk(context, window, "window", 0, found);
  return std::move(found.found);
}

}  // namespace wsprobe::script_host
