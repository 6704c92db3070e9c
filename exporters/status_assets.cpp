// Style and script of the status page.
#include "exporters/status_page.hpp"

namespace wsprobe::exporters {

std::string_view page_style() {
  return R"(:root {
  --ground: #ffffff; --text: #1b1f24; --faint: #57606a; --edge: #d0d7de; --panel: #f6f8fa;
  --good: #116329; --bad: #b42318; --open: #6b5900; --link: #0550ae;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --text: #e6edf3; --faint: #9198a1; --edge: #30363d; --panel: #161b22;
    --good: #56d364; --bad: #ff8a80; --open: #e3b341; --link: #79c0ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 0 1rem 2rem; max-width: 76rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { position: static; }
header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; border-bottom: 1px solid var(--edge); }
header nav a { display: inline-block; padding: .75rem .5rem; }
header nav a:first-child { padding-left: 0; font-weight: 600; }
#live, footer, small { color: var(--faint); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; color: var(--faint); padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .5rem; border-top: 1px solid var(--edge); font-weight: normal; }
thead th { color: var(--faint); }
.state { font-weight: 600; white-space: nowrap; }
.state.good { color: var(--good); } .state.bad { color: var(--bad); } .state.open { color: var(--open); }
h1 .state { font-size: 1rem; }
.summary { font-size: 1.15rem; }
.verdict { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0; }
.verdict dt { color: var(--faint); font-size: .85rem; } .verdict dd { margin: 0; font-weight: 600; }
.step { border: 1px solid var(--edge); background: var(--panel); padding: .75rem 1rem; margin: .75rem 0; }
.step p { margin: .25rem 0; overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--edge); padding: .75rem 1rem; overflow-x: auto; }
svg { display: block; max-width: 100%; }
.strip .good { fill: var(--good); } .strip .bad { fill: var(--bad); }
.waterfall { display: grid; grid-template-columns: max-content max-content minmax(4rem, 1fr); gap: .15rem .75rem;
  align-items: center; margin-top: .5rem; font-size: .85rem; color: var(--faint); }
.waterfall .took { text-align: right; font-variant-numeric: tabular-nums; }
.waterfall svg { width: 100%; height: .75rem; }
.phase { fill: var(--link); } .p-first_byte { fill: var(--open); } .p-tls { fill: var(--good); }
figure { margin: 1rem 0; }
.chart { width: 100%; height: 7.5rem; border-left: 1px solid var(--edge); border-bottom: 1px solid var(--edge); }
.chart * { vector-effect: non-scaling-stroke; }
.chart .line { fill: none; stroke: var(--link); stroke-width: 1.5; }
.chart .bad { stroke: var(--bad); stroke-width: 2; stroke-opacity: .5; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; color: var(--faint);
  font-size: .85rem; }
.axis { stroke: var(--edge); }
.remedy { border-left: 4px solid var(--link); padding-left: 1rem; } .remedy p { max-width: 60rem; }
.runs { width: 12rem; }
@media (forced-colors: active) { .phase, .strip rect { fill: CanvasText; } }
@media (max-width: 40rem) { thead { display: none; } tr, th, td { display: block; border-top: 0; padding: .15rem 0; }
  tr { border-top: 1px solid var(--edge); padding: .5rem 0; } }
)";
}

std::string_view page_script() {
  return R"((() => {
  "use strict";
  const live = document.getElementById("live");
  const mine = document.getElementById("content").dataset.scenario;
  let waiting = false;

  async function refresh() {
    waiting = false;
    const response = await fetch(location.href, { cache: "no-store" });
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const before = document.getElementById("content");
    const after = fresh.getElementById("content");
    if (!after) return;
    const focused = before.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    for (const details of before.querySelectorAll("details[open]")) {
      after.querySelector("#" + details.id)?.setAttribute("open", "");
    }
    before.replaceWith(document.adoptNode(after));
    if (focused) document.querySelector(`#content a[href="${CSS.escape(focused)}"]`)?.focus();
    document.title = fresh.title;
    document.querySelector("footer").replaceWith(document.adoptNode(fresh.querySelector("footer")));
  }

  const source = new EventSource("/events");
  source.addEventListener("open", () => { live.textContent = "live"; });
  source.addEventListener("error", () => { live.textContent = "not live: the server does not answer"; });
  source.addEventListener("ran", (event) => {
    if (waiting || (mine && !event.data.split(" ").includes(mine))) return;
    waiting = true;
    setTimeout(() => refresh().catch(() => { live.textContent = "not live: the server does not answer"; }),
               mine ? 0 : 2000);
  });
})();
)";
}

}  // namespace wsprobe::exporters
