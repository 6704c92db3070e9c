#include "attribution/rules.hpp"

#include <algorithm>

namespace wsprobe::attribution {

bool View::body_has(std::string_view text) const { return body().find(text) != std::string_view::npos; }

bool View::body_starts_with(std::string_view text) const { return body().substr(0, text.size()) == text; }

bool View::body_is(std::string_view text) const {
  std::string_view whole = body();
  while (!whole.empty() && (whole.back() == '\n' || whole.back() == '\r')) whole.remove_suffix(1);
  return whole == text;
}

bool View::field_has(std::string_view field_name, std::string_view text) const {
  return std::any_of(head().fields.begin(), head().fields.end(), [&](const HeaderField& field) {
    return equals_ignoring_case(field.name, field_name) && contains_ignoring_case(field.value, text);
  });
}

bool View::server_marks(std::string_view text) const {
  const auto has_it = [&](const Response* other) {
    if (other == nullptr) return false;
    const auto servers = servers_of(other->head);
    return std::any_of(servers.begin(), servers.end(),
                       [&](const std::string& server) { return contains_ignoring_case(server, text); });
  };
  if (!server_has(text) || has_it(sample)) return false;
  if (around == nullptr || sample != nullptr) return sample != nullptr;
  // Nothing is known of the application's: then some answer at least has to be without it.
  const std::vector<const StepReport*> others = around->others();
  return std::any_of(others.begin(), others.end(), [&](const StepReport* other) {
    return response_of(other) != nullptr && !has_it(response_of(other));
  });
}

bool View::is_a_file() const { return has("etag") || has("last-modified") || has("accept-ranges"); }

bool View::knows(std::string_view product) const { return knowledge == nullptr || knowledge->of(product); }

std::span<const Rule* const> all_rules() {
  static const std::vector<const Rule*> rules = [] {
    std::vector<const Rule*> all;
    for (const std::span<const Rule> table : {assembly_rules(), application_rules(), proxy_rules(), cloud_rules()}) {
      for (const Rule& rule : table) all.push_back(&rule);
    }
    return all;
  }();
  return rules;
}

}  // namespace wsprobe::attribution
