#include "opening.hpp"

namespace wsprobe::test {

std::string Opened::reason() const { return stream ? "open" : std::string(name(stream.error().reason)); }

std::string Opened::detail() const { return stream ? "" : stream.error().detail; }

Opened open_once(net::ConnectSettings settings, net::Authority authority, Duration limit) {
  asio::io_context context;
  net::Connector connector(context, std::move(settings));
  Opened opened;
  const TimePoint begun = SteadyClock::now();
  opened.stream = run_task(context, connector.open(std::move(authority), begun + limit, opened.evidence));
  opened.took = SteadyClock::now() - begun;
  if (opened.stream) opened.stream = net::StreamPtr();  // a stream must not outlive its context
  return opened;
}

net::ConnectSettings settings_for(std::uint16_t port) {
  net::ConnectSettings settings;
  settings.resolve = {{host_name, port, {"127.0.0.1"}}};
  return settings;
}

Pki::Pki()
    : root(make_identity(authority_named("Test Root"), nullptr)),
      intermediate(make_identity(authority_named("Test Intermediate"), &root)),
      leaf(make_identity(leaf_for("DNS:probe.test,IP:127.0.0.1"), &intermediate)),
      root_file(files.write("root.pem", root.certificate.get())) {}

const Pki& Pki::instance() {
  static const Pki pki;
  return pki;
}

Opened open_tls(const ScriptedServer& server, net::TlsSettings tls, Duration limit) {
  net::ConnectSettings settings = settings_for(server.port());
  settings.tls = std::move(tls);
  return open_once(std::move(settings), {net::Security::tls, host_name, server.port()}, limit);
}

TlsServerSpec good_server() {
  const Pki& pki = Pki::instance();
  TlsServerSpec spec;
  spec.identity = &pki.leaf;
  spec.chain = {&pki.intermediate};
  return spec;
}

}  // namespace wsprobe::test
