// Fixed reports: every run of the tests, on every machine, sees the same ones.
#pragma once

#include <string>

#include "core/report.hpp"

namespace wsprobe::test {

/// Valid token accepted, invalid one refused by the backend, over TLS.
Report healthy_report();
/// try_files: both tokens refused by the backend, fault of the proxy, with experiments.
Report incident_report();
/// The certificate has expired: no exchange got past TLS.
Report expired_certificate_report();
/// A refusal that nothing tells apart.
Report undetermined_report();
/// Accepted over HTTP/1.1, refused over HTTP/2, which is what fails the run.
Report two_transports_report();
/// Everything that a peer can write is a terminal escape, invalid UTF-8, or both.
Report hostile_report();
/// Every optional part is there and every list has a member.
Report full_report();

/// A report and the file that holds what a format makes of it.
struct GoldenCase {
  const char* file;
  Report (*report)();
};

/// Tests of parametrised suites are called after the file.
inline constexpr auto named_by_file = [](const auto& row) {
  const std::string file = row.param.file;
  return file.substr(0, file.find('.'));
};

/// The text of tests/data/reports/NAME. With WSPROBE_UPDATE_GOLDENS set in the environment the file is first made to
/// hold `actual`.
std::string golden(const std::string& name, const std::string& actual);

}  // namespace wsprobe::test
