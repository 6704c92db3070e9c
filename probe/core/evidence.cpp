#include "core/evidence.hpp"

#include <algorithm>

namespace wsprobe {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return a == b || lower(a) == lower(b); });
}

std::string ResponseHead::status_line() const {
  const std::size_t begin = std::min(raw.find_first_not_of("\r\n"), raw.size());
  return raw.substr(begin, raw.find_first_of("\r\n", begin) - begin);
}

const std::string* ResponseHead::find(std::string_view field_name) const {
  for (const HeaderField& field : fields) {
    if (equals_ignoring_case(field.name, field_name)) return &field.value;
  }
  return nullptr;
}

std::size_t ResponseHead::count(std::string_view field_name) const {
  return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(), [&](const HeaderField& field) {
    return equals_ignoring_case(field.name, field_name);
  }));
}

bool ResponseHead::has_token(std::string_view field_name, std::string_view token) const {
  for (const HeaderField& field : fields) {
    if (!equals_ignoring_case(field.name, field_name)) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      if (equals_ignoring_case(trim(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

void Timeline::prepend(const Timeline& opening, TimePoint now) {
  const Duration waited = std::max(now - opening.finish_, Duration::zero());
  start_ = std::min(start_, opening.start_ + waited);
  for (std::size_t at = 0; at < spans_.size(); ++at) {
    const Span& span = opening.spans_[at];
    if (span.begin) spans_[at] = {*span.begin + waited, span.end ? std::optional(*span.end + waited) : std::nullopt};
  }
}

void Timeline::finish(TimePoint now) {
  finish_ = now;
  for (Span& span : spans_) {
    if (span.begin && !span.end) span.end = now;
  }
}

std::optional<Duration> Timeline::duration(Phase phase) const {
  const Span& of_phase = span(phase);
  if (!of_phase.begin || !of_phase.end) return std::nullopt;
  return *of_phase.end - *of_phase.begin;
}

Duration Timeline::unattributed() const {
  Duration rest = total();
  for (const Span& span : spans_) {
    if (span.begin && span.end) rest -= *span.end - *span.begin;
  }
  return rest;
}

}  // namespace wsprobe
