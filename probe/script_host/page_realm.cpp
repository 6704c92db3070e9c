#include "script_host/page_realm.hpp"

#include <js/CompilationAndEvaluation.h>
#include <js/ErrorReport.h>
#include <js/Exception.h>
#include <js/Initialization.h>
#include <js/Interrupt.h>
#include <js/Modules.h>
#include <js/SourceText.h>
#include <jsapi.h>
#include <jsfriendapi.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "browser/literals.hpp"
#include "script_host/engine_values.hpp"
#include "script_host/host_functions.hpp"
#include "script_host/run_state.hpp"

namespace wsprobe::script_host {
namespace {

using browser::ScriptAnswer;
using browser::ScriptEnd;
using browser::ScriptRequest;
using browser::ScriptRun;
using browser::ScriptText;

/// The one engine of the process, for the signal that interrupts it.
JSContext* running = nullptr;

void interrupt(int /*signal*/) {
  if (running != nullptr) JS_RequestInterruptCallbackCanWait(running);
}

unsigned milliseconds_used() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<unsigned>(used.tv_sec * 1000 + used.tv_nsec / 1'000'000);
}

/// Asks every 20 ms of computing whether it has been enough.
void start_clock() {
  struct sigaction action {};
  action.sa_handler = interrupt;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGPROF, &action, nullptr);
  const itimerval every{{0, 20'000}, {0, 20'000}};
  ::setitimer(ITIMER_PROF, &every, nullptr);
}

bool on_interrupt(JSContext* context) {
  RunState& state = state_of(context);
  if (milliseconds_used() < state.stop_at) return true;
  state.stop(ScriptEnd::out_of_time, {}, {});
  js::StopDrainingJobQueue(context);
  return false;
}

/// A name gets onto window: if it is the one that is looked for, this is where.
bool on_added(JSContext* context, JS::HandleObject /*object*/, JS::HandleId id, JS::HandleValue value) {
  RunState& state = state_of(context);
  if (!value.isUndefined() && !state.root.empty() && id.isString() && text_of(context, id) == state.root) {
    state.added = caller_of(context);
  }
  return true;
}

constexpr JSClassOps window_operations = {
    on_added, nullptr, nullptr, JS_NewEnumerateStandardClasses, JS_ResolveStandardClass, JS_MayResolveStandardClass,
    nullptr,  nullptr, nullptr, JS_GlobalObjectTraceHook,
};
constexpr JSClass window_class = {"Window", JSCLASS_GLOBAL_FLAGS, &window_operations, nullptr, nullptr, nullptr};

}  // namespace

class PageRealm::Impl {
 public:
  ~Impl() { running = nullptr; }  // the process ends: the engine is not taken down

  tl::expected<void, std::string> start() {
    JS::DisableJitBackend();
    if (!JS_Init()) return tl::unexpected<std::string>("the JavaScript engine does not start");
    context_ = JS_NewContext(most_heap_bytes);
    if (context_ == nullptr) return tl::unexpected<std::string>("the JavaScript engine has no memory to start");
    JS_SetGCParameter(context_, JSGC_MAX_BYTES, most_heap_bytes);
    JS_SetNativeStackQuota(context_, std::size_t{1024} * 1024);
    JS_SetContextPrivate(context_, &state_);
    if (!js::UseInternalJobQueues(context_) || !JS::InitSelfHostedCode(context_) ||
        !JS_AddInterruptCallback(context_, on_interrupt)) {
      return tl::unexpected<std::string>("the JavaScript engine cannot be set up");
    }
    JS::RealmOptions options;
    options.creationOptions().setSharedMemoryAndAtomicsEnabled(false);
    JS::RootedObject window(context_,
                            JS_NewGlobalObject(context_, &window_class, nullptr, JS::FireOnNewGlobalHook, options));
    if (!window) return tl::unexpected<std::string>("the JavaScript engine makes no global object");
    window_.init(context_, window);
    prelude_.init(context_);
    // The time zone's data is read once, and here it may still be.
    JSAutoRealm realm(context_, window);
    JS::RootedValue ignored(context_);
    evaluate("new Date(0).getHours(); Intl; /x/.test('x')", "prelude", 1, &ignored);
    JS_ClearPendingException(context_);
    install_module_hooks(context_);
    start_clock();
    return {};
  }

  ScriptAnswer run(const ScriptRequest& request) {
    request_ = &request;
    const std::size_t dot = request.variable.find('.');
    state_.root = request.variable.substr(0, dot);
    state_.page = request.page;
    state_.base = request.base;
    state_.stop_at = milliseconds_used() + most_milliseconds;
    running = context_;
    JSAutoRealm realm(context_, window_);
    if (set_up()) {
      run_scripts();
      settle_value();
      run_later();
    }
    answer_.sockets = std::move(state_.sockets);
    return std::move(answer_);
  }

 private:
  bool evaluate(std::string_view text, const char* file, std::size_t line, JS::MutableHandleValue result) {
    JS::CompileOptions options(context_);
    options.setFileAndLine(file, static_cast<unsigned>(line));
    JS::SourceText<mozilla::Utf8Unit> source;
    return source.init(context_, text.data(), text.size(), JS::SourceOwnership::Borrowed) &&
           JS::Evaluate(context_, options, source, result);
  }

  bool set_up() {
    JS::RootedObject made(context_, install_prelude(context_, window_, state_));
    prelude_ = made;
    if (made) return true;
    const ScriptRun failed = ended(false);
    for (std::size_t at = 0; at < request_->scripts.size(); ++at) {
      answer_.runs.push_back({ScriptEnd::not_run, failed.detail, 0});
    }
    return false;
  }

  bool tell(const char* function, const JS::HandleValueArray& arguments = JS::HandleValueArray::empty()) {
    JS::RootedValue ignored(context_);
    return JS_CallFunctionName(context_, prelude_, function, arguments, &ignored);
  }

  void run_scripts() {
    bool parsed = false;
    for (std::size_t at = 0; at < request_->scripts.size(); ++at) {
      const ScriptText& script = request_->scripts[at];
      if (script.deferred && !std::exchange(parsed, true)) tell("parsed");
      if (state_.out_of_time) {
        answer_.runs.push_back({ScriptEnd::not_run, {}, 0});
        continue;
      }
      JS::RootedValueArray<2> arguments(context_);
      arguments[0].set(make_text(context_, script.address));
      arguments[1].setBoolean(script.module);
      tell("enter", arguments);
      state_.begin();
      const std::string file = "#" + std::to_string(at);
      const bool good = script.module ? run_module(script, file) : run_classic(script, file);
      answer_.runs.push_back(ended(good));
      state_.begin();
      js::RunJobs(context_);
      note_later(state_.stopped);
      note_value(at);
    }
    if (!parsed) tell("parsed");
    tell("leaveScripts");
    JS_ClearPendingException(context_);
  }

  bool run_classic(const ScriptText& script, const std::string& file) {
    JS::RootedValue ignored(context_);
    return evaluate(script.text, file.c_str(), script.first_line, &ignored);
  }

  bool run_module(const ScriptText& script, const std::string& file) {
    JS::CompileOptions options(context_);
    options.setFileAndLine(file.c_str(), static_cast<unsigned>(script.first_line));
    JS::SourceText<mozilla::Utf8Unit> source;
    if (!source.init(context_, script.text.data(), script.text.size(), JS::SourceOwnership::Borrowed)) return false;
    JS::RootedObject module(context_, JS::CompileModule(context_, options, source));
    if (!module) return false;
    state_.module_address = script.address.empty() ? request_->page : script.address;
    JS::RootedValue promise(context_);
    if (!JS::ModuleInstantiate(context_, module) || !JS::ModuleEvaluate(context_, module, &promise)) return false;
    if (!promise.isObject()) return true;
    js::RunJobs(context_);
    JS::RootedObject evaluated(context_, &promise.toObject());
    return JS::ThrowOnModuleEvaluationFailure(context_, evaluated, JS::ThrowModuleErrorsSync);
  }

  /// What became of what just ran, and where.
  ScriptRun ended(bool good) {
    if (state_.stopped) {
      JS_ClearPendingException(context_);
      return *state_.stopped;
    }
    if (good) return {};
    return exception_of(context_);
  }

  void note_later(const std::optional<ScriptRun>& run) {
    if (run && answer_.later.size() < browser::most_scripts) answer_.later.push_back(*run);
  }

  /// After each script: whether the variable is another one now.
  void note_value(std::size_t script) {
    state_.begin();
    const std::pair<std::optional<std::string>, std::string> found =
        read_variable(context_, window_, request_->variable);
    if (found.first != answer_.value) {
      answer_.assigned = {script, state_.added.script == script ? state_.added.line : 0};
    }
    answer_.value = found.first;
    answer_.value_type = found.second;
    state_.added = {};
  }

  void settle_value() {
    state_.begin();
    answer_.found = websocket_urls_on(context_, window_);
    JS_ClearPendingException(context_);
  }

  void run_later() {
    tell("loaded");
    for (std::size_t count = 0; count < most_callbacks && !state_.out_of_time; ++count) {
      JS::RootedValue callback(context_);
      state_.begin();
      if (!JS_CallFunctionName(context_, prelude_, "next", JS::HandleValueArray::empty(), &callback) ||
          callback.isUndefined()) {
        break;
      }
      JS::RootedValue ignored(context_);
      const bool good = JS::Call(context_, JS::UndefinedHandleValue, callback, JS::HandleValueArray::empty(), &ignored);
      const ScriptRun run = ended(good);
      if (run.end != ScriptEnd::completed) note_later(run);
      js::RunJobs(context_);
    }
    JS_ClearPendingException(context_);
    state_.begin();
    const auto found = read_variable(context_, window_, request_->variable);
    if (found.first == answer_.value) return;
    answer_.changed_later = true;
    answer_.value = found.first;
    answer_.value_type = found.second;
    answer_.assigned = {};
  }

  JSContext* context_ = nullptr;
  RunState state_;
  JS::PersistentRootedObject window_;
  JS::PersistentRootedObject prelude_;
  const ScriptRequest* request_ = nullptr;
  ScriptAnswer answer_;
};

PageRealm::PageRealm(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PageRealm::~PageRealm() = default;

tl::expected<std::unique_ptr<PageRealm>, std::string> PageRealm::start() {
  auto impl = std::make_unique<Impl>();
  if (auto started = impl->start(); !started) return tl::unexpected(std::move(started.error()));
  return std::unique_ptr<PageRealm>(new PageRealm(std::move(impl)));
}

ScriptAnswer PageRealm::run(const ScriptRequest& request) { return impl_->run(request); }

}  // namespace wsprobe::script_host
