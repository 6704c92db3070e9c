#include "app/proxy_configuration.hpp"

#include <utility>

#include "attribution/configuration.hpp"
#include "core/redactor.hpp"
#include "lint/configuration.hpp"
#include "lint/lint.hpp"

namespace wsprobe::app {
namespace {

class Redaction {
 public:
  explicit Redaction(const Redactor& redactor) : redactor_(redactor) {}

  void operator()(Configuration& configuration) const {
    for (ConfigurationTrace& trace : configuration.traces) {
      texts({&trace.site, &trace.path});
      for (std::string& upstream : trace.upstreams) texts({&upstream});
      place(trace.at);
      remarks(trace.steps);
    }
    for (ConfigurationFinding& finding : configuration.findings) {
      texts({&finding.says, &finding.breaks, &finding.only_if, &finding.correction, &finding.snippet});
      place(finding.at);
      remarks(finding.related);
    }
    for (std::string& note : configuration.notes) texts({&note});
  }

 private:
  void texts(std::initializer_list<std::string*> all) const {
    for (std::string* text : all) *text = redactor_(*text);
  }
  void place(SourcePlace& at) const { texts({&at.inside, &at.source_line}); }
  void remarks(std::vector<ConfigurationRemark>& all) const {
    for (ConfigurationRemark& remark : all) {
      place(remark.at);
      texts({&remark.says});
    }
  }

  const Redactor& redactor_;
};

}  // namespace

tl::expected<std::optional<Configuration>, std::vector<scenario::Diagnostic>> read_proxy_configuration(
    std::span<const SourceArgument> arguments, const lint::Question& question) {
  if (arguments.empty()) return std::nullopt;
  const auto sources = read_sources(arguments);
  if (!sources) return tl::unexpected(sources.error());
  const lint::Result result = lint::lint(*sources, question);
  if (!result.problems.empty()) return tl::unexpected(diagnostics_of(result, *sources));
  return lint::configuration_of(result, *sources, question);
}

void add_proxy_configuration(Configuration configuration, std::span<const SecretPtr> secrets, Report& report) {
  Redactor redactor;
  for (const SecretPtr& secret : secrets) redactor.add(secret);
  if (!redactor.empty()) Redaction{redactor}(configuration);
  attribution::hold_against(configuration, report);
  report.configuration = std::move(configuration);
}

}  // namespace wsprobe::app
