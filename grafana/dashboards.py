"""The dashboards, as Python: generate.py writes them to dashboards/*.json.

Grafana's JSON repeats itself a great deal; what differs from panel to panel is here, in the order in which it is seen.
"""

PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}

# One colour a meaning, on both dashboards.
GOOD, BAD, WARNING, NEUTRAL = "green", "red", "orange", "text"
PARTY_COLOURS = {"proxy": "purple", "backend": "blue", "cdn": "yellow", "client": "light-blue", "network": "orange",
                 "frontend": "light-green", "none": "green", "undetermined": "dark-red"}


def target(expression, legend="", *, instant=False, table=False):
    return {"datasource": PROMETHEUS, "expr": expression, "legendFormat": legend or "__auto",
            "instant": instant, "range": not instant, "format": "table" if table else "time_series"}


def panel(kind, title, targets, *, unit="none", description="", options=None, defaults=None, overrides=()):
    field_defaults = {"unit": unit, "mappings": [], "thresholds": {"mode": "absolute", "steps": [
        {"color": GOOD, "value": None}]}}
    field_defaults.update(defaults or {})
    return {"type": kind, "title": title, "description": description, "datasource": PROMETHEUS,
            "targets": [dict(each, refId=chr(ord("A") + index)) for index, each in enumerate(targets)],
            "fieldConfig": {"defaults": field_defaults, "overrides": list(overrides)},
            "options": options or {}, "transformations": []}


def steps(*pairs):
    return {"thresholds": {"mode": "absolute", "steps": [{"color": c, "value": v} for v, c in pairs]}}


def yes_no(yes, no):
    return {"mappings": [{"type": "value", "options": {
        "1": {"text": yes, "color": GOOD, "index": 0}, "0": {"text": no, "color": BAD, "index": 1}}}]}


STAT = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "colorMode": "background",
        "graphMode": "none", "textMode": "auto", "justifyMode": "auto", "orientation": "auto"}
LEGEND = {"legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"], "showLegend": True},
          "tooltip": {"mode": "multi", "sort": "desc"}}
TIMELINE = {"mergeValues": True, "showValue": "auto", "rowHeight": 0.8, "alignValue": "left",
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
            "tooltip": {"mode": "single", "sort": "none"}}
LINES = {"custom": {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "auto", "spanNulls": False,
                    "stacking": {"mode": "none", "group": "A"}}}
STACKED = {"custom": {"drawStyle": "bars", "lineWidth": 0, "fillOpacity": 80, "stacking": {"mode": "normal", "group": "A"}}}
HEAT = {"calculate": False, "cellGap": 1, "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5,
                                                     "fill": "dark-orange", "reverse": False},
        "yAxis": {"axisPlacement": "left", "unit": "none", "reverse": False}, "rowsFrame": {"layout": "auto"},
        "cellValues": {"unit": "s"}, "tooltip": {"mode": "single", "yHistogram": False}, "legend": {"show": True},
        "exemplars": {"color": "red"}, "filterValues": {"le": 1e-9}}
TABLE = {"showHeader": True, "cellHeight": "sm"}


def lay_out(rows):
    """Panels in rows of (height, [(width, panel)...]), from the top; a string is the title of a section."""
    placed, y, number = [], 0, 1
    for row in rows:
        if isinstance(row, str):
            placed.append({"type": "row", "title": row, "id": number, "collapsed": False, "panels": [],
                           "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
            y, number = y + 1, number + 1
            continue
        height, columns = row
        x = 0
        for width, one in columns:
            placed.append(dict(one, id=number, gridPos={"x": x, "y": y, "w": width, "h": height}))
            x, number = x + width, number + 1
        y += height
    return placed


def variable(name, label, query, *, multi, everything=True):
    chosen = {"allValue": ".*", "current": {"selected": True, "text": ["All"], "value": ["$__all"]}} if everything else {}
    return {"type": "query", "name": name, "label": label, "datasource": PROMETHEUS, "query": {"query": query, "refId": name},
            "refresh": 2, "sort": 1, "multi": multi, "includeAll": everything,
            "hide": 0, "regex": "", "skipUrlSync": False,
            "options": [], **chosen}


def dashboard(uid, title, description, variables, rows):
    datasource = {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "hide": 0,
                  "refresh": 1, "regex": "", "multi": False, "includeAll": False, "skipUrlSync": False, "options": []}
    return {"uid": uid, "title": title, "description": description, "tags": ["wsprobe"], "schemaVersion": 38, "version": 1,
            "editable": True, "graphTooltip": 1, "refresh": "30s", "timezone": "browser", "weekStart": "",
            "time": {"from": "now-6h", "to": "now"}, "timepicker": {}, "fiscalYearStartMonth": 0, "liveNow": False,
            "id": None, "links": [{"type": "dashboards", "title": "wsprobe", "tags": ["wsprobe"], "asDropdown": False,
                                   "icon": "external link", "includeVars": True, "keepTime": True, "targetBlank": False,
                                   "tooltip": "", "url": ""}],
            "annotations": {"list": [{"name": "Alerts", "datasource": PROMETHEUS, "enable": True, "iconColor": BAD,
                                      "target": {"refId": "Alerts", "expr": 'ALERTS{alertname=~"WsProbe.+", alertstate="firing"}'},
                                      "titleFormat": "{{alertname}}", "textFormat": "{{scenario}} {{cause}}"}]},
            "templating": {"list": [datasource] + variables}, "panels": lay_out(rows)}


def overview():
    only = '{scenario=~"$scenario"}'
    to_scenario = {"title": "Show this scenario", "targetBlank": False,
                   "url": "/d/wsprobe-scenario?var-scenario=${__field.labels.scenario}&${__url_time_range}"}
    table = panel("table", "Scenarios and their verdicts", [
        target(f"max by (scenario, emitter, fault, cause) (wsprobe:verdict{only})", instant=True, table=True)],
        description="Who wrote the answer, who has to change something, and why; by scenario", options=TABLE,
        overrides=[{"matcher": {"id": "byName", "options": "Time"}, "properties": [{"id": "custom.hidden", "value": True}]},
                   {"matcher": {"id": "byName", "options": "Value"}, "properties": [{"id": "custom.hidden", "value": True}]},
                   {"matcher": {"id": "byName", "options": "scenario"}, "properties": [{"id": "links", "value": [
                       {"title": "Show this scenario", "url": "/d/wsprobe-scenario?var-scenario=${__value.text}"}]}]}])
    return dashboard("wsprobe-overview", "wsprobe: overview", "Every scenario, its verdict and its budget", [
        variable("scenario", "Scenario", "label_values(wsprobe:scenario_failing, scenario)", multi=True)], [
        (4, [
            (4, panel("stat", "Failing", [target(f"sum(max by (scenario) (wsprobe:scenario_failing{only})) or vector(0)")],
                      options=STAT, defaults=steps((None, GOOD), (1, BAD)),
                      description="Scenarios that fail from at least one vantage")),
            (4, panel("stat", "Scenarios", [target(f"count(count by (scenario) (wsprobe:scenario_failing{only})) or vector(0)")],
                      options=dict(STAT, colorMode="none"))),
            (4, panel("stat", "Invalid tokens let in", [
                target(f"sum(max by (scenario) (wsprobe_invalid_token_accepted{only})) or vector(0)")],
                options=STAT, defaults=steps((None, GOOD), (1, BAD)))),
            (4, panel("stat", "Undetermined", [
                target('count(count by (scenario) (wsprobe:verdict{scenario=~"$scenario", cause="undetermined"})) or vector(0)')],
                options=STAT, defaults=steps((None, GOOD), (1, WARNING)),
                description="Scenarios of whose failure what was seen does not tell the cause")),
            (4, panel("stat", "Next certificate to end", [target(f"min(wsprobe:tls_cert_expiry_seconds{only}) / 86400")],
                      options=STAT, unit="d", defaults=dict(steps((None, BAD), (3, WARNING), (14, GOOD)), decimals=1))),
            (4, panel("stat", "Oldest run", [target(f"max(wsprobe:last_run_age_seconds{only})")],
                      options=STAT, unit="s", defaults=steps((None, GOOD), (300, WARNING), (900, BAD)))),
        ]),
        (8, [(24, panel("state-timeline", "Success", [
            target(f"1 - max by (scenario) (wsprobe:scenario_failing{only})", "{{scenario}}")],
            options=TIMELINE, defaults=dict(yes_no("works", "fails"), links=[to_scenario])))]),
        (8, [(12, table),
             (12, panel("timeseries", "Rejections by who wrote them, a minute", [
                 target(f"sum by (emitter, fault, cause) (rate(wsprobe_rejections_total{only}[$__rate_interval])) * 60 > 0",
                        "{{emitter}} / {{fault}}: {{cause}}")], options=LEGEND, defaults=STACKED,
                 description="Invalid tokens that are refused as they should be are in here too: auth_rejected"))]),
        (8, [(12, panel("timeseries", "Share of failed runs", [
                target(f"wsprobe:scenario_error_ratio:rate1h{only}", "{{scenario}}, an hour"),
                target(f"wsprobe:scenario_error_ratio:rate1d{only}", "{{scenario}}, a day")],
                unit="percentunit", options=LEGEND, defaults=dict(LINES, **steps((None, GOOD), (0.005, BAD))))),
             (12, panel("timeseries", "Duration of the runs, 95 of 100", [
                 target(f"histogram_quantile(0.95, sum by (scenario, le) (rate(wsprobe_scenario_duration_seconds_bucket{only}[$__rate_interval])))",
                        "{{scenario}}")], unit="s", options=LEGEND, defaults=LINES))]),
        "The prober itself",
        (6, [(8, panel("timeseries", "Starts later than planned, 99 of 100", [
                target("histogram_quantile(0.99, sum by (instance, le) (rate(wsprobe_schedule_lag_seconds_bucket[$__rate_interval])))",
                       "{{instance}}")], unit="s", options=LEGEND, defaults=LINES)),
             (8, panel("timeseries", "Runs a second", [
                 target(f"sum by (instance) (rate(wsprobe_scenario_runs_total{only}[$__rate_interval]))", "{{instance}}")],
                 unit="ops", options=LEGEND, defaults=LINES)),
             (4, panel("stat", "Configuration", [target("min(wsprobe_config_last_reload_successful)")],
                       options=STAT, defaults=yes_no("in use", "refused"))),
             (4, panel("stat", "Versions", [target("count by (version) (wsprobe_build_info)", "{{version}}")],
                       options=dict(STAT, colorMode="none", textMode="value_and_name")))]),
    ])


def scenario():
    only = '{scenario="$scenario", instance=~"$instance", vantage=~"$vantage"}'
    party = {"mappings": []}
    verdicts = panel("state-timeline", "Verdict: written by / to change: cause", [
        target(f"max by (emitter, fault, cause) (wsprobe:verdict{only})", "{{emitter}} / {{fault}}: {{cause}}")],
        options=dict(TIMELINE, showValue="never"), description="The row that has a bar is the verdict at that time",
        defaults=dict(party, custom={"fillOpacity": 80}), overrides=[
            {"matcher": {"id": "byRegexp", "options": f".* / {fault}: .*"},
             "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}]}
            for fault, colour in PARTY_COLOURS.items()])
    return dashboard("wsprobe-scenario", "wsprobe: scenario", "One scenario: what it saw and what that means", [
        variable("scenario", "Scenario", "label_values(wsprobe:scenario_failing, scenario)", multi=False, everything=False),
        variable("vantage", "Vantage", 'label_values(wsprobe:scenario_failing{scenario="$scenario"}, vantage)', multi=True),
        variable("instance", "Instance", 'label_values(wsprobe:scenario_failing{scenario="$scenario"}, instance)', multi=True)], [
        (4, [
            (4, panel("stat", "Now", [target(f"1 - max(wsprobe:scenario_failing{only})")], options=STAT,
                      defaults=yes_no("works", "fails"))),
            (4, panel("stat", "Failed runs in this time", [
                target(f"sum(increase(wsprobe_scenario_failures_total{only}[$__range])) / sum(increase(wsprobe_scenario_runs_total{only}[$__range]))")],
                unit="percentunit", options=STAT, defaults=steps((None, GOOD), (0.001, WARNING), (0.005, BAD)))),
            (4, panel("stat", "Certificate ends in", [target(f"min(wsprobe:tls_cert_expiry_seconds{only}) / 86400")],
                      unit="d", options=STAT, defaults=dict(steps((None, BAD), (3, WARNING), (14, GOOD)), decimals=1))),
            (4, panel("stat", "Invalid token", [
                target(f"max(wsprobe_invalid_token_accepted{only} and ignoring (step) wsprobe_last_run_timestamp_seconds > 0)")], options=STAT,
                      defaults={"mappings": [{"type": "value", "options": {
                          "0": {"text": "not let in", "color": GOOD, "index": 0},
                          "1": {"text": "let in", "color": BAD, "index": 1}}}]})),
            (4, panel("stat", "WebSocket side, says the backend", [target(f"min(wsprobe_backend_ws_available{only})")],
                      options=STAT, defaults=yes_no("available", "not said to be"))),
            (4, panel("stat", "Last good run", [target(f"time() - max(wsprobe_last_success_timestamp_seconds{only} > 0)")],
                      unit="s", options=STAT, defaults=steps((None, GOOD), (120, WARNING), (600, BAD)))),
        ]),
        (6, [(24, verdicts)]),
        (6, [(8, panel("state-timeline", "Steps as expected", [target(f"min by (step) (wsprobe_step_success{only})", "{{step}}")],
                       options=TIMELINE, defaults=yes_no("yes", "no"))),
             (8, panel("state-timeline", "Vantages", [
                 target('1 - max by (vantage, instance) (wsprobe:scenario_failing{scenario="$scenario"})', "{{vantage}} {{instance}}")],
                 options=TIMELINE, defaults=yes_no("works", "fails"),
                 description="The same scenario from everywhere: one that differs has trouble on its own way to the service")),
             (8, panel("timeseries", "Duration by vantage, on average", [
                 target('sum by (vantage, instance) (rate(wsprobe_scenario_duration_seconds_sum{scenario="$scenario"}[$__rate_interval]))'
                        ' / sum by (vantage, instance) (rate(wsprobe_scenario_duration_seconds_count{scenario="$scenario"}[$__rate_interval]))',
                        "{{vantage}} {{instance}}")], unit="s", options=LEGEND, defaults=LINES))]),
        (8, [(12, panel("heatmap", "Time by phase", [
                target(f"avg by (phase) (wsprobe_step_phase_seconds{only}) > 0", "{{phase}}")], unit="s", options=HEAT)),
             (12, panel("timeseries", "Time by step and phase", [
                 target(f"avg by (step, phase) (wsprobe_step_phase_seconds{only}) > 0", "{{step}}: {{phase}}")],
                 unit="s", options=LEGEND, defaults=STACKED))]),
        (8, [(12, panel("timeseries", "Rejections by origin, a minute", [
                target(f"sum by (step, status, emitter, fault, cause) (rate(wsprobe_rejections_total{only}[$__rate_interval])) * 60 > 0",
                       "{{step}}: {{status}} by {{emitter}}, fault {{fault}}: {{cause}}")], options=LEGEND, defaults=STACKED)),
             (12, panel("timeseries", "Status by step", [target(f"max by (step) (wsprobe_step_status_code{only})", "{{step}}")],
                        options=LEGEND, defaults=LINES, description="101 is an accepted upgrade; 0 is no answer"))]),
        (8, [(8, panel("timeseries", "Ping round trip", [
                target(f"wsprobe_ping_rtt_seconds{only} > 0", "{{step}} from {{vantage}} {{instance}}")], unit="s", options=LEGEND,
                defaults=LINES)),
             (8, panel("timeseries", "Duration of the runs", [
                 target(f"histogram_quantile(0.5, sum by (le) (rate(wsprobe_scenario_duration_seconds_bucket{only}[$__rate_interval])))", "half of them"),
                 target(f"histogram_quantile(0.95, sum by (le) (rate(wsprobe_scenario_duration_seconds_bucket{only}[$__rate_interval])))", "95 of 100")],
                 unit="s", options=LEGEND, defaults=LINES)),
             (8, panel("timeseries", "Connections and topics, says the backend", [
                 target(f"max(wsprobe_backend_ws_active_connections{only})", "active connections"),
                 target(f"max(wsprobe_backend_ws_topics{only})", "topics")], options=LEGEND, defaults=LINES,
                 description="From /ws/active_connections and /ws/topics of the health document"))]),
    ])


def all_dashboards():
    return {"overview.json": overview(), "scenario.json": scenario()}
