#include "witness/target.hpp"

#include "core/ascii.hpp"

namespace wsprobe::witness {
namespace {

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
  TargetParts parts{percent_decoded(target.substr(0, question)), {}};
  if (question != std::string_view::npos) parts.query = target.substr(question + 1);
  return parts;
}

TargetParts target_of(const RequestFacts& request) {
  TargetParts parts = split_target(request.url);
  if (!request.path.empty()) parts.path = percent_decoded(request.path);
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
