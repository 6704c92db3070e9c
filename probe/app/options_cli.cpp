#include "app/options_cli.hpp"

#include <algorithm>
#include <string_view>

namespace wsprobe::app {
namespace {

void add_connect_options(CLI::App& app, net::ConnectSettings& connect) {
  const std::string group = "Reaching the target (as in curl)";
  add_repeatable(app, "--resolve", "HOST:PORT:ADDR", "Use this address instead of asking DNS",
                 [&connect](const std::string& value) {
                   connect.resolve.push_back(accepted(parse_resolve(value), "--resolve", value));
                 })
      ->group(group);
  add_repeatable(app, "--connect-to", "H1:P1:H2:P2", "Connect to H2:P2 instead of H1:P1",
                 [&connect](const std::string& value) {
                   connect.connect_to.push_back(accepted(parse_connect_to(value), "--connect-to", value));
                 })
      ->group(group);
  CLI::Option* ipv4 = app.add_flag_function(
      "-4,--ipv4", [&connect](std::int64_t) { connect.family = net::AddressFamily::ipv4; }, "IPv4 addresses only");
  CLI::Option* ipv6 = app.add_flag_function(
      "-6,--ipv6", [&connect](std::int64_t) { connect.family = net::AddressFamily::ipv6; }, "IPv6 addresses only");
  ipv4->group(group);
  ipv6->group(group)->excludes(ipv4);
  add_value(app, "--connect-timeout", "TIME", "For DNS, TCP and TLS together: 2s, 500ms, or plain seconds",
            [&connect](const std::string& value) {
              connect.connect_timeout = accepted(parse_time_limit(value), "--connect-timeout", value);
            })
      ->group(group);
}

void add_tls_options(CLI::App& app, net::TlsSettings& tls) {
  const std::string group = "TLS (as in curl)";
  app.add_flag_function(
         "-k,--insecure", [&tls](std::int64_t) { tls.verify = net::Verify::none; },
         "Go on although the certificate cannot be verified")
      ->group(group);
  const auto add_file = [&](const std::string& names, const std::string& help, std::string& into) {
    return add_value(
               app, names, "FILE", help,
               [&into, names](const std::string& value) { into = accepted(parse_readable_file(value), names, value); })
        ->group(group);
  };
  add_file("--cacert", "Trust the authorities in this PEM file instead of the system's", tls.ca_file);
  CLI::Option* certificate = add_file("-E,--cert", "Client certificate, PEM", tls.certificate_file);
  add_file("--key", "Its private key, PEM, if it is not in the same file", tls.key_file)->needs(certificate);
}

}  // namespace

[[noreturn]] void refuse(std::string message, std::string help, std::string option, std::string value) {
  throw Refused({std::move(message), std::move(help), std::move(option), std::move(value)});
}

std::string long_name(const std::string& names) { return names.substr(names.rfind(',') + 1); }

/// An option with a value; given twice, the last one counts, as with curl.
CLI::Option* add_value(CLI::App& app, const std::string& names, const std::string& type, const std::string& help,
                       std::function<void(const std::string&)> accept) {
  return app.add_option_function<std::string>(names, std::move(accept), help)
      ->type_name(type)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

/// An option that may be given several times.
CLI::Option* add_repeatable(CLI::App& app, const std::string& names, const std::string& type, const std::string& help,
                            const std::function<void(const std::string&)>& accept) {
  return app
      .add_option_function<std::vector<std::string>>(
          names,
          [accept](const std::vector<std::string>& values) {
            for (const std::string& value : values) accept(value);
          },
          help)
      ->type_name(type)
      ->allow_extra_args(false);
}

void add_experiments_options(CLI::App& app, engine::Experiments& experiments) {
  app.add_flag_function(
         "--no-experiments", [&experiments](std::int64_t) { experiments = engine::Experiments::never; },
         "Send nothing but the steps, even if that leaves the verdict open")
      ->group("Probing");
  app.add_flag_function(
         "--gentle", [&experiments](std::int64_t) { experiments = std::min(experiments, engine::Experiments::gentle); },
         "Leave out the experiments that a login guard would count")
      ->group("Probing");
}

void add_probe_options(CLI::App& app, ProbeOptions& probe) {
  add_value(
      app, "--timeout", "TIME", "For everything together (default: 10s, or the scenario's)",
      [&probe](const std::string& value) { probe.timeout = accepted(parse_time_limit(value), "--timeout", value); })
      ->group("Probing");
  add_repeatable(app, "-H,--header", "'NAME: VALUE'", "Send this with every request; the value is never shown",
                 [&probe](const std::string& value) {
                   probe.headers.push_back(accepted(parse_header(value), "-H,--header", value));
                 })
      ->group("Probing");
  add_experiments_options(app, probe.experiments);
  add_connect_options(app, probe.connect);
  app.add_flag_function(
         "--resolve-all", [&probe](std::int64_t) { probe.resolve = scenario::Resolve::all; },
         "Try the upgrade at every address of the name")
      ->group("Probing");
  add_tls_options(app, probe.connect.tls);
}

void add_files(CLI::App& app, std::vector<std::string>& files, const std::string& help) {
  app.add_option("FILE", files, help)->required()->type_name("");
}

}  // namespace wsprobe::app
