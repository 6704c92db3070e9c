// Which frontends of HAProxy are asked: those that listen where the URL points; where none does, something in front of
// HAProxy ends the TLS connection or maps the port, and each that leads to a backend may be meant.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "lint/haproxy_text.hpp"
#include "lint/haproxy_walk.hpp"
#include "lint/readers.hpp"

namespace wsprobe::lint {
namespace {

using haproxy::Entrance;
using haproxy::Line;
using haproxy::Section;

/// One `address:port` of a bind's list, which is separated by commas; ports may be a range.
struct Binding {
  const Line* line = nullptr;
  std::string_view address;
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  bool tls = false;
};

std::uint16_t port_of(std::string_view text) {
  std::uint16_t port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port;
}

std::vector<Binding> bindings_of(const Section& section) {
  std::vector<Binding> bindings;
  for (const Line& line : section.lines) {
    if (line.words[0] != "bind") continue;
    const bool tls = std::find(line.words.begin(), line.words.end(), "ssl") != line.words.end();
    std::string_view list = line.word(1);
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view one = list.substr(0, comma);
      list.remove_prefix(std::min(comma + 1, list.size()));
      const std::size_t colon = one.rfind(':');
      if (colon == std::string_view::npos) continue;
      const std::string_view ports = one.substr(colon + 1);
      const std::size_t dash = ports.find('-');
      const std::uint16_t first = port_of(ports.substr(0, dash));
      const std::uint16_t last = dash == std::string_view::npos ? first : port_of(ports.substr(dash + 1));
      bindings.push_back({&line, one.substr(0, colon), first, last, tls});
    }
  }
  return bindings;
}

bool is_entrance(const Section& section) { return section.kind == "frontend" || section.kind == "listen"; }

bool leads_somewhere(const std::vector<Section>& sections, const Section& section) {
  if (haproxy::setting(sections, section, {"default_backend"}) != nullptr) return true;
  return std::any_of(section.lines.begin(), section.lines.end(), [](const Line& line) {
    return line.words[0] == "use_backend" || line.words[0] == "server" || line.words[0] == "server-template";
  });
}

std::optional<Binding> bound_to(const Section& section, std::uint16_t port) {
  for (const Binding& binding : bindings_of(section)) {
    if (binding.first <= port && port <= binding.last) return binding;
  }
  return std::nullopt;
}

std::vector<Entrance> entrances_for(const std::vector<Section>& sections, const Question& question) {
  std::vector<Entrance> entrances;
  std::vector<std::string_view> addresses;
  for (const Section& section : sections) {
    const auto binding = question.port && is_entrance(section) ? bound_to(section, *question.port) : std::nullopt;
    if (!binding) continue;
    const auto same = std::find(addresses.begin(), addresses.end(), binding->address);
    if (same != addresses.end()) {
      entrances[static_cast<std::size_t>(same - addresses.begin())].rivals.push_back(&section);
    }
    addresses.push_back(binding->address);
    entrances.push_back({&section, binding->line, *question.port, binding->tls, {}});
  }
  if (!entrances.empty()) return entrances;
  for (const Section& section : sections) {
    if (!is_entrance(section) || !leads_somewhere(sections, section)) continue;
    const std::vector<Binding> bindings = bindings_of(section);
    Entrance entrance{&section, nullptr, question.port.value_or(question.tls ? 443 : 80), false, {}};
    if (!bindings.empty()) {
      entrance.bind = bindings.front().line;
      entrance.port = bindings.front().first;
      entrance.tls = bindings.front().tls;
    }
    entrances.push_back(std::move(entrance));
  }
  return entrances;
}

}  // namespace

void read_haproxy(const Deployment& deployment, const Question& question, Result& result) {
  std::vector<Section> sections;
  for (const Source& source : deployment.sources) {
    if (source.kind != SourceKind::haproxy) continue;
    if (auto parsed = haproxy::parse(source, sections); !parsed) result.problems.push_back(std::move(parsed.error()));
  }
  for (const Entrance& entrance : entrances_for(sections, question)) {
    haproxy::follow(sections, entrance, question, deployment, result);
  }
}

}  // namespace wsprobe::lint
