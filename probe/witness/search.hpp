// Which lines of a log are about which of our exchanges.
//
// Two ways. By mark: the User-Agent carries one that no other request has, and so do the invalid token and the path
// that nobody has defined. Where a log prints neither (uvicorn prints no User-Agent, and up to 0.17 no query of a
// WebSocket): by counting. As many lines of the same kind and path as were sent, all written after the run began, are
// taken to be ours; one more or one less, and none is. That is weaker, and the record says which it was.
//
// A line that is not ours is never kept, whatever is in it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/redactor.hpp"
#include "core/report.hpp"
#include "witness/access_log.hpp"
#include "witness/log_file.hpp"

namespace wsprobe::witness {

/// By what this run's requests are known from everybody else's.
struct Marks {
  std::string run;      ///< what every User-Agent has in it, before "-NN": "1f0c9a7be4d2"
  std::string control;  ///< part of the paths that nobody has defined; new in every run
  std::string invalid;  ///< the invalid token where it is random; the same in all runs of one process
};

/// One log and what was found in it. Lines are added as they come; settle() ties them to exchanges.
class Search {
 public:
  /// `redactor` is used as long as the search lives.
  Search(std::string source, LogOwner owner, Marks marks, const Redactor& redactor);

  void add(const NewLines& lines);

  /// Appends to the exchanges' `logged` what was found of them, at most four records each. Exchanges in the order in
  /// which they were begun: all of the run, also those that have records already. What cannot be tied is forgotten;
  /// where a line may be of an exchange and may be of another, that exchange gets the record `unclear`.
  void settle(std::span<StepReport* const> exchanges);

  /// As many lines were found as these exchanges can have left there: it is no use to wait for more.
  [[nodiscard]] bool has_all(std::span<StepReport* const> exchanges);

  /// Its problem is one of the search alone.
  [[nodiscard]] WitnessReport report() const;

 private:
  struct Candidate {
    LogRecord record;
    std::string mark;  ///< of its User-Agent, with the number; empty where there is none
    std::string path;
    std::string query;
    Took took = Took::not_said;
    bool hides_query = false;  ///< the format prints no query of such a request
    bool anonymous = false;    ///< it says nothing of the User-Agent
    bool countable = false;    ///< written after the run began, and no line is missing
    bool tied = false;         ///< its record was given to an exchange
  };
  void add_line(std::string_view line, bool countable);
  [[nodiscard]] std::string mark_in(std::string_view line) const;
  [[nodiscard]] bool has_mark(std::string_view target, bool countable) const;
  [[nodiscard]] bool has_record(const StepReport& exchange) const;
  void note_paths(std::span<StepReport* const> exchanges);
  [[nodiscard]] bool is_asked_for(const std::string& path) const;
  [[nodiscard]] bool may_yet_be_of(const Candidate& line, const StepReport& exchange) const;
  void note_unclear(std::span<StepReport* const> exchanges);
  [[nodiscard]] bool can_be_of(const Candidate& line, const StepReport& exchange) const;
  [[nodiscard]] static bool can_be_rewritten_of(const Candidate& line, const StepReport& exchange);
  void settle_marked(std::span<StepReport* const> exchanges);
  void settle_counted(std::span<StepReport* const> exchanges);
  void settle_rewritten(std::span<StepReport* const> exchanges);
  void tie(std::vector<Candidate*> lines, std::vector<StepReport*> exchanges);
  void attach(Candidate& line, StepReport& exchange);

  std::string source_;
  LogOwner given_owner_;
  Marks marks_;
  const Redactor& redactor_;
  std::vector<Candidate> candidates_;
  std::vector<std::string> asked_paths_;  ///< of all exchanges, decoded
  bool overflowed_ = false;
  std::string format_;
  LogOwner owner_;
  bool refuses_upgrades_ = false;  ///< it says that it cannot speak WebSocket
  std::uint64_t bytes_ = 0;
  std::uint64_t lines_ = 0;
  std::uint64_t ours_ = 0;
};

/// What LogRecord::flags says where a log has lines that may be about an exchange and cannot be told from others. Such
/// a record has neither target nor status: it shows only that nothing is missing from the log.
inline constexpr std::string_view unclear = "cannot be told apart";

/// What LogRecord::flags says of an upgrade that was taken for an ordinary request by a program that says that it
/// cannot speak WebSocket.
inline constexpr std::string_view no_websocket_support = "no WebSocket support";

}  // namespace wsprobe::witness
