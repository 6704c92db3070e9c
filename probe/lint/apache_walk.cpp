#include "lint/apache_walk.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "lint/apache_access.hpp"
#include "lint/apache_forward.hpp"
#include "lint/apache_rewrite.hpp"
#include "lint/regex.hpp"

namespace wsprobe::lint::apache {
namespace {

/// How much of the path a prefix takes: "/api" that of /api and /api/ws, not of /apis (alias_match). None where it does
/// not fit.
std::optional<std::size_t> prefix_match(std::string_view prefix, std::string_view path) {
  if (!path.starts_with(prefix)) return std::nullopt;
  const bool at_an_end = prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
  return at_an_end ? std::optional(prefix.size()) : std::nullopt;
}

/// `*` and `?` do not cross slashes.
Tells fits_wild(std::string_view pattern, const std::string& path) {
  std::string expression = "^";
  for (const char c : pattern) {
    if (c == '*') {
      expression += "[^/]*";
    } else if (c == '?') {
      expression += "[^/]";
    } else {
      if (std::ispunct(static_cast<unsigned char>(c)) != 0 && c != '[' && c != ']') expression += '\\';
      expression += c;
    }
  }
  return regex_search(expression + "$", path).matches;
}

bool is_location(const Directive& directive) { return directive.is("Location") || directive.is("LocationMatch"); }

Tells holds_for(const Directive& section, const std::string& path) {
  if (section.is("LocationMatch")) return regex_search(section.word(0), path).matches;
  if (section.word(0) == "~") return regex_search(section.word(1), path).matches;
  const std::string& pattern = section.word(0);
  if (pattern.find_first_of("*?[") != std::string::npos) return fits_wild(pattern, path);
  return prefix_match(pattern, path) ? Tells::yes : Tells::no;
}

bool is_redirect(const Directive& directive) {
  return directive.is("Redirect") || directive.is("RedirectMatch") || directive.is("RedirectPermanent") ||
         directive.is("RedirectTemp");
}

struct Redirect {
  int status = 302;
  std::string from;  // empty in a section, where it may be left out
  std::string to;
};

Redirect redirect_of(const Directive& directive) {
  Redirect redirect;
  std::vector<std::string> words = directive.words;
  constexpr std::array<std::pair<std::string_view, int>, 4> names{
      {{"permanent", 301}, {"temp", 302}, {"seeother", 303}, {"gone", 410}}};
  if (directive.is("RedirectPermanent")) redirect.status = 301;
  const auto named = std::find_if(names.begin(), names.end(), [&](const auto& each) {
    return !words.empty() && same_ignoring_case(each.first, words.front());
  });
  const bool is_number = !words.empty() && std::isdigit(static_cast<unsigned char>(words.front()[0])) != 0;
  if (named != names.end()) redirect.status = named->second;
  if (is_number) std::from_chars(words[0].data(), words[0].data() + words[0].size(), redirect.status);
  if (named != names.end() || is_number) words.erase(words.begin());
  const bool has_target = redirect.status >= 300 && redirect.status < 400;
  if (has_target && !words.empty()) {
    redirect.to = words.back();
    words.pop_back();
  }
  if (!words.empty()) redirect.from = words.front();
  return redirect;
}

class Walker {
 public:
  Walker(const Configuration& configuration, const Site& site, Walk& walk)
      : site_(site), walk_(walk), top_(directives_of(configuration, site)), path_(walk.question().path) {}

  void run() {
    collect_sections();
    if (rewrite_in_server() == Flow::ended) return;
    if (proxy_ == nullptr && file_ == nullptr) find_proxy();
    if (proxy_ == nullptr && file_ == nullptr && redirect_in_server() == Flow::ended) return;
    if (check() == Flow::ended) return;
    if (fix_up() == Flow::ended) return;
    if (proxy_ != nullptr) {
      forward({*proxy_, url_, in_force_, changed_by_}, walk_);
    } else {
      serve_file();
    }
  }

 private:
  // ---- sections ----

  void collect_sections() {
    for (const Directive* each : top_) {
      in_force_.push_back(each);
      if (each->is("If") || each->is("ElseIf") || each->is("Else")) {
        walk_.doubt(each->at, fmt::format("what `{}` adds is not followed", text_of(*each)));
      }
      if (!is_location(*each)) continue;
      const Tells holds = holds_for(*each, path_);
      if (holds == Tells::unknown) {
        walk_.doubt(each->at, fmt::format("`{}` cannot be followed; taken as not matching", text_of(*each)));
      }
      if (holds != Tells::yes) continue;
      locations_.push_back(each);
      for (const Directive& inner : each->block) in_force_.push_back(&inner);
    }
  }

  /// <Proxy> sections of the URL, then those of the path.
  [[nodiscard]] std::vector<const Directive*> sections_in_order() const {
    std::vector<const Directive*> sections;
    for (const Directive* each : top_) {
      const bool is_of_it =
          each->is("Proxy") ? each->word(0) == "*" || fits_glob(each->word(0), url_) || url_.starts_with(each->word(0))
                            : each->is("ProxyMatch") && regex_search(each->word(0), url_).matches == Tells::yes;
      if (proxy_ != nullptr && is_of_it) sections.push_back(each);
    }
    sections.insert(sections.end(), locations_.begin(), locations_.end());
    return sections;
  }

  // ---- rewrites ----

  [[nodiscard]] RewriteRequest request() const { return {path_, walk_.question().host, site_.tls}; }

  /// A server's rules are its own: those outside of virtual hosts are not inherited.
  Flow rewrite_in_server() {
    std::vector<const Directive*> rules;
    if (site_.host == nullptr) {
      rules = top_;
    } else {
      for (const Directive& each : site_.host->block) rules.push_back(&each);
    }
    const RewriteResult result = Rewriting(rules, request(), "", walk_).run([&](const RewriteResult& maybe) {
      return settle(maybe, Phase::branch);
    });
    return settle(result, Phase::server);
  }

  enum class Phase : std::uint8_t { server, section, branch };

  Flow settle(const RewriteResult& result, Phase phase) {
    if (result.what == Rewritten::no) return Flow::passed;
    const Directive& rule = *result.rule;
    if (result.what == Rewritten::refused) return refuse(rule, result.status);
    if (result.what == Rewritten::redirected) return redirect(rule, result.to.value_or(rule.word(1)));
    if (!result.to) {
      walk_.doubt(rule.at, fmt::format("`{}` makes something of {} that the text does not tell", text_of(rule), path_));
      return Flow::passed;
    }
    if (phase == Phase::branch) {
      walk_.step(rule.at, fmt::format("{} becomes {} by `{}`", path_, shown(*result.to), text_of(rule)));
      return Flow::passed;
    }
    if (result.what == Rewritten::proxied) {
      proxy_ = &rule;
      url_ = *result.to;
      return Flow::passed;
    }
    walk_.step(rule.at, fmt::format("{} becomes {} by `{}`", path_, shown(*result.to), text_of(rule)));
    if (*result.to != path_) changed_by_ = &rule;
    path_ = *result.to;
    // Without [PT] it is a file's name from here on, and no ProxyPass is asked.
    if (result.what == Rewritten::path) file_ = &rule;
    return Flow::passed;
  }

  /// Rules and redirects of sections come after access, and take the request away from a ProxyPass.
  Flow fix_up() {
    for (const Directive* section : locations_) {
      for (const Directive& each : section->block) {
        if (!is_redirect(each)) continue;
        const Redirect to = redirect_of(each);
        if (to.status >= 400) return refuse(each, to.status);
        return redirect(each, to.to);
      }
      if (rewrite_in(*section, "") == Flow::ended) return Flow::ended;
    }
    if (proxy_ != nullptr) return Flow::passed;
    for (const Directive* each : top_) {
      const bool is_of_files =
          each->is("Directory") && each->word(0) != "~" && root().starts_with(each->word(0)) && each->word(0) != "/";
      if (is_of_files && rewrite_in(*each, "/") == Flow::ended) return Flow::ended;
    }
    return Flow::passed;
  }

  Flow rewrite_in(const Directive& section, const std::string& prefix) {
    std::vector<const Directive*> rules;
    for (const Directive& each : section.block) rules.push_back(&each);
    const RewriteResult result = Rewriting(rules, request(), prefix, walk_).run([&](const RewriteResult& maybe) {
      return settle(maybe, Phase::branch);
    });
    return settle(result, Phase::section);
  }

  // ---- ProxyPass ----

  void find_proxy() {
    if (find_proxy_of_section()) return;
    for (const Directive* each : top_) {
      if (!each->is("ProxyPass") && !each->is("ProxyPassMatch")) continue;
      const Directive& pass = *each;
      if (pass.is("ProxyPassMatch")) {
        const RegexMatch match = regex_search(pass.word(0), path_);
        if (match.matches == Tells::unknown) {
          walk_.doubt(pass.at, fmt::format("`{}` cannot be followed; taken as not matching", text_of(pass)));
        }
        if (match.matches != Tells::yes) continue;
        if (excludes(pass, pass.word(1))) return;
        proxy_ = &pass;
        url_ = url_of_match(pass.word(1), match);
        return;
      }
      const auto taken = prefix_match(pass.word(0), path_);
      if (!taken) continue;
      if (excludes(pass, pass.word(1))) return;
      proxy_ = &pass;
      url_ = pass.word(1) + path_.substr(*taken);
      return;
    }
  }

  /// The last section that has one.
  bool find_proxy_of_section() {
    for (auto section = locations_.rbegin(); section != locations_.rend(); ++section) {
      for (const Directive& pass : (*section)->block) {
        if (!pass.is("ProxyPass") && !pass.is("ProxyPassMatch")) continue;
        // The section's own path is what it takes: as an expression by ProxyPassMatch, as a plain text by ProxyPass,
        // which therefore does nothing in a LocationMatch that is more than that.
        const std::string& pattern = (*section)->word((*section)->word(0) == "~" ? 1 : 0);
        const RegexMatch match = pass.is("ProxyPassMatch") ? regex_search(pattern, path_) : RegexMatch{};
        const auto taken = prefix_match(pattern, path_);
        if (pass.is("ProxyPassMatch") ? match.matches != Tells::yes : !taken) {
          walk_.step(pass.at, fmt::format("`{}` does not take {} as `{}`", text_of(pass), path_, pattern));
          continue;
        }
        if (excludes(pass, pass.word(0))) return true;
        proxy_ = &pass;
        url_ = taken && !pass.is("ProxyPassMatch") ? pass.word(0) + path_.substr(*taken)
                                                   : url_of_match(pass.word(0), match);
        return true;
      }
    }
    return false;
  }

  bool excludes(const Directive& pass, const std::string& url) {
    if (url != "!") return false;
    walk_.step(pass.at, fmt::format("not forwarded, by `{}`", text_of(pass)));
    excluded_by_ = &pass;
    return true;
  }

  /// Without a reference to a group the whole path is added.
  [[nodiscard]] std::string url_of_match(const std::string& url, const RegexMatch& match) const {
    const std::string replaced = with_groups(url, '$', match);
    return replaced == url ? url + path_ : replaced;
  }

  // ---- answers of Apache's own ----

  Flow redirect_in_server() {
    for (const Directive* each : top_) {
      if (!is_redirect(*each)) continue;
      const Redirect to = redirect_of(*each);
      std::string target = to.to;
      if (each->is("RedirectMatch")) {
        const RegexMatch match = regex_search(to.from, path_);
        if (match.matches != Tells::yes) continue;
        target = with_groups(to.to, '$', match);
      } else {
        const auto taken = prefix_match(to.from, path_);
        if (!taken) continue;
        target += path_.substr(*taken);
      }
      return to.status >= 400 ? refuse(*each, to.status) : redirect(*each, target);
    }
    return Flow::passed;
  }

  Flow redirect(const Directive& by, const std::string& to) {
    walk_.step(by.at, fmt::format("redirected to {} by `{}`", shown(to), text_of(by)));
    walk_.end(Ending::answered, path_);
    walk_.find({Rule::redirected,
                Severity::error,
                by.at,
                fmt::format("`{}` answers with a redirect to {}", text_of(by), shown(to)),
                "WebSocket clients do not follow redirects: the connection fails",
                {},
                correction(),
                {}});
    return Flow::ended;
  }

  Flow refuse(const Directive& by, int status) {
    walk_.step(by.at, fmt::format("refused with {} by `{}`", status, text_of(by)));
    walk_.end(Ending::answered, path_);
    walk_.find({status == 404 ? Rule::no_route : Rule::request_denied,
                Severity::error,
                by.at,
                fmt::format("`{}` refuses {}; the application is not asked", text_of(by), path_),
                fmt::format("{} instead of 101, from the proxy itself, whatever the token", status),
                {},
                correction(),
                {}});
    return Flow::ended;
  }

  Flow check() {
    for (const Directive* each : in_force_) {
      if (!each->is("SSLVerifyClient") || !same_ignoring_case(each->word(0), "require")) continue;
      walk_.step(each->at, fmt::format("a client certificate is asked for by `{}`", text_of(*each)));
      walk_.find({Rule::auth_in_front,
                  Severity::error,
                  each->at,
                  fmt::format("`{}` lets only clients with a certificate in", text_of(*each)),
                  "the TLS connection of every other client is refused",
                  {},
                  {"ask for certificates in a virtual host of its own", "SSLVerifyClient none\n"},
                  {}});
    }
    return check_access(sections_in_order(), walk_);
  }

  [[nodiscard]] std::string root() const {
    std::string root = "/var/www/html";
    for (const Directive* each : top_) {
      if (each->is("DocumentRoot")) root = each->word(0);
    }
    return root;
  }

  void serve_file() {
    const Directive* fallback = nullptr;
    for (const Directive* each : in_force_) {
      if (each->is("FallbackResource")) fallback = each;
      const bool is_of_files = each->is("Directory") && root().starts_with(each->word(0));
      if (is_of_files) {
        if (const Directive* inner = last_of(each->block, "FallbackResource")) fallback = inner;
      }
    }
    const Directive* by = changed_by_ != nullptr ? changed_by_ : fallback;
    if (by == nullptr) return not_found();
    if (same_ignoring_case(by->word(0), "disabled")) return not_found();
    walk_.step(by->at, fmt::format("answered with a file by `{}`", text_of(*by)));
    walk_.end(Ending::answered, path_);
    walk_.find({Rule::static_fallback,
                Severity::error,
                by->at,
                by == changed_by_ && file_ != nullptr
                    ? fmt::format("`{}` makes a file of {}; without [PT] no ProxyPass is asked", text_of(*by),
                                  walk_.question().path)
                    : fmt::format("`{}` answers {} with a file", text_of(*by), walk_.question().path),
                "a page, or 404, instead of 101",
                {},
                correction(),
                {}});
  }

  void not_found() {
    const Directive* by = excluded_by_ != nullptr ? excluded_by_ : site_.host;
    // The main server stands nowhere, but in the file of its directives.
    const Place at = by != nullptr ? by->at : Place{top_.empty() ? std::string() : top_.front()->at.file, 0, 0};
    walk_.step(at, fmt::format("no ProxyPass takes {}: looked for among the files", path_));
    walk_.end(Ending::no_route, path_);
    walk_.find({Rule::no_route,
                Severity::error,
                at,
                by == nullptr ? fmt::format("nothing forwards {}", path_)
                              : fmt::format("`{}` does not forward {}", text_of(*by), path_),
                "404 instead of 101, from the proxy itself",
                {},
                correction(),
                {}});
  }

  [[nodiscard]] Correction correction() const {
    // The first application that the host forwards to: most likely the one that is meant.
    std::string url = url_;
    for (const Directive* each : top_) {
      if (url.empty() && each->is("ProxyPass") && each->word(1) != "!") url = each->word(1);
    }
    return own_proxy_pass(walk_, url);
  }

  const Site& site_;
  Walk& walk_;
  std::vector<const Directive*> top_;
  std::string path_;
  std::vector<const Directive*> locations_;
  std::vector<const Directive*> in_force_;
  const Directive* changed_by_ = nullptr;
  const Directive* file_ = nullptr;
  const Directive* proxy_ = nullptr;
  const Directive* excluded_by_ = nullptr;
  std::string url_;
};

void judge_names(const Site& site, Walk& walk) {
  for (const Directive* other : site.shadowed) {
    walk.find({Rule::ambiguous_site,
               Severity::warning,
               other->at,
               fmt::format("a second virtual host for {}: the first one takes every request", site.title),
               "what is written here has no effect",
               {},
               {"keep one virtual host for each name, and put the directives of both into it", ""},
               {{site.host->at, "this one takes the requests"}}});
  }
}

}  // namespace

void follow(const Configuration& configuration, const Site& site, const Question& question,
            const Deployment& deployment, Result& result) {
  Walk walk("Apache", question, deployment, result);
  walk.trace().site = site.title;
  if (site.host != nullptr) walk.trace().site_at = site.host->at;
  if (site.by_default) {
    walk.step(site.host->at, fmt::format("no virtual host is named {}: the first one takes it", shown(question.host)));
  }
  judge_names(site, walk);
  Walker(configuration, site, walk).run();
  walk.finish();
}

}  // namespace wsprobe::lint::apache
