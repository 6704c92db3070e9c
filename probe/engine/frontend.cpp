#include "engine/frontend.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "browser/connect.hpp"
#include "browser/literals.hpp"
#include "browser/page.hpp"
#include "core/text.hpp"
#include "engine/frontend_doubts.hpp"
#include "engine/page_requests.hpp"
#include "engine/requests.hpp"
#include "engine/script_host.hpp"
#include "engine/steps.hpp"

namespace wsprobe::engine {
namespace {

using browser::PageContents;
using browser::PageScript;
using browser::Policy;
using browser::ScriptEnd;
using exchange::ExchangeResult;
using exchange::HttpSpec;
using exchange::Target;
using scenario::Scenario;

constexpr std::size_t kept_text = 300;
constexpr std::size_t kept_policy = 8192;  // what is cut cannot be put right

std::string_view word(ScriptEnd end) {
  switch (end) {
    case ScriptEnd::completed: return "completed";
    case ScriptEnd::threw: return "threw";
    case ScriptEnd::needed: return "needed";
    case ScriptEnd::out_of_time: return "out_of_time";
    case ScriptEnd::out_of_memory: return "out_of_memory";
    case ScriptEnd::left_page: return "left_page";
    case ScriptEnd::not_run: return "not_run";
  }
  return "";
}

std::string shown(std::string_view text, std::size_t most = kept_text) {
  return shorten(escape_for_display(text), most);
}

BrowserAnswer browser_answer(browser::ConnectAnswer::Answer answer) {
  switch (answer) {
    case browser::ConnectAnswer::Answer::connects: return BrowserAnswer::connects;
    case browser::ConnectAnswer::Answer::blocked:
    case browser::ConnectAnswer::Answer::throws: return BrowserAnswer::blocked;
    case browser::ConnectAnswer::Answer::undetermined: break;
  }
  return BrowserAnswer::undetermined;
}

/// "wss://api.example.com/api/ws": never a query, where tokens are.
std::string display(const Target& target, bool upgrade) {
  const bool secure = target.authority.security == net::Security::tls;
  const std::string_view scheme = upgrade ? (secure ? "wss" : "ws") : (secure ? "https" : "http");
  return fmt::format("{}://{}{}", scheme, target.host_field, target.path);
}

/// One page, from its URL to what a browser would do.
class Visit {
 public:
  Visit(const Scenario& scenario, const scenario::FrontendStep& step, Exchanges& exchanges)
      : scenario_(scenario), step_(step), exchanges_(exchanges) {}

  net::awaitable<void> run(ExchangeResult& result, std::optional<FrontendFacts>& facts) {
    co_await fetch_page(result);
    if (!page_url_) co_return;
    facts_ = &facts.emplace();
    facts_->page = page_url_->display();
    facts_->redirects = redirects_;
    facts_->variable = "window." + step_.variable;
    name_wanted();
    const Response& response = *result.evidence.response;
    if (std::string problem = problem_with_page(response); !problem.empty()) {
      facts_->problem = std::move(problem);
      co_return;
    }
    contents_ = browser::read_page(*page_url_, response.body);
    take_policies(response);
    for (const std::string& problem : contents_.problems) facts_->notes.push_back(problem);
    if (contents_.refresh) {
      facts_->notes.push_back(fmt::format("the page sends browsers on to {} by itself (a meta element, line {})",
                                          shown(contents_.refresh->url.display()), contents_.refresh->line));
    }
    co_await run_page_scripts();
    if (!facts_->value) co_return;
    judge();
    if (facts_->answer == BrowserAnswer::connects) co_await attempt();
  }

 private:
  net::awaitable<void> fetch_page(ExchangeResult& result) {
    const scenario::Url& frontend = *scenario_.frontend;
    const std::string base = frontend.path == "/" ? "" : frontend.path;
    const std::string path = step_.path == "/" && !base.empty() ? base : base + step_.path;
    auto url = browser::parse_url(fmt::format("{}://{}{}", frontend.scheme, frontend.authority(), path));
    for (std::size_t redirects = 0; url; ++redirects) {
      result = {};
      HttpSpec spec = get(*url, largest_page, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
      net::awaitable<void> exchange = exchanges_.get(std::move(spec), result);
      co_await std::move(exchange);
      if (!result.evidence.response || !std::holds_alternative<Completed>(result.outcome)) co_return;
      const Response& response = *result.evidence.response;
      strict_.note(*url, response);
      const auto next = is_redirect(response) && redirects < most_page_redirects
                            ? browser::parse_url(*response.head.find("Location"), &*url)
                            : tl::expected<browser::Url, std::string>(tl::unexpected<std::string>(""));
      if (!next || !(next->scheme == "http" || next->scheme == "https")) {
        page_url_ = *url;
        co_return;
      }
      redirects_.push_back(url->display());
      url = strict_.upgraded(*next);
    }
  }

  void take_policies(const Response& response) {
    const auto take = [&](browser::PolicySource source) {
      for (Policy& policy : browser::parse_policies(source)) policies_.push_back(std::move(policy));
      facts_->policies.push_back({shown(source.text, kept_policy), source.disposition == browser::Disposition::report,
                                  source.delivery == browser::Delivery::meta, source.line});
    };
    for (const HeaderField& field : response.head.fields) {
      if (equals_ignoring_case(field.name, "Content-Security-Policy")) {
        take({field.value, browser::Disposition::enforce, browser::Delivery::header, 0});
      } else if (equals_ignoring_case(field.name, "Content-Security-Policy-Report-Only")) {
        take({field.value, browser::Disposition::report, browser::Delivery::header, 0});
      }
    }
    for (const browser::MetaPolicy& policy : contents_.policies) {
      take({policy.text, browser::Disposition::enforce, browser::Delivery::meta, policy.line});
    }
  }

  // ---- scripts ----

  net::awaitable<void> run_page_scripts() {
    browser::ScriptRequest request;
    request.page = page_url_->href();
    request.base = contents_.base.href();
    request.variable = step_.variable;
    std::vector<std::size_t> positions;  // of the request's scripts, in facts
    std::size_t bytes = 0;
    for (const PageScript& script : contents_.scripts) {
      if (facts_->scripts.size() == browser::most_scripts) {
        facts_->notes.push_back(
            fmt::format("the page has more than {} scripts: the others were not looked at", browser::most_scripts));
        break;
      }
      std::optional<browser::ScriptText> text = co_await fetch(script);
      if (!text) continue;
      bytes += text->text.size();
      if (bytes > browser::most_script_bytes) {
        facts_->scripts.back().end = "not_run";
        facts_->scripts.back().detail = "the scripts are too long together";
        break;
      }
      note_literals(*text, facts_->scripts.back());
      positions.push_back(facts_->scripts.size() - 1);
      request.scripts.push_back(std::move(*text));
    }
    if (request.scripts.empty()) {
      facts_->problem = facts_->scripts.empty() ? "the page has no script" : "none of the page's scripts can be run";
      co_return;
    }
    auto answer = co_await run_scripts(request, exchanges_.deadline());
    if (!answer) {
      facts_->problem = std::move(answer.error());
      co_return;
    }
    for (std::size_t at = 0; at < positions.size() && at < answer->runs.size(); ++at) {
      FrontendScript& script = facts_->scripts[positions[at]];
      script.end = std::string(word(answer->runs[at].end));
      script.detail = shown(answer->runs[at].detail);
      script.at_line = answer->runs[at].line;
    }
    if (std::string doubt = doubt_about(*facts_, {request, *answer, positions, unsure_, unread_}); !doubt.empty()) {
      facts_->problem = std::move(doubt);
      co_return;
    }
    choose_url(*answer, positions);
  }

  /// None where the browser would not run it, or it cannot be had; facts say why.
  net::awaitable<std::optional<browser::ScriptText>> fetch(const PageScript& script) {
    FrontendScript& entry = facts_->scripts.emplace_back();
    entry.line = script.line;
    if (script.source) entry.address = shown(script.source->display());
    const auto leave_out = [&](std::string end, std::string detail) {
      entry.end = std::move(end);
      entry.detail = std::move(detail);
      return std::optional<browser::ScriptText>();
    };
    const browser::ScriptPermission permission = browser::may_run(policies_, script, *page_url_);
    if (permission.runs == browser::Runs::no) co_return leave_out("blocked", shown(permission.directive));
    if (permission.runs == browser::Runs::cannot_tell) {
      be_unsure("the page's policy wants a hash of it, which was not checked");
    }
    browser::ScriptText text;
    text.module = script.module;
    text.deferred = script.timing != browser::ScriptTiming::at_once;
    if (!script.source) {
      text.text = script.text;
      text.first_line = script.text_line;
      co_return text;
    }
    if (const std::string& scheme = script.source->scheme; scheme != "http" && scheme != "https") {
      if (scheme == "data") unread_ = facts_->scripts.size();
      co_return leave_out("not_fetched", fmt::format("addresses of {}: are not read here", shown(scheme)));
    }
    const browser::Url source = secured(*script.source);
    if (is_mixed(source)) co_return leave_out("blocked", "mixed content: a page of https loads no script by http");
    text.address = script.source->href();
    std::string problem;
    co_await download(source, script, text.text, problem);
    if (!problem.empty()) co_return leave_out("not_fetched", std::move(problem));
    if (has_attribute(script, "integrity")) {
      facts_->notes.push_back(
          fmt::format("the script of line {} has an integrity attribute, which was not checked", script.line));
    }
    co_return text;
  }

  /// Of the script that was added last: whether browsers run it is not known.
  void be_unsure(std::string reason) {
    facts_->notes.push_back(fmt::format("whether browsers run the script of line {} is not known: {}",
                                        facts_->scripts.back().line, reason));
    unsure_.emplace(facts_->scripts.size() - 1, std::move(reason));
  }

  /// As the page has it loaded: upgrade-insecure-requests, Strict-Transport-Security.
  [[nodiscard]] browser::Url secured(const browser::Url& url) const {
    const bool upgrades = std::any_of(policies_.begin(), policies_.end(), [](const Policy& policy) {
      return policy.disposition == browser::Disposition::enforce && policy.find("upgrade-insecure-requests") != nullptr;
    });
    return upgrades && !browser::is_loopback(url.host) ? by_tls(url) : strict_.upgraded(url);
  }

  [[nodiscard]] bool is_mixed(const browser::Url& url) const {
    return page_url_->scheme == "https" && url.scheme == "http" && !browser::is_loopback(url.host);
  }

  net::awaitable<void> download(browser::Url url, PageScript script, std::string& into, std::string& problem) {
    for (std::size_t redirects = 0;; ++redirects) {
      ExchangeResult result;
      HttpSpec spec = get(url, largest_script, "*/*");
      const bool shared = needs_consent(script) && url.origin() != page_url_->origin();
      if (shared) spec.fields.push_back({"Origin", Text(page_url_->origin())});
      net::awaitable<void> exchange = exchanges_.get(std::move(spec), result);
      co_await std::move(exchange);
      if (const auto* failed = std::get_if<Failed>(&result.outcome)) {
        problem = sentence(failed->error.reason);
        co_return;
      }
      Response& response = *result.evidence.response;
      if (is_redirect(response) && redirects < most_page_redirects) {
        const auto next = browser::parse_url(*response.head.find("Location"), &url);
        if (next && (next->scheme == "http" || next->scheme == "https")) {
          url = secured(*next);
          if (is_mixed(url)) {
            problem = "mixed content: it is redirected to http, and a page of https loads no script by that";
            co_return;
          }
          script.source = url;
          if (browser::may_run(policies_, script, *page_url_).runs == browser::Runs::no) {
            be_unsure("it is redirected to an address that the page's policy does not name");
          }
          continue;
        }
      }
      problem = problem_with_script(response, script.module);
      if (problem.empty() && shared && !consents(response, page_url_->origin())) {
        problem =
            "browsers do not run it: it is another origin's, whose answer has no Access-Control-Allow-Origin "
            "for this page";
      }
      if (problem.empty() && (problem = why_unreadable(response), !problem.empty())) unread_ = facts_->scripts.size();
      into = std::move(response.body);
      co_return;
    }
  }

  void note_literals(const browser::ScriptText& text, const FrontendScript& entry) {
    for (const browser::Literal& literal : browser::find_literals(text.text)) {
      if (facts_->literals.size() == browser::most_literals) return;
      const std::size_t line = literal.line + text.first_line - 1;
      facts_->literals.push_back(fmt::format("{}{} ({}:{})", shown(literal.url.substr(0, literal.url.find('?'))),
                                             literal.whole ? "" : "...",
                                             entry.address.empty() ? facts_->page : entry.address, line));
    }
  }

  // ---- the URL ----

  void choose_url(const browser::ScriptAnswer& answer, const std::vector<std::size_t>& positions) {
    const auto place = [&](const browser::ScriptPlace& at) -> std::string {
      if (!at.script || *at.script >= positions.size()) return {};
      const FrontendScript& script = facts_->scripts[positions[*at.script]];
      const std::string& where = script.address.empty() ? facts_->page : script.address;
      return at.line == 0 ? where : fmt::format("{}:{}", where, at.line);
    };
    if (!answer.sockets.empty()) {
      const browser::SocketCall& call = answer.sockets.front();
      set_url(call.url, "new WebSocket()", place(call.place));
      is_base_ = false;
      if (answer.sockets.size() > 1) {
        facts_->notes.push_back(
            fmt::format("the scripts open {} WebSockets; the first is judged", answer.sockets.size()));
      }
    } else if (answer.value && !answer.value->empty()) {
      set_url(*answer.value, facts_->variable, place(answer.assigned));
      if (answer.changed_later) facts_->notes.emplace_back("the variable got this value after the page was loaded");
    } else if (answer.found.size() == 1) {
      set_url(answer.found.front().value, answer.found.front().path, {});
      facts_->notes.push_back(fmt::format("{} is {}", facts_->variable, answer.value_type));
    } else {
      say_what_is_missing(answer);
    }
  }

  void set_url(const std::string& value, std::string from, std::string place) {
    facts_->value = shown(value.substr(0, value.find('?')));
    written_ = value;
    facts_->from = std::move(from);
    facts_->place = std::move(place);
  }

  void say_what_is_missing(const browser::ScriptAnswer& answer) {
    facts_->problem =
        answer.found.empty()
            ? fmt::format("{} is {} when the page's scripts have run, and no other WebSocket URL is on window",
                          facts_->variable, answer.value ? "empty" : answer.value_type)
            : fmt::format("{} is {}, and several other WebSocket URLs are on window", facts_->variable,
                          answer.value ? "empty" : answer.value_type);
    for (const browser::FoundValue& found : answer.found) {
      facts_->literals.push_back(
          fmt::format("{} ({})", shown(found.value.substr(0, found.value.find('?'))), found.path));
    }
    const auto ended = [](const FrontendScript& script) {
      return script.end == "needed" || script.end == "out_of_time" || script.end == "out_of_memory";
    };
    const auto script = std::find_if(facts_->scripts.begin(), facts_->scripts.end(), ended);
    if (script == facts_->scripts.end()) return;
    facts_->problem += fmt::format("; the script {} was ended before its time: {}{}",
                                   script->address.empty() ? fmt::format("of line {}", script->line) : script->address,
                                   script->end == "needed" ? "it needs a browser, for " : script->end, script->detail);
  }

  // ---- what the scenario itself asks for ----

  void name_wanted() {
    if (const auto base = base_step_of(scenario_)) {
      upgrade_ = request_of(scenario_, std::get<scenario::UpgradeStep>(scenario_.steps[*base]));
    } else {
      upgrade_.target.authority = {scenario_.edge.secure() ? net::Security::tls : net::Security::plain,
                                   scenario_.edge.host, scenario_.edge.port};
      upgrade_.target.host_field = scenario_.edge.authority();
      upgrade_.target.path = scenario_.edge.path;
    }
    facts_->wanted = display(upgrade_.target, true);
  }

  /// What a script makes of a base URL is not known; that it appends what is missing of the WebSocket's
  /// path is what bases are for.
  [[nodiscard]] std::string argument() const {
    if (!is_base_) return written_;
    auto url = browser::parse_url(written_, &contents_.base);
    if (!url || url->fragment || url->query || !url->is_web()) return written_;
    const std::string start = url->path.ends_with('/') ? url->path : url->path + "/";
    if (!upgrade_.target.path.starts_with(start)) return written_;
    url->path = upgrade_.target.path;
    return url->href();
  }

  void judge() {
    browser::Page page{*page_url_, contents_.base, policies_, strict_.hosts()};
    const browser::ConnectAnswer answer = browser::would_connect(page, argument());
    for (const std::string& note : answer.notes) facts_->notes.push_back(shown(note));
    facts_->wanted_is_allowed =
        browser::would_connect(page, facts_->wanted).answer == browser::ConnectAnswer::Answer::connects;
    if (answer.answer == browser::ConnectAnswer::Answer::undetermined) {
      facts_->problem = shown(answer.sentence);
    } else {
      facts_->obstacle = static_cast<BrowserObstacle>(answer.why);
    }
    facts_->directive = shown(answer.directive, kept_policy);
    facts_->sentence = shown(answer.sentence);
    if (answer.url) {
      url_ = *answer.url;
      facts_->url = shown(url_.display());
      const Target asked = target_of(url_);
      facts_->same_origin = asked.authority.security == upgrade_.target.authority.security &&
                            asked.authority.host == upgrade_.target.authority.host &&
                            asked.authority.port == upgrade_.target.authority.port;
      facts_->same_path = asked.path == upgrade_.target.path;
    }
    facts_->answer = browser_answer(answer.answer);
  }

  // ---- trying it ----

  net::awaitable<void> attempt() {
    exchange::UpgradeSpec spec = upgrade_;
    spec.session = {};
    FrontendAttempt made;
    if (facts_->same_origin) {
      made.with_credential = true;
      spec.target.path = url_.path;
    } else {
      spec = {};
      spec.target = target_of(url_);
    }
    std::erase_if(spec.fields,
                  [](const wire::RequestField& field) { return equals_ignoring_case(field.name, "Origin"); });
    spec.fields.push_back({"Origin", Text(page_url_->origin())});
    ExchangeResult result;
    net::awaitable<void> exchange = exchanges_.upgrade(std::move(spec), result);
    co_await std::move(exchange);
    if (std::holds_alternative<Completed>(result.outcome)) {
      made.accepted = true;
    } else if (const auto* failed = std::get_if<Failed>(&result.outcome)) {
      made.failure = failed->error;
      made.failure->detail = shown(made.failure->detail);
      facts_->answer = BrowserAnswer::unreachable;
    } else {
      const Evidence& evidence = result.evidence;
      made.status = evidence.session && evidence.session->close ? evidence.session->close->code.value_or(0)
                    : evidence.response                         ? evidence.response->head.status
                                                                : 0;
      facts_->answer = BrowserAnswer::refused;
    }
    facts_->attempt = std::move(made);
  }

  const Scenario& scenario_;
  const scenario::FrontendStep& step_;
  Exchanges& exchanges_;
  FrontendFacts* facts_ = nullptr;
  std::vector<std::string> redirects_;
  StrictHosts strict_;
  std::map<std::size_t, std::string> unsure_;  // of facts' scripts: why it is not known whether browsers run them
  std::size_t unread_ = 0;                     // one past one of facts' scripts that browsers run, and this did not
  std::optional<browser::Url> page_url_;
  PageContents contents_;
  std::vector<Policy> policies_;
  exchange::UpgradeSpec upgrade_;  // the scenario's own
  std::string written_;            // the page's URL, as it is written
  bool is_base_ = true;
  browser::Url url_;
};

bool asks_itself(const Scenario& scenario, const FrontendFacts& facts) {
  return facts.same_origin && facts.same_path && base_step_of(scenario).has_value();
}

}  // namespace

net::awaitable<void> follow_browser(const Scenario& scenario, const scenario::FrontendStep& step, Exchanges& exchanges,
                                    ExchangeResult& result, std::optional<FrontendFacts>& facts) {
  Visit visit(scenario, step, exchanges);
  co_await visit.run(result, facts);
}

std::vector<std::string> unmet_by_frontend(const Scenario& scenario, const FrontendFacts& facts) {
  switch (facts.answer) {
    case BrowserAnswer::connects: return {};
    case BrowserAnswer::blocked: return {fmt::format("a browser would not open {}: {}", facts.url, facts.sentence)};
    case BrowserAnswer::undetermined:
      return {fmt::format("what a browser would open on this page is not known: {}", facts.problem)};
    case BrowserAnswer::refused:
    case BrowserAnswer::unreachable: break;
  }
  if (asks_itself(scenario, facts)) return {};
  if (facts.answer == BrowserAnswer::refused) {
    return {fmt::format("the page's WebSocket {} was refused with {}", facts.url, facts.attempt->status)};
  }
  return {fmt::format("the page's WebSocket {} cannot be reached: {}", facts.url,
                      sentence(facts.attempt->failure->reason))};
}

}  // namespace wsprobe::engine
