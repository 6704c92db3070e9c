// What the functions that scripts call share with whoever runs the scripts.
#pragma once

#include <jsapi.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "browser/script_protocol.hpp"

namespace wsprobe::script_host {

struct RunState {
  std::string page;
  std::string base;
  std::string module_address;  ///< of the module that runs
  std::string root;            ///< the variable's first name
  unsigned stop_at = 0;        ///< milliseconds on the processor
  bool out_of_time = false;

  std::optional<browser::ScriptRun> stopped;  ///< why what runs now was ended
  browser::ScriptPlace added;                 ///< where `root` last got onto window
  std::vector<browser::SocketCall> sockets;

  /// Before anything foreign runs.
  void begin() { stopped.reset(); }

  /// The first reason counts.
  void stop(browser::ScriptEnd end, std::string detail, browser::ScriptPlace place) {
    if (end == browser::ScriptEnd::out_of_time) out_of_time = true;
    if (stopped) return;
    detail.resize(std::min(detail.size(), browser::longest_message));
    stopped = browser::ScriptRun{end, std::move(detail), place.line};
  }
};

[[nodiscard]] inline RunState& state_of(JSContext* context) {
  return *static_cast<RunState*>(JS_GetContextPrivate(context));
}

}  // namespace wsprobe::script_host
