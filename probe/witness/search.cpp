#include "witness/search.hpp"

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "core/text.hpp"
#include "witness/target.hpp"

namespace wsprobe::witness {
namespace {

constexpr std::size_t most_candidates = 4096;
constexpr std::size_t most_records = 4;        // of one exchange in one log
constexpr std::size_t longest_kept = 512 - 3;  // shorten() adds an ellipsis

/// Hypercorn never prints a query; uvicorn up to 0.17 prints none of a WebSocket.
bool prints_no_query(const AccessLine& line) {
  return line.format == LogFormat::hypercorn || (line.format == LogFormat::uvicorn && line.took == Took::as_websocket);
}

const std::string* user_agent_of(const StepReport& exchange) {
  for (const HeaderField& field : exchange.evidence.request.fields) {
    if (equals_ignoring_case(field.name, "User-Agent")) return &field.value;
  }
  return nullptr;
}

TimePoint begin_of(const StepReport* exchange) { return exchange->evidence.times.started(); }
TimePoint end_of(const StepReport* exchange) { return begin_of(exchange) + exchange->evidence.times.total(); }

bool follow_each_other(const std::vector<StepReport*>& exchanges) {
  for (std::size_t at = 1; at < exchanges.size(); ++at) {
    if (end_of(exchanges[at - 1]) > begin_of(exchanges[at])) return false;
  }
  return true;
}

int status_given(const StepReport& exchange) {
  return exchange.evidence.response ? exchange.evidence.response->head.status : 0;
}

bool say_the_same(const LogRecord& left, const LogRecord& right) {
  return left.target == right.target && left.status == right.status && left.upstream_status == right.upstream_status &&
         left.flags == right.flags;
}

}  // namespace

Search::Search(std::string source, LogOwner owner, Marks marks, const Redactor& redactor)
    : source_(std::move(source)), given_owner_(owner), marks_(std::move(marks)), redactor_(redactor), owner_(owner) {}

std::string Search::mark_in(std::string_view line) const {
  if (marks_.run.empty()) return {};
  for (std::size_t at = line.find(marks_.run); at != std::string_view::npos; at = line.find(marks_.run, at + 1)) {
    const std::size_t dash = at + marks_.run.size();
    if (dash == line.size() || line[dash] != '-') continue;
    std::size_t end = dash + 1;
    while (end < line.size() && is_digit(line[end])) ++end;
    if (end > dash + 1) return std::string(line.substr(at, end - at));
  }
  return {};
}

bool Search::has_mark(std::string_view target, bool countable) const {
  const auto has = [&](const std::string& mark) {
    return !mark.empty() && target.find(mark) != std::string_view::npos;
  };
  return has(marks_.control) || (countable && has(marks_.invalid));
}

void Search::add(const NewLines& lines) {
  bytes_ += lines.bytes;
  lines_ += lines.lines.size();
  const bool countable = lines.since_beginning && lines.complete;
  for (const std::string& line : lines.lines) add_line(line, countable);
}

void Search::add_line(std::string_view line, bool countable) {
  if (line.find('"') == std::string_view::npos) {
    refuses_upgrades_ = refuses_upgrades_ || says_upgrades_are_not_supported(line);
    return;
  }
  auto parsed = parse_access_line(line);
  if (!parsed) return;
  if (format_.empty()) format_ = name(parsed->format);
  if (given_owner_ == LogOwner::unknown) owner_ = usual_owner(parsed->format);
  if (parsed->target.empty()) return;
  overflowed_ = overflowed_ || candidates_.size() == most_candidates;
  if (candidates_.size() == most_candidates) return;

  Candidate candidate;
  candidate.mark = mark_in(line);
  candidate.took = parsed->took;
  candidate.hides_query = prints_no_query(*parsed);
  candidate.anonymous = parsed->user_agent.empty() || parsed->user_agent == "-";
  candidate.countable = countable;
  LogRecord& record = candidate.record;
  record.source = source_;
  record.owner = given_owner_ == LogOwner::unknown ? usual_owner(parsed->format) : given_owner_;
  record.format = name(parsed->format);
  record.method = parsed->method;
  record.status = parsed->status;
  if (parsed->upstream == Upstream::answered) record.upstream_status = parsed->upstream_status;
  if (parsed->upstream == Upstream::not_asked) record.upstream_status = 0;
  record.flags = escape_for_display(redactor_(parsed->flags));
  record.upgrade = parsed->took == Took::as_websocket || parsed->status == 101;
  record.marked = !candidate.mark.empty() || has_mark(parsed->target, countable);
  const std::string target = redactor_(parsed->target);
  TargetParts parts = split_target(target);
  candidate.path = std::move(parts.path);
  candidate.query = std::move(parts.query);
  record.target = shorten(escape_for_display(target), longest_kept);
  record.line = shorten(escape_for_display(redactor_(line)), longest_kept);
  candidates_.push_back(std::move(candidate));
}

bool Search::has_record(const StepReport& exchange) const {
  return std::any_of(exchange.logged.begin(), exchange.logged.end(),
                     [&](const LogRecord& record) { return record.source == source_ && record.flags != unclear; });
}

void Search::note_paths(std::span<StepReport* const> exchanges) {
  asked_paths_.clear();
  for (const StepReport* exchange : exchanges) asked_paths_.push_back(target_of(exchange->evidence.request).path);
}

bool Search::is_asked_for(const std::string& path) const {
  return std::find(asked_paths_.begin(), asked_paths_.end(), path) != asked_paths_.end();
}

bool Search::has_all(std::span<StepReport* const> exchanges) {
  note_paths(exchanges);
  std::vector<bool> used(candidates_.size());
  const auto take = [&](const StepReport& exchange, auto&& fits) {
    for (std::size_t at = 0; at < candidates_.size(); ++at) {
      if (used[at] || !fits(candidates_[at], exchange)) continue;
      used[at] = true;
      return true;
    }
    return false;
  };
  return std::all_of(exchanges.begin(), exchanges.end(), [&](const StepReport* exchange) {
    return has_record(*exchange) ||
           take(*exchange, [this](const Candidate& line, const StepReport& one) { return can_be_of(line, one); }) ||
           take(*exchange, can_be_rewritten_of);
  });
}

bool Search::can_be_of(const Candidate& line, const StepReport& exchange) const {
  const RequestFacts& request = exchange.evidence.request;
  if (!line.mark.empty()) {
    const std::string* agent = user_agent_of(exchange);
    return agent != nullptr && mark_in(*agent) == line.mark;
  }
  if (!line.record.marked && !line.countable) return false;
  if (!line.record.method.empty() && line.record.method != request.method) return false;
  if (line.took == Took::as_websocket && !request.upgrade) return false;
  const TargetParts sent = target_of(request);
  if (!line.query.empty()) {
    if (line.query != sent.query) return false;
    // The same query under another path: rewritten on the way, if the query is ours alone and the path nobody's.
    const bool tells = sent.query.find("[redacted:") != std::string::npos || has_mark(sent.query, line.countable);
    return line.path == sent.path || (tells && !is_asked_for(line.path));
  }
  return line.path == sent.path && (sent.query.empty() || line.hides_query);
}

bool Search::can_be_rewritten_of(const Candidate& line, const StepReport& exchange) {
  return line.countable && !line.record.marked && line.took == Took::as_websocket && line.query.empty() &&
         exchange.evidence.request.upgrade && line.record.status == status_given(exchange) &&
         may_be_rewritten(target_of(exchange.evidence.request).path, line.path);
}

void Search::attach(Candidate& line, StepReport& exchange) {
  const auto have = std::count_if(exchange.logged.begin(), exchange.logged.end(),
                                  [&](const LogRecord& record) { return record.source == source_; });
  ++ours_;
  line.tied = true;
  if (static_cast<std::size_t>(have) >= most_records) return;
  std::erase_if(exchange.logged,
                [&](const LogRecord& record) { return record.source == source_ && record.flags == unclear; });
  if (refuses_upgrades_ && exchange.evidence.request.upgrade && line.took == Took::as_plain) {
    line.record.flags = no_websocket_support;
  }
  exchange.logged.push_back(line.record);
}

void Search::settle(std::span<StepReport* const> exchanges) {
  note_paths(exchanges);
  settle_marked(exchanges);
  settle_counted(exchanges);
  settle_rewritten(exchanges);
  note_unclear(exchanges);
  candidates_.clear();
}

void Search::settle_marked(std::span<StepReport* const> exchanges) {
  for (Candidate& line : candidates_) {
    if (line.mark.empty()) continue;
    const auto exchange =
        std::find_if(exchanges.begin(), exchanges.end(), [&](const StepReport* one) { return can_be_of(line, *one); });
    if (exchange != exchanges.end()) {
      attach(line, **exchange);
    } else {
      ++ours_;  // an exchange that no report shows, such as another question for the health document
    }
  }
  std::erase_if(candidates_, [](const Candidate& line) { return !line.mark.empty(); });
}

/// Lines that look alike, against the exchanges that they can be of.
void Search::settle_counted(std::span<StepReport* const> exchanges) {
  std::vector<bool> looked_at(candidates_.size());
  for (std::size_t first = 0; first < candidates_.size(); ++first) {
    if (looked_at[first]) continue;
    const auto alike = [&](const Candidate& line) {
      const Candidate& model = candidates_[first];
      return line.took == model.took && line.path == model.path && line.query == model.query &&
             line.record.method == model.record.method && line.countable == model.countable;
    };
    std::vector<Candidate*> lines;
    for (std::size_t at = first; at < candidates_.size(); ++at) {
      if (looked_at[at] || !alike(candidates_[at])) continue;
      looked_at[at] = true;
      lines.push_back(&candidates_[at]);
    }
    std::vector<StepReport*> pending;
    for (StepReport* exchange : exchanges) {
      if (!has_record(*exchange) && can_be_of(candidates_[first], *exchange)) pending.push_back(exchange);
    }
    // An upgrade that arrived as a plain request looks like the plain request of the same target; that one has a
    // better claim.
    const bool plain = candidates_[first].took == Took::as_plain;
    const bool any_plain = std::any_of(pending.begin(), pending.end(),
                                       [](const StepReport* one) { return !one->evidence.request.upgrade; });
    if (plain && any_plain && lines.size() < pending.size()) {
      std::erase_if(pending, [](const StepReport* one) { return one->evidence.request.upgrade; });
    }
    tie(std::move(lines), std::move(pending));
  }
}

/// A line that was tied to nothing and whose User-Agent is not known: it may be any request's whose path was rewritten.
bool Search::may_yet_be_of(const Candidate& line, const StepReport& exchange) const {
  if (line.tied) return false;
  if (can_be_of(line, exchange)) return true;
  const RequestFacts& request = exchange.evidence.request;
  const bool fits = line.record.method.empty() || line.record.method == request.method;
  const bool of_another_path = is_asked_for(line.path) && line.path != target_of(request).path;
  return line.anonymous && line.mark.empty() && fits && !of_another_path;
}

void Search::note_unclear(std::span<StepReport* const> exchanges) {
  for (StepReport* exchange : exchanges) {
    const auto of_here = [&](const LogRecord& record) { return record.source == source_; };
    if (std::any_of(exchange->logged.begin(), exchange->logged.end(), of_here)) continue;
    const auto line = std::find_if(candidates_.begin(), candidates_.end(),
                                   [&](const Candidate& one) { return may_yet_be_of(one, *exchange); });
    if (line == candidates_.end()) continue;
    LogRecord record;
    record.source = source_;
    record.owner = line->record.owner;
    record.format = line->record.format;
    record.flags = unclear;
    exchange->logged.push_back(std::move(record));
  }
}

/// WebSocket lines of a path that nobody asked for, as many as the upgrades of ours that have no line.
void Search::settle_rewritten(std::span<StepReport* const> exchanges) {
  std::vector<StepReport*> missing;
  for (StepReport* exchange : exchanges) {
    const bool wanted = exchange->evidence.request.upgrade && status_given(*exchange) != 0;
    if (wanted && !has_record(*exchange)) missing.push_back(exchange);
  }
  std::vector<Candidate*> lines;
  for (Candidate& line : candidates_) {
    if (line.tied || line.took != Took::as_websocket) continue;
    const bool fits = std::all_of(missing.begin(), missing.end(),
                                  [&](const StepReport* exchange) { return can_be_rewritten_of(line, *exchange); });
    // A line of another kind among them: other people are talking to this application, and nothing can be counted.
    if (!fits || (!lines.empty() && lines.front()->path != line.path)) return;
    lines.push_back(&line);
  }
  tie(std::move(lines), std::move(missing));
}

/// Gives each line to one exchange, if that can be done in one way only as far as the records say anything.
void Search::tie(std::vector<Candidate*> lines, std::vector<StepReport*> exchanges) {
  if (lines.empty() || exchanges.empty()) return;
  const bool marked = lines.front()->record.marked;
  if (exchanges.size() == 1 && marked) {
    for (Candidate* line : lines) attach(*line, *exchanges.front());
    return;
  }
  if (lines.size() != exchanges.size()) return;
  std::stable_sort(exchanges.begin(), exchanges.end(),
                   [](const StepReport* left, const StepReport* right) { return begin_of(left) < begin_of(right); });
  const bool one_voice = std::all_of(lines.begin(), lines.end(), [&](const Candidate* line) {
    return say_the_same(line->record, lines.front()->record);
  });
  if (!one_voice && !follow_each_other(exchanges)) {
    // Made at the same time, logged in any order: told apart by their statuses, if those are the same on both sides.
    const auto by_status_of_line = [](const Candidate* left, const Candidate* right) {
      return left->record.status < right->record.status;
    };
    const auto by_status_given = [](const StepReport* left, const StepReport* right) {
      return status_given(*left) < status_given(*right);
    };
    std::stable_sort(lines.begin(), lines.end(), by_status_of_line);
    std::stable_sort(exchanges.begin(), exchanges.end(), by_status_given);
    for (std::size_t at = 0; at < lines.size(); ++at) {
      if (lines[at]->record.status != status_given(*exchanges[at])) return;
    }
  }
  for (std::size_t at = 0; at < lines.size(); ++at) attach(*lines[at], *exchanges[at]);
}

WitnessReport Search::report() const {
  WitnessReport report;
  report.source = source_;
  report.owner = owner_;
  report.format = format_;
  report.bytes_read = bytes_;
  report.lines_read = lines_;
  report.lines_ours = ours_;
  if (overflowed_) report.problem = "it has too many requests of this time to look through";
  return report;
}

}  // namespace wsprobe::witness
