// One report in blackbox_exporter's words.
//
// Every series is there whatever happened, with 0 for what did not; only the two about TLS are left out where the
// target does not use TLS: a certificate that "ended in 1970" would raise an alarm about a service that has none.
#pragma once

#include <span>
#include <string>

#include "core/report.hpp"

namespace wsprobe::exporters {

/// For the answer of /probe: no label but the metrics' own, because Prometheus adds `instance` and what else it knows.
[[nodiscard]] std::string probe_text(const Report& report);

/// For a textfile, a Pushgateway or standard output, where several may lie side by side: every series has the label
/// `scenario`, and wsprobe_last_run_timestamp_seconds and wsprobe_last_success_timestamp_seconds (that of a failed run
/// is absent) tell a probe that no longer runs. Of reports with the same name the last one counts.
[[nodiscard]] std::string probe_text(std::span<const Report> reports);

}  // namespace wsprobe::exporters
