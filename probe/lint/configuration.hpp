// A result of the linter as reports carry it: with the lines that its places name, and without the secrets that
// configuration files hold.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/configuration.hpp"
#include "lint/question.hpp"
#include "lint/result.hpp"

namespace wsprobe::lint {

[[nodiscard]] Configuration configuration_of(const Result& result, std::span<const Source> sources,
                                             const Question& question);

/// Where one place stands, with its line.
[[nodiscard]] SourcePlace shown_place(const Place& at, std::span<const Source> sources);

/// "wss://app.example.com/api/ws", or the path where nobody said which host.
[[nodiscard]] std::string asked_for(const Question& question);

/// Password hashes, `Bearer` and `Basic` credentials, the values of what is called password, token or secret, and user
/// information in URLs become [hidden].
[[nodiscard]] std::string without_secrets(std::string_view text);

}  // namespace wsprobe::lint
