// Apache's mod_rewrite for one request: what a list of RewriteCond and RewriteRule makes of a path.
//
// In a server the rules come before ProxyPass, Redirect and Alias, and what they leave behind is a file name unless
// [PT] hands it on; in a section or a directory they come last, with the path below it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lint/apache_text.hpp"
#include "lint/regex.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::apache {

enum class Rewritten : std::uint8_t { no, path, passed_through, proxied, redirected, refused };

struct RewriteResult {
  Rewritten what = Rewritten::no;
  std::optional<std::string> to;    ///< the path, the URL; none where the text does not tell
  const Directive* rule = nullptr;  ///< the last that changed something
  int status = 0;                   ///< of a refusal or a redirect
};

/// What the request looks like to conditions.
struct RewriteRequest {
  std::string path;
  std::string host;  ///< empty: unknown
  bool tls = true;
};

/// Runs the rules of one context. `prefix` is cut off before patterns are tried ("/" or a directory's own path; empty
/// in a server). Rules whose conditions the text does not decide are followed as branches of the walk, by `branch`.
class Rewriting {
 public:
  Rewriting(std::vector<const Directive*> directives, RewriteRequest request, std::string prefix, Walk& walk);

  /// Calls `branch` with what a rule that may apply would come to.
  template <typename Branch>
  RewriteResult run(Branch branch) {
    RewriteResult result;
    std::size_t open_until = 0;  // the rules before it are skipped or not, as `reached` holds
    Condition reached;
    for (std::size_t at = 0; at < steps_.size(); ++at) {
      const Step& step = steps_[at];
      Decision decision = decide(step);
      if (decision.holds == Tells::no) {
        at += chained_behind(at);
        continue;
      }
      if (decision.holds == Tells::yes && at < open_until) {
        decision.holds = Tells::unknown;
        decision.condition = reached;
      }
      if (decision.holds == Tells::unknown) {
        const std::size_t chained = chained_behind(at);
        if (const std::size_t more = std::max(chained, skips(step)); more > 0) {
          open_until = at + 1 + more;
          reached = chained > 0 ? decision.condition : negated(decision.condition);
        }
        const RewriteResult maybe = apply(step, decision);
        walk_.perhaps(decision.condition, [&] { return branch(maybe); });
        continue;
      }
      const RewriteResult now = apply(step, decision);
      at += skips(step);
      if (now.what == Rewritten::no) {
        if (ends_here(step)) break;
        continue;
      }
      result = now;
      if (now.what != Rewritten::path || !now.to) break;
      request_.path = *now.to;
      if (ends_here(step)) break;
    }
    return result;
  }

 private:
  struct Step {
    const Directive* rule = nullptr;
    std::vector<const Directive*> conditions;
    std::vector<std::string> flags;  ///< "P", "R=301"
  };

  struct Decision {
    Tells holds = Tells::no;
    Condition condition;
    RegexMatch rule;
    RegexMatch last_condition;
  };

  [[nodiscard]] Decision decide(const Step& step) const;
  [[nodiscard]] RewriteResult apply(const Step& step, const Decision& decision) const;
  [[nodiscard]] Tells judge(const Directive& condition, RegexMatch& match, bool& by_address) const;
  [[nodiscard]] std::optional<std::string> variable(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> expand(std::string_view text, const Decision& decision) const;
  static bool ends_here(const Step& step);
  /// How many rules [S=n] passes over.
  static std::size_t skips(const Step& step);
  /// How many rules behind this one run only if it does, by [C].
  [[nodiscard]] std::size_t chained_behind(std::size_t at) const;

  RewriteRequest request_;
  std::string prefix_;
  std::vector<Step> steps_;
  Walk& walk_;
};

}  // namespace wsprobe::lint::apache
