// Reports as text in the wanted format, delivered whole or with an error that says so.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "app/options.hpp"
#include "core/report.hpp"
#include "exporters/human.hpp"
#include "scenario/diagnostic.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {

/// Writes all of it to standard output, or to the file: a temporary one in the same directory takes its place at the
/// end, so that a reader never sees half a report. A device or pipe is written to directly. The error is in words.
[[nodiscard]] tl::expected<void, std::string> deliver(std::string_view text, const std::string& file);

/// What the place where the text goes can show.
[[nodiscard]] exporters::HumanStyle style_of(const OutputOptions& options);

/// One report as the options say. JSON of several reports is an array.
[[nodiscard]] std::string format_reports(std::span<const Report> reports, const OutputOptions& options);

/// Errors and warnings about scenario files.
void print_diagnostics(std::span<const scenario::Diagnostic> diagnostics);

/// A warning where every user of this machine can read the file of a secret.
void warn_of_public_secret(std::string_view option, const std::string& file, const scenario::Environment& environment);

/// The same for the private key of a client certificate.
void warn_of_public_key(const net::TlsSettings& tls, const scenario::Environment& environment);

/// For messages that are not the report.
void print_to_stderr(std::string_view text);

}  // namespace wsprobe::app
