#include "scenario/credentials.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"
#include "scenario/interpolation.hpp"
#include "scenario/yaml_reader.hpp"

namespace wsprobe::scenario {
namespace {

constexpr std::size_t longest_secret = 16 * 1024;
constexpr std::size_t shortest_invalid = 4;

tl::expected<SecretPtr, std::string> make_secret(const std::string& name, std::string value, const std::string& where) {
  const auto refuse = [&](std::string_view problem) { return tl::unexpected(fmt::format("{} {}", where, problem)); };
  if (value.empty()) return refuse("is empty");
  if (value.size() > longest_secret) return refuse("is longer than 16 KiB");
  const bool control =
      std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (control) return refuse("holds a line break or another control character");
  return std::make_shared<const Secret>(name, std::move(value));
}

void trim_line_end(std::string& text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (!text.empty() && text.back() == '\r') text.pop_back();
}

bool is_variable_name(std::string_view name) {
  return is_credential_name(name) && name.find('-') == std::string_view::npos;
}

/// Reads one entry of `credentials`. Everything in it may be a token in the wrong place, so nothing of it is quoted
/// or shown that is not known to be something else.
class CredentialReader {
 public:
  CredentialReader(const MapEntry& entry, const CredentialSource& source, Diagnostics& diagnostics)
      : name_(entry.key), at_(entry.at), node_(*entry.value), source_(source), diagnostics_(diagnostics) {}

  Credential read() {
    Credential credential{name_, {}, name_ == "invalid" ? CredentialUse::invalid : CredentialUse::valid};
    credential.text = read_text_of();
    // After an error, or where secrets are optional: a text of the right form without a value.
    if (credential.text.empty()) credential.text.append(std::make_shared<const Secret>(name_, ""));
    return credential;
  }

 private:
  Text read_text_of() {
    if (node_.kind != NodeKind::map) {
      diagnostics_.hide(node_.at, node_.next);
      diagnostics_.error(node_.at, fmt::format("the credential `{}` has to be a map", name_), advice());
      return {};
    }
    for (const MapEntry& entry : node_.entries) check_key(entry);
    if (node_.entries.size() != 1) {
      diagnostics_.error(at_, fmt::format("the credential `{}` needs exactly one source", name_), advice());
      return {};
    }
    const MapEntry& entry = node_.entries.front();
    if (entry.key == "env") return from_variable(*entry.value);
    if (entry.key == "file") return from_file(*entry.value);
    if (entry.key == "value") return from_literal(entry);
    return {};
  }

  [[nodiscard]] std::string advice() const {
    const std::string common = "write `{env: VARIABLE}` or `{file: /path/to/token}`";
    return name_ == "invalid" ? common + " or `{value: text}`" : common;
  }

  void check_key(const MapEntry& entry) {
    if (entry.key == "env" || entry.key == "file") return;
    const bool may_be_shown = entry.key == "value" && name_ == "invalid";
    if (!may_be_shown) diagnostics_.hide(entry.value->at, entry.value->next);
    if (entry.key == "value") return;
    const std::vector<std::string> known{"env", "file", "value"};
    if (nearest(entry.key, known)) {
      report_unknown_key(entry, credential_keys, diagnostics_);
    } else {
      diagnostics_.hide(entry.at, entry.value->at > entry.at ? entry.value->at : entry.value->next);
      diagnostics_.error(entry.at, fmt::format("the credential `{}` has an unknown key", name_), advice());
    }
  }

  Text from_literal(const MapEntry& entry) {
    if (name_ != "invalid") {
      diagnostics_.error(entry.at, fmt::format("the credential `{}` must not stand in the file itself", name_),
                         "write `{env: VARIABLE}` or `{file: /path/to/token}`; only `invalid` may have a `value`");
      return {};
    }
    const auto value = read_scalar(*entry.value, "`value`", diagnostics_);
    if (!value) return {};
    const auto checked = make_secret(name_, *value, "the value of `invalid`");
    if (!checked) {
      diagnostics_.error(entry.value->at, checked.error());
      return {};
    }
    if (value->size() < shortest_invalid) {
      diagnostics_.error(entry.value->at,
                         fmt::format("the value of `invalid` is shorter than {} characters", shortest_invalid),
                         "something that can be found in a log, and in nothing else");
      return {};
    }
    return Text(*value);
  }

  Text from_variable(const Node& node) {
    if (!node.is_scalar() || !is_variable_name(node.text)) {
      diagnostics_.hide(node.at, node.next);
      diagnostics_.error(node.at, "`env` has to be the name of an environment variable",
                         "letters, digits and `_`; not the token itself");
      return {};
    }
    return accept(node, secret_from_variable(name_, node.text, source_.environment));
  }

  Text from_file(const Node& node) {
    if (!node.is_scalar() || node.text.empty()) {
      diagnostics_.hide(node.at, node.next);
      diagnostics_.error(node.at, "`file` has to be the path of a file");
      return {};
    }
    const std::string path = node.text.front() == '/' ? node.text : source_.directory + node.text;
    Text text = accept(node, secret_from_file(name_, path, source_.environment));
    const auto& readable_by_all = source_.environment.readable_by_all;
    if (!text.empty() && readable_by_all && readable_by_all(path)) {
      diagnostics_.warn(node.at, fmt::format("every user of this machine can read {}", backquoted(path)),
                        "chmod o-r " + escape_for_display(path));
    }
    return text;
  }

  Text accept(const Node& node, tl::expected<SecretPtr, std::string> secret) {
    Text text;
    if (secret) {
      text.append(std::move(*secret));
    } else if (source_.demand == Credentials::required) {
      diagnostics_.error(node.at, fmt::format("the credential `{}`: {}", name_, secret.error()));
    } else {
      diagnostics_.warn(node.at, fmt::format("the credential `{}`: {}", name_, secret.error()), "a run will need it");
    }
    return text;
  }

  const std::string& name_;
  Position at_;
  const Node& node_;
  const CredentialSource& source_;
  Diagnostics& diagnostics_;
};

std::string indentation_of(std::string_view line) {
  return std::string(line.substr(0, std::min(line.find_first_not_of(" \t"), line.size())));
}

}  // namespace

tl::expected<SecretPtr, std::string> secret_from_variable(const std::string& name, const std::string& variable,
                                                          const Environment& environment) {
  const std::string where = fmt::format("the environment variable {}", backquoted(variable));
  auto value = environment.variable(variable);
  if (!value) return tl::unexpected(where + " is not set");
  return make_secret(name, std::move(*value), where);
}

tl::expected<SecretPtr, std::string> secret_from_file(const std::string& name, const std::string& path,
                                                      const Environment& environment) {
  auto value = environment.read_file(path);
  if (!value) return tl::unexpected(fmt::format("the file {} cannot be read: {}", backquoted(path), value.error()));
  trim_line_end(*value);
  return make_secret(name, std::move(*value), fmt::format("the file {}", backquoted(path)));
}

const Credential* CredentialSet::find(std::string_view name) const {
  const auto found = std::find_if(credentials_.begin(), credentials_.end(),
                                  [&](const Credential& credential) { return credential.name == name; });
  return found == credentials_.end() ? nullptr : &*found;
}

std::vector<std::string> CredentialSet::names() const {
  std::vector<std::string> names;
  for (const Credential& credential : credentials_) names.push_back(credential.name);
  return names;
}

std::vector<SecretPtr> CredentialSet::secrets() const {
  std::vector<SecretPtr> secrets;
  for (const Credential& credential : credentials_) {
    for (const Text::Part& part : credential.text.parts()) {
      if (part.secret) secrets.push_back(part.secret);
    }
  }
  return secrets;
}

CredentialSet read_credentials(const Node* node, const CredentialSource& source, Diagnostics& diagnostics) {
  CredentialSet set;
  if (node != nullptr && node->kind != NodeKind::map) {
    diagnostics.hide(node->at, node->next);
    diagnostics.error(node->at, "`credentials` has to be a map of names", "credentials: {valid: {env: VARIABLE}}");
  } else if (node != nullptr) {
    for (const MapEntry& entry : node->entries) {
      if (is_credential_name(entry.key)) {
        set.add(CredentialReader(entry, source, diagnostics).read());
        continue;
      }
      diagnostics.hide(entry.at, entry.value->next);
      diagnostics.error(entry.at, "this is not a name for a credential", "letters, digits, `_` and `-`, at most 64");
    }
  }
  if (set.find("invalid") == nullptr) {
    set.add({"invalid", Text(source.environment.random_mark()), CredentialUse::invalid});
  }
  return set;
}

std::optional<Text> read_interpolated(const Node& node, std::string_view what, const Context& context,
                                      CredentialUse& use) {
  const auto written = read_scalar(node, what, context.diagnostics);
  if (!written) return std::nullopt;
  const auto pieces = split_references(*written);
  if (!pieces) {
    const auto& [place, message] = pieces.error();
    context.diagnostics.error(context.diagnostics.find(node.at, place), message,
                              "a `${` that stands for itself is written `$${`");
    return std::nullopt;
  }
  Text text;
  for (const Piece& piece : *pieces) {
    if (piece.kind == Piece::Kind::literal) {
      text.append(piece.text);
      continue;
    }
    const std::string reference = "${" + piece.text + "}";
    const Position at = context.diagnostics.find(node.at, reference);
    const Credential* credential = context.credentials.find(piece.text);
    if (credential == nullptr) {
      context.diagnostics.error(at, fmt::format("no credential is called {}", backquoted(piece.text)),
                                suggestion(piece.text, context.credentials.names()));
      return std::nullopt;
    }
    if (use != CredentialUse::none && use != credential->use) {
      context.diagnostics.error(at, "one step carries both a valid and the invalid credential",
                                "an answer to it would say nothing about either: make two steps");
    }
    use = credential->use;
    for (const Text::Part& part : credential->text.parts()) {
      if (part.secret) {
        text.append(part.secret);
      } else {
        text.append(part.literal);
      }
    }
  }
  return text;
}

void hide_credential_lines(Diagnostics& diagnostics) {
  bool inside = false;
  std::size_t indentation = 0;
  for (int number = 1; number <= diagnostics.line_count(); ++number) {
    const std::string_view line = diagnostics.line(number);
    const std::string leading = indentation_of(line);
    const bool blank = leading.size() == line.size();
    if (inside && !blank && leading.size() <= indentation && line[leading.size()] != '#') inside = false;
    if (!inside && line.find("credentials") != std::string_view::npos) {
      inside = true;
      indentation = leading.size();
    }
    if (inside || line.find("value") != std::string_view::npos) diagnostics.hide_line(number);
  }
}

}  // namespace wsprobe::scenario
