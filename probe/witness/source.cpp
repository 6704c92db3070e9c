#include "witness/source.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"

namespace wsprobe::witness {
namespace {

constexpr std::size_t longest_name = 120;
constexpr std::size_t longest_problem = 300;

std::string name_of(const std::vector<std::string>& argv, const Redactor& redactor) {
  std::string name;
  for (const std::string& word : argv) name += (name.empty() ? "" : " ") + word;
  return shorten(escape_for_display(redactor(name)), longest_name);
}

}  // namespace

std::unique_ptr<Source> Source::of_file(const std::string& path, LogOwner owner, const Marks& marks,
                                        const Redactor& redactor) {
  return std::unique_ptr<Source>(
      new Source(std::make_unique<LogFile>(path), Search(name_of({path}, redactor), owner, marks, redactor), redactor));
}

std::unique_ptr<Source> Source::of_command(std::vector<std::string> argv, LogOwner owner, const Marks& marks,
                                           const Redactor& redactor) {
  Search search(name_of(argv, redactor), owner, marks, redactor);
  const auto keep = [&redactor](std::string_view, std::string_view value) { return redactor(value) == value; };
  return std::unique_ptr<Source>(new Source(CommandLog(std::move(argv), keep), std::move(search), redactor));
}

void Source::open() {
  if (auto* file = std::get_if<std::unique_ptr<LogFile>>(&log_)) {
    (*file)->begin();
  } else {
    std::get<CommandLog>(log_).begin();
  }
}

bool Source::is_open(TimePoint now) {
  auto* command = std::get_if<CommandLog>(&log_);
  return command == nullptr || command->began(now);
}

void Source::stop_waiting(TimePoint now) {
  if (auto* command = std::get_if<CommandLog>(&log_)) command->stop_waiting(now);
}

bool Source::poll(std::span<StepReport* const> exchanges, TimePoint now) {
  NewLines lines;
  if (auto* file = std::get_if<std::unique_ptr<LogFile>>(&log_)) {
    lines = (*file)->read();
    was_read_ = true;
  } else {
    auto& command = std::get<CommandLog>(log_);
    lines = command.read(now);
    was_read_ = command.took_a_run();
  }
  incomplete_ = incomplete_ || !lines.complete;
  search_.add(lines);
  return was_read_ && search_.has_all(exchanges);
}

void Source::settle(std::span<StepReport* const> exchanges) {
  if (auto* command = std::get_if<CommandLog>(&log_); command != nullptr) command->rest();
  was_read_ = false;
  search_.settle(exchanges);
}

std::string Source::problem_of_log() const {
  if (const auto* file = std::get_if<std::unique_ptr<LogFile>>(&log_)) return (*file)->problem();
  return std::get<CommandLog>(log_).problem();
}

WitnessReport Source::report() const {
  WitnessReport report = search_.report();
  const std::string problem = shorten(escape_for_display(redactor_(problem_of_log())), longest_problem);
  if (!problem.empty()) report.problem = problem;
  if (!report.problem.empty()) return report;
  if (report.lines_read == 0) {
    report.problem = "nothing was written to it while the run lasted";
  } else if (report.format.empty()) {
    report.problem =
        fmt::format("{} lines were written to it, and none is of an access log that is known here", report.lines_read);
  } else if (report.lines_ours == 0) {
    report.problem =
        fmt::format("{} lines were written to it, and none could be tied to a request of this run", report.lines_read);
  } else if (incomplete_) {
    report.problem = "not everything that was written to it while the run lasted could be read";
  }
  return report;
}

}  // namespace wsprobe::witness
