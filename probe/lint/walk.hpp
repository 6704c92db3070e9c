// What the readers share that follow one request through a proxy's directives: the trace, what had to be assumed on the
// way, and the judgements that are the same for every proxy.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ascii.hpp"
#include "lint/containers.hpp"
#include "lint/question.hpp"
#include "lint/readers.hpp"
#include "lint/result.hpp"

namespace wsprobe::lint {

enum class Flow : std::uint8_t { passed, ended };

/// Something that the text does not decide.
struct Condition {
  std::string holds;      ///< "the client's address is in 10.0.0.0/8"
  std::string otherwise;  ///< "the client's address is not in 10.0.0.0/8"
  bool by_address = false;
};

[[nodiscard]] Condition negated(Condition condition);
[[nodiscard]] Condition address_is_in(std::string_view ranges);

class Walk {
 public:
  Walk(std::string product, const Question& question, const Deployment& deployment, Result& result);

  [[nodiscard]] Trace& trace() { return trace_; }
  [[nodiscard]] const Question& question() const { return question_; }
  [[nodiscard]] const Deployment& deployment() const { return deployment_; }

  void step(const Place& at, std::string says);
  /// Something that the text does not tell may change the outcome: the trace ends undetermined.
  void doubt() { doubtful_ = true; }
  void doubt(const Place& at, std::string says);

  /// What is found on a branch that may not be taken is told only where the client's address decides: a refusal there
  /// is an address list. What is found behind such a branch depends on its not being taken.
  void find(Finding finding);

  /// Of the main way, not of a branch.
  void end(Ending ending, std::string path);
  void forwarded_to(std::string upstream);

  /// A branch that may be taken. Afterwards the walk goes on as if it were not, which it has to remember where the
  /// branch ends the request.
  template <typename Body>
  void perhaps(Condition condition, Body body) {
    const std::size_t assumed = assumed_.size();
    const std::string outer = std::exchange(prefix_, prefix_ + "if " + condition.holds + ": ");
    branches_.push_back(condition);
    const Flow flow = body();
    branches_.pop_back();
    prefix_ = outer;
    assumed_.resize(assumed);
    doubtful_ = true;
    if (flow == Flow::ended) assumed_.push_back(negated(std::move(condition)));
  }

  /// Adds the trace to the result.
  void finish();

  // ---- judgements ----

  /// `from` was asked for and `to` is what the application sees; nothing is said where that is the application's own
  /// path.
  void judge_path(const Place& at, std::string_view directive, std::string_view to, Correction correction,
                  std::vector<RelatedPlace> related = {});
  /// A name without dots that is no container's, or a reserved one.
  void judge_name(const Place& at, std::string_view directive, std::string_view host, Correction correction);
  /// A connection is cut on which nothing passes for so long.
  void judge_idle(const Place& at, std::string_view directive, Duration timeout, Correction correction);

 private:
  const Question& question_;
  const Deployment& deployment_;
  Result& result_;
  Trace trace_;
  std::string prefix_;
  std::vector<Condition> branches_;
  std::vector<Condition> assumed_;
  bool doubtful_ = false;
};

// ---- text that every product has ----

/// "20 s", "1.5 s".
[[nodiscard]] std::string seconds_text(Duration duration);
/// The host of "host:port", "[::1]:80", "http://host:port/path"; lower case, without brackets.
[[nodiscard]] std::string host_of(std::string_view address);
/// "/api/" for /api/ws: what belongs to the application beside the WebSocket.
[[nodiscard]] std::string family_of(std::string_view path);
/// A piece of configuration inside of a sentence: on one line, not too long, and harmless to a terminal.
[[nodiscard]] std::string shown(std::string_view text);
/// The note about a configuration of more than most_directives.
[[nodiscard]] std::string too_many_directives();
/// With `*` and `?`, as shells do; `*` crosses slashes.
[[nodiscard]] bool fits_glob(std::string_view pattern, std::string_view text);

}  // namespace wsprobe::lint
