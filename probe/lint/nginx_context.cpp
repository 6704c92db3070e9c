#include "lint/nginx_context.hpp"

#include <charconv>

#include <fmt/format.h>

namespace wsprobe::lint::nginx {

InForce in_force(const Chain& chain, std::initializer_list<std::string_view> names) {
  InForce found;
  bool missing = false;
  for (auto block = chain.rbegin(); block != chain.rend(); ++block) {
    const bool nearest = found.directives.empty();
    for (const Directive& each : (*block)->block) {
      if (is_one_of(each.name, names)) {
        (nearest ? found.directives : found.hidden).push_back(&each);
      } else if (each.name == "include" && nearest) {
        missing = true;
      }
    }
    if (nearest) found.certain = !missing;
  }
  return found;
}

const Directive* setting(const Chain& chain, std::string_view name) {
  const InForce found = in_force(chain, {name});
  return found.directives.empty() ? nullptr : found.directives.back();
}

std::optional<Duration> duration_of(std::string_view text) {
  using std::chrono::milliseconds;
  milliseconds total{0};
  while (!text.empty()) {
    if (text.front() == ' ') {
      text.remove_prefix(1);
      continue;
    }
    long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0 || number > 1'000'000'000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::size_t length = std::min(text.find_first_of("0123456789 "), text.size());
    const std::string_view unit = text.substr(0, length);
    text.remove_prefix(length);
    long factor = 0;
    if (unit == "ms") factor = 1;
    if (unit.empty() || unit == "s") factor = 1000;
    if (unit == "m") factor = 60'000;
    if (unit == "h") factor = 3'600'000;
    if (unit == "d") factor = 86'400'000;
    if (unit == "w") factor = 7L * 86'400'000;
    if (factor == 0) return std::nullopt;
    total += std::chrono::milliseconds(std::min(number, 1'000'000'000'000 / factor) * factor);
  }
  return total;
}

std::string good_location(const std::string& path, const std::string& upstream) {
  return fmt::format(
      "location {} {{\n    proxy_pass {};\n    proxy_http_version 1.1;\n    proxy_set_header Upgrade $http_upgrade;\n"
      "    proxy_set_header Connection \"upgrade\";\n    proxy_set_header Host $host;\n}}\n",
      family_of(path), upstream.empty() ? "http://backend:8000" : upstream);
}

}  // namespace wsprobe::lint::nginx
