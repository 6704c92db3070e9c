// The frontend step: a page as a browser would take it, up to the WebSocket that it opens.
//
// Fetched are the page, through its redirects, and its scripts; run are the scripts, in a process of their own; read is
// the URL that they leave in a variable of window, or that they give to `new WebSocket`. Whether a browser would open
// it is judged by the page's own rules (browser/connect.hpp), and then it is tried, with the page's Origin.
//
// The scenario's credential goes along only where the URL is at the scenario's own edge: a page may name any host, and
// none of them gets a token of ours.
#pragma once

#include "core/report.hpp"
#include "engine/exchanges.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::engine {

inline constexpr std::size_t most_page_redirects = 10;

/// `result` is the exchange that brought the page, or failed to; `facts` are set once there is a page.
net::awaitable<void> follow_browser(const scenario::Scenario& scenario, const scenario::FrontendStep& step,
                                    Exchanges& exchanges, exchange::ExchangeResult& result,
                                    std::optional<FrontendFacts>& facts);

/// One sentence where a browser on this page would not get its WebSocket for a reason that is the page's. What becomes
/// of a URL that another step of the scenario asks for is told by that step.
[[nodiscard]] std::vector<std::string> unmet_by_frontend(const scenario::Scenario& scenario,
                                                         const FrontendFacts& facts);

}  // namespace wsprobe::engine
