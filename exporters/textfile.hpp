// For the textfile collector of node_exporter: metrics of a cron job, picked up from a directory.
//
// The collector reads every *.prom file at every scrape, so the file is replaced whole and is readable by all. It takes
// no timestamps; wsprobe_last_run_timestamp_seconds is what tells a probe that no longer runs.
#pragma once

#include <span>
#include <string>

#include <tl/expected.hpp>

#include "core/report.hpp"

namespace wsprobe::exporters {

/// Whether the collector would read a file of this name: it ends in ".prom".
[[nodiscard]] bool is_textfile_name(const std::string& path);

/// probe_text() of the reports into `path`, mode 0644. The error is in words; the old file stays then.
[[nodiscard]] tl::expected<void, std::string> write_textfile(std::span<const Report> reports, const std::string& path);

}  // namespace wsprobe::exporters
