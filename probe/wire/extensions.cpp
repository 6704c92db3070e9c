#include "wire/extensions.hpp"

#include <algorithm>

#include "core/evidence.hpp"
#include "core/text.hpp"
#include "wire/grammar.hpp"

namespace wsprobe::wire {
namespace {

constexpr std::string_view server_takeover = "server_no_context_takeover";
constexpr std::string_view client_takeover = "client_no_context_takeover";
constexpr std::string_view server_window = "server_max_window_bits";
constexpr std::string_view client_window = "client_max_window_bits";

/// Reads the list from its beginning to its end.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool take(char wanted) {
    skip_whitespace();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    skip_whitespace();
    return true;
  }

  /// Empty where there is none.
  std::string token() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token_character);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    const std::string out(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return out;
  }

  /// A token, or one in quotes (RFC 6455 section 9.1). Empty where there is neither.
  std::string value() {
    if (rest_.empty() || rest_.front() != '"') return token();
    std::string out;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        rest_.remove_prefix(at + 1);
        return is_token(out) ? out : std::string();
      }
      if (rest_[at] == '\\' && ++at == rest_.size()) break;
      out += rest_[at];
    }
    return {};
  }

  void skip_whitespace() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }

 private:
  std::string_view rest_;
};

std::optional<Extension> read_extension(Reader& reader) {
  Extension extension{reader.token(), {}};
  if (extension.name.empty()) return std::nullopt;
  while (reader.take(';')) {
    ExtensionParameter parameter{reader.token(), std::nullopt};
    if (parameter.name.empty()) return std::nullopt;
    if (reader.take('=')) {
      parameter.value = reader.value();
      if (parameter.value->empty()) return std::nullopt;
    }
    extension.parameters.push_back(std::move(parameter));
  }
  return extension;
}

const ExtensionParameter* find(const Extension& extension, std::string_view name) {
  const auto found =
      std::find_if(extension.parameters.begin(), extension.parameters.end(),
                   [&](const ExtensionParameter& parameter) { return equals_ignoring_case(parameter.name, name); });
  return found == extension.parameters.end() ? nullptr : &*found;
}

/// A decimal number from 8 to 15 without leading zeros.
std::optional<int> window_bits(const std::string& text) {
  for (int bits = smallest_window_bits; bits <= largest_window_bits; ++bits) {
    if (text == std::to_string(bits)) return bits;
  }
  return std::nullopt;
}

/// What an offer and an answer have in common. `valueless_window` may stand without its value, in an offer.
std::optional<std::string> check_parameters(const Extension& extension, std::string_view valueless_window) {
  for (const ExtensionParameter& parameter : extension.parameters) {
    const auto named = [&](std::string_view name) { return equals_ignoring_case(parameter.name, name); };
    const std::string quoted = "\"" + shorten(parameter.name, 40) + "\"";
    if (find(extension, parameter.name) != &parameter) return quoted + " stands there twice";
    if (named(server_takeover) || named(client_takeover)) {
      if (parameter.value) return quoted + " has no value";
    } else if (named(server_window) || named(client_window)) {
      if (!parameter.value && named(valueless_window)) continue;
      if (!parameter.value) return quoted + " needs a value, 8 to 15";
      if (!window_bits(*parameter.value)) {
        return quoted + " is 8 to 15, not \"" + shorten(*parameter.value, 20) + "\"";
      }
    } else {
      return quoted + " is no parameter of it";
    }
  }
  return std::nullopt;
}

/// What a parameter of an answer that was checked says.
int bits_of(const Extension& extension, std::string_view name) {
  const ExtensionParameter* parameter = find(extension, name);
  if (parameter == nullptr || !parameter->value) return largest_window_bits;
  return window_bits(*parameter->value).value_or(largest_window_bits);
}

ContextTakeover takeover(const Extension& extension, std::string_view name) {
  return find(extension, name) != nullptr ? ContextTakeover::dropped : ContextTakeover::kept;
}

}  // namespace

std::optional<std::vector<Extension>> parse_extensions(std::string_view text) {
  std::vector<Extension> extensions;
  Reader reader(text);
  reader.skip_whitespace();
  while (!reader.at_end()) {
    if (reader.take(',')) continue;
    auto extension = read_extension(reader);
    if (!extension) return std::nullopt;
    extensions.push_back(std::move(*extension));
    reader.skip_whitespace();
    if (!reader.at_end() && !reader.take(',')) return std::nullopt;
  }
  return extensions;
}

std::optional<std::string> check_deflate_offer(const Extension& offer) {
  return check_parameters(offer, client_window);
}

tl::expected<DeflateParameters, std::string> judge_deflate(const Extension& answer, const Extension& offer) {
  if (auto problem = check_parameters(answer, {})) return tl::unexpected(std::move(*problem));
  const DeflateParameters agreed{takeover(answer, server_takeover), takeover(answer, client_takeover),
                                 bits_of(answer, server_window), bits_of(answer, client_window)};
  // What the client asked of the server has to be granted; what the server may ask of the client has to be offered.
  if (find(offer, server_takeover) != nullptr && agreed.server == ContextTakeover::kept) {
    return tl::unexpected("\"" + std::string(server_takeover) + "\" was asked for and is not there");
  }
  if (find(offer, server_window) != nullptr) {
    if (find(answer, server_window) == nullptr) {
      return tl::unexpected("\"" + std::string(server_window) + "\" was asked for and is not there");
    }
    if (agreed.server_window_bits > bits_of(offer, server_window)) {
      return tl::unexpected("\"" + std::string(server_window) + "\" is larger than was asked for");
    }
  }
  if (find(answer, client_window) != nullptr) {
    if (find(offer, client_window) == nullptr) {
      return tl::unexpected("\"" + std::string(client_window) + "\" was not offered");
    }
    if (agreed.client_window_bits > bits_of(offer, client_window)) {
      return tl::unexpected("\"" + std::string(client_window) + "\" is larger than was offered");
    }
  }
  return agreed;
}

}  // namespace wsprobe::wire
