// A page's scripts, run one after the other in a JavaScript engine whose window is made up (prelude.hpp).
//
// SpiderMonkey without its compilers: nothing here is hot, and memory that is both written and executed is what the
// walls forbid. A script that would go wrong without a document is ended by an error that it cannot catch, with the
// name of what it needed.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "browser/script_protocol.hpp"

namespace wsprobe::script_host {

/// Of objects and strings; what the engine allocates besides is bounded by the process.
inline constexpr unsigned most_heap_bytes = 128 * 1024 * 1024;
/// Of all scripts together, on the processor.
inline constexpr unsigned most_milliseconds = 2000;
/// Timers and event handlers that are run after the scripts.
inline constexpr std::size_t most_callbacks = 200;

class PageRealm {
 public:
  /// Starts the engine: everything that needs more than memory happens here. One in a process's life.
  static tl::expected<std::unique_ptr<PageRealm>, std::string> start();

  ~PageRealm();
  PageRealm(const PageRealm&) = delete;
  PageRealm& operator=(const PageRealm&) = delete;

  /// Once.
  [[nodiscard]] browser::ScriptAnswer run(const browser::ScriptRequest& request);

 private:
  class Impl;
  explicit PageRealm(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsprobe::script_host
