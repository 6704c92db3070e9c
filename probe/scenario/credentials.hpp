// The `credentials` of a scenario, and texts that use them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/report.hpp"
#include "core/secret.hpp"
#include "scenario/loader.hpp"
#include "scenario/yaml_document.hpp"

namespace wsprobe::scenario {

/// Everything from the environment or a file is secret and counts as valid, except what is named `invalid`.
struct Credential {
  std::string name;
  Text text;
  CredentialUse use = CredentialUse::valid;
};

class CredentialSet {
 public:
  void add(Credential credential) { credentials_.push_back(std::move(credential)); }
  /// Null where there is none of that name.
  [[nodiscard]] const Credential* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::vector<SecretPtr> secrets() const;

 private:
  std::vector<Credential> credentials_;
};

struct CredentialSource {
  const Environment& environment;
  Credentials demand;
  std::string directory;  ///< of the scenario file, with a '/' at its end, or empty: relative paths begin there
};

/// `node` is null where the file has no `credentials`. The result always has `invalid`.
[[nodiscard]] CredentialSet read_credentials(const Node* node, const CredentialSource& source,
                                             Diagnostics& diagnostics);

/// What the loader hands down to the readers of steps.
struct Context {
  const CredentialSet& credentials;
  Diagnostics& diagnostics;
};

/// Any scalar as text with its `${...}` replaced. `use` collects which credential is referenced; valid and invalid in
/// one step is an error.
[[nodiscard]] std::optional<Text> read_interpolated(const Node& node, std::string_view what, const Context& context,
                                                    CredentialUse& use);

/// Nothing of the file's `credentials` is shown: for a file that cannot be read as YAML.
void hide_credential_lines(Diagnostics& diagnostics);

}  // namespace wsprobe::scenario
