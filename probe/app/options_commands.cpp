// The commands with few options of their own: run, check, demo, explain.
#include <fmt/format.h>

#include "app/options_cli.hpp"
#include "attribution/products.hpp"
#include "core/text.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {

void add_run_options(CLI::App& app, RunOptions& options) {
  add_files(app, options.files, "Scenario files, run one after the other");
  add_probe_options(app, options.probe);
  add_output_options(app, options.output);
  add_publishing_options(app, options.output);
  app.footer(
      "Exit codes: 0 every expectation was met; 1 one was not; 2 a file or the command line is wrong;\n"
      "3 wsprobe could not do its work; 130 or 143 stopped by a signal. Of several files the worst counts.\n"
      "\n"
      "Examples:\n"
      "  wsprobe run scenarios/incident.yaml\n"
      "  wsprobe run --format json --output report.json scenarios/*.yaml\n"
      "  wsprobe run --textfile /var/lib/prometheus/node-exporter/wsprobe.prom scenarios/incident.yaml\n"
      "  wsprobe run --connect-to api.example.com:443:127.0.0.1:8443 -k scenarios/incident.yaml\n");
}

void add_check_options(CLI::App& app, CheckOptions& options) {
  add_files(app, options.files, "Scenario files");
  app.add_flag_function(
      "--without-credentials", [&options](std::int64_t) { options.credentials = scenario::Credentials::optional; },
      "Accept that variables and secret files are missing here");
  app.footer(
      "Examples:\n"
      "  wsprobe check scenarios/*.yaml\n"
      "  wsprobe check --without-credentials scenarios/incident.yaml    # in CI, which holds no tokens\n");
}

void add_demo_options(CLI::App& app, DemoOptions& options) {
  std::string words;
  std::string footer = "Incidents:\n";
  for (const demo::Incident incident : demo::all_incidents()) {
    words += fmt::format("{}{}", words.empty() ? "" : ", ", name(incident));
    footer += fmt::format("  {:18}{}\n", name(incident), description(incident));
  }
  footer += "\nExamples:\n  wsprobe demo\n  wsprobe demo healthy\n  wsprobe demo upgrade-stripped -v\n";
  app.add_option_function<std::string>(
         "INCIDENT",
         [&options, words](const std::string& value) {
           const auto incident = demo::incident_named(value);
           if (!incident) {
             refuse(fmt::format("`{}` is not an incident", escape_for_display(value)), "allowed: " + words, "", value);
           }
           options.incident = *incident;
         },
         "What is broken (default: try-files)")
      ->type_name("");
  add_experiments_options(app, options.experiments);
  add_output_options(app, options.output);
  app.footer(footer);
}

void add_explain_options(CLI::App& app, ExplainOptions& options) {
  app.add_option("WORD|REPORT.json", options.subjects,
                 "Words (none: list them), or saved JSON reports (-: standard input)")
      ->type_name("");
  add_repeatable(app, "--without-signatures", "PRODUCT", "Judge as if this product were unknown",
                 [&options](const std::string& value) {
                   if (attribution::product(value) == nullptr) {
                     std::vector<std::string> known;
                     for (const attribution::Product& product : attribution::all_products())
                       known.emplace_back(product.id);
                     const auto nearest = scenario::nearest(value, known);
                     refuse(fmt::format("--without-signatures: `{}` is not a product", escape_for_display(value)),
                            nearest ? fmt::format("did you mean `{}`?", *nearest)
                                    : fmt::format("allowed: {}", fmt::join(known, ", ")),
                            "--without-signatures", value);
                   }
                   options.without_signatures.push_back(value);
                 })
      ->group("Judging");
  add_output_options(app, options.output);
  app.footer(
      "A report is judged again from the evidence in it; nothing is sent. Exit codes: 0 the verdict is the one in the\n"
      "file; 1 it is another; 2 a word or a file cannot be used.\n"
      "\n"
      "Examples:\n"
      "  wsprobe explain\n"
      "  wsprobe explain proxy_rewrote_path\n"
      "  wsprobe explain report.json\n"
      "  wsprobe explain --without-signatures nginx --format json reports/*.json\n");
}

}  // namespace wsprobe::app
