#include "witness/target.hpp"

#include <optional>

namespace wsprobe::witness {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size()) {
      const auto high = hex_digit(text[at + 1]);
      const auto low = hex_digit(text[at + 2]);
      if (high && low) {
        out += static_cast<char>(*high * 16 + *low);
        at += 2;
        continue;
      }
    }
    out += text[at];
  }
  return out;
}

/// "wss://host/path" without what comes before the path.
std::string_view origin_form(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (url.starts_with('/') || scheme == std::string_view::npos) return url;
  const std::size_t slash = url.find_first_of("/?", scheme + 3);
  return slash == std::string_view::npos ? std::string_view("/") : url.substr(slash);
}

/// "${valid}" as "[redacted:valid]".
std::string as_redacted(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.substr(at).starts_with("${") ? text.find('}', at) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += text[at++];
      continue;
    }
    out += "[redacted:" + std::string(text.substr(at + 2, end - at - 2)) + "]";
    at = end + 1;
  }
  return out;
}

}  // namespace

TargetParts split_target(std::string_view target) {
  target = origin_form(target);
  const std::size_t question = target.find('?');
  TargetParts parts{percent_decode(target.substr(0, question)), {}};
  if (question != std::string_view::npos) parts.query = target.substr(question + 1);
  return parts;
}

TargetParts target_of(const RequestFacts& request) {
  TargetParts parts = split_target(request.url);
  if (!request.path.empty()) parts.path = percent_decode(request.path);
  parts.query = as_redacted(parts.query);
  return parts;
}

bool may_be_rewritten(std::string_view sent, std::string_view seen) {
  if (seen == sent || seen.empty()) return false;
  if (seen == "/" || seen.starts_with("/index.")) return true;
  const bool shorter = sent.ends_with(seen) && seen.starts_with('/');
  const bool longer = seen.ends_with(sent) && sent.size() > 1;
  return shorter || longer;
}

}  // namespace wsprobe::witness
