#include "script_host/host_functions.hpp"

#include <js/Array.h>
#include <js/CallAndConstruct.h>
#include <js/CompilationAndEvaluation.h>
#include <js/Modules.h>
#include <js/SourceText.h>
#include <jsapi.h>

#include "browser/url.hpp"
#include "script_host/browser_names.hpp"
#include "script_host/engine_values.hpp"
#include "script_host/prelude.hpp"

namespace wsprobe::script_host {
namespace {

using browser::ScriptEnd;

std::string argument(JSContext* context, const JS::CallArgs& arguments, unsigned index) {
  if (!arguments.get(index).isString()) return {};
  JS::RootedString text(context, arguments.get(index).toString());
  return text_of(context, text, browser::longest_url);
}

/// Returning false without an exception ends the script, past its catch and finally clauses.
bool end_script(JSContext* context, ScriptEnd end, std::string detail) {
  state_of(context).stop(end, std::move(detail), caller_of(context));
  JS_ClearPendingException(context);
  return false;
}

bool need(JSContext* context, unsigned count, JS::Value* values) {
  const JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  return end_script(context, ScriptEnd::needed, argument(context, arguments, 0));
}

bool leave(JSContext* context, unsigned count, JS::Value* values) {
  const JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  return end_script(context, ScriptEnd::left_page, argument(context, arguments, 0));
}

bool socket(JSContext* context, unsigned count, JS::Value* values) {
  const JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  RunState& state = state_of(context);
  std::string url = argument(context, arguments, 0);
  if (url.size() <= browser::longest_found_value && state.sockets.size() < browser::most_found_values) {
    state.sockets.push_back({std::move(url), caller_of(context)});
  }
  arguments.rval().setUndefined();
  return true;
}

/// parseUrl(text, base): what `location` has of it, in the order that the prelude knows; null where it is no URL.
bool parse_url(JSContext* context, unsigned count, JS::Value* values) {
  const JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  arguments.rval().setNull();
  std::optional<browser::Url> base;
  if (arguments.get(1).isString()) {
    auto parsed = browser::parse_url(argument(context, arguments, 1));
    if (!parsed) return true;
    base = std::move(*parsed);
  }
  const auto url = browser::parse_url(argument(context, arguments, 0), base ? &*base : nullptr);
  if (!url) return true;
  const std::string port = url->port ? std::to_string(*url->port) : "";
  const std::string query = url->query && !url->query->empty() ? "?" + *url->query : "";
  const std::string fragment = url->fragment && !url->fragment->empty() ? "#" + *url->fragment : "";
  JS::RootedValueVector parts(context);
  for (const std::string& part :
       {url->href(), url->scheme + ":", url->authority(), url->host, port, url->path, query, fragment, url->origin()}) {
    if (!parts.append(make_text(context, part))) return false;
  }
  JSObject* list = JS::NewArrayObject(context, parts);
  if (list == nullptr) return false;
  arguments.rval().setObject(*list);
  return true;
}

/// setTimeout with text.
bool evaluate(JSContext* context, unsigned count, JS::Value* values) {
  const JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  const std::string text = argument(context, arguments, 0);
  JS::CompileOptions options(context);
  options.setFileAndLine("timer", 1);
  JS::SourceText<mozilla::Utf8Unit> source;
  return source.init(context, text.data(), text.size(), JS::SourceOwnership::Borrowed) &&
         JS::Evaluate(context, options, source, arguments.rval());
}

bool set_text(JSContext* context, JS::HandleObject object, const char* name, std::string_view text) {
  JS::RootedValue value(context, make_text(context, text));
  return JS_SetProperty(context, object, name, value);
}

JSObject* make_host(JSContext* context, const RunState& state) {
  JS::RootedObject host(context, JS_NewPlainObject(context));
  if (!host) return nullptr;
  const bool made = JS_DefineFunction(context, host, "need", need, 1, 0) != nullptr &&
                    JS_DefineFunction(context, host, "leave", leave, 1, 0) != nullptr &&
                    JS_DefineFunction(context, host, "socket", socket, 1, 0) != nullptr &&
                    JS_DefineFunction(context, host, "parseUrl", parse_url, 2, 0) != nullptr &&
                    JS_DefineFunction(context, host, "evaluate", evaluate, 1, 0) != nullptr &&
                    set_text(context, host, "page", state.page) && set_text(context, host, "base", state.base) &&
                    set_text(context, host, "windowFunctions", window_functions) &&
                    set_text(context, host, "windowObjects", window_objects) &&
                    set_text(context, host, "windowValues", window_values) &&
                    set_text(context, host, "windowHandlers", window_handlers) &&
                    set_text(context, host, "documentMembers", document_members);
  return made ? host.get() : nullptr;
}

JSObject* resolve_import(JSContext* context, JS::HandleValue /*importer*/, JS::HandleObject request) {
  JS::RootedString specifier(context, JS::GetModuleRequestSpecifier(context, request));
  const std::string name = specifier ? text_of(context, specifier, browser::longest_message) : "";
  end_script(context, ScriptEnd::needed, "import '" + name + "'");
  return nullptr;
}

bool import_later(JSContext* context, JS::HandleValue /*importer*/, JS::HandleObject /*request*/,
                  JS::HandleObject /*promise*/) {
  return end_script(context, ScriptEnd::needed, "import()");
}

bool describe_module(JSContext* context, JS::HandleValue /*module*/, JS::HandleObject meta) {
  return set_text(context, meta, "url", state_of(context).module_address);
}

}  // namespace

JSObject* install_prelude(JSContext* context, JS::HandleObject window, const RunState& state) {
  JS::RootedObject host(context, make_host(context, state));
  if (!host) return nullptr;
  JS::CompileOptions options(context);
  options.setFileAndLine("prelude", 1);
  JS::SourceText<mozilla::Utf8Unit> source;
  JS::RootedValue function(context);
  if (!source.init(context, prelude.data(), prelude.size(), JS::SourceOwnership::Borrowed) ||
      !JS::Evaluate(context, options, source, &function)) {
    return nullptr;
  }
  JS::RootedValueArray<1> arguments(context);
  arguments[0].setObject(*host);
  JS::RootedValue made(context);
  if (!JS::Call(context, window, function, arguments, &made) || !made.isObject()) return nullptr;
  return &made.toObject();
}

void install_module_hooks(JSContext* context) {
  JSRuntime* runtime = JS_GetRuntime(context);
  JS::SetModuleResolveHook(runtime, resolve_import);
  JS::SetModuleDynamicImportHook(runtime, import_later);
  JS::SetModuleMetadataHook(runtime, describe_module);
}

}  // namespace wsprobe::script_host
