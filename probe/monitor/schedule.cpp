#include "monitor/schedule.hpp"

#include <algorithm>
#include <string_view>

namespace wsprobe::monitor {
namespace {

constexpr Duration start_spread = std::chrono::milliseconds(10);
constexpr Duration most_jitter = std::chrono::seconds(1);

/// FNV-1a, then splitmix64's finish: short names that differ in one digit end up far apart. The same on every machine.
std::uint64_t hash(std::string_view text, std::uint64_t salt) {
  std::uint64_t value = 14695981039346656037U ^ salt;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211U;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

/// 0 <= fraction < 1
double fraction(std::uint64_t value) { return static_cast<double>(value >> 11U) / 9007199254740992.0; }

Duration part_of(Duration whole, double share) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(whole.count()) * share));
}

}  // namespace

TimePoint Schedule::time_of(const std::string& name, const Entry& entry, std::int64_t slot) const {
  const Duration phase = part_of(entry.every, fraction(hash(name, 0)));
  const Duration widest = std::min(entry.every / 20, most_jitter);
  const Duration jitter = part_of(widest, fraction(hash(name, static_cast<std::uint64_t>(slot) + 1)));
  return start_ + phase + entry.every * slot + jitter;
}

std::int64_t Schedule::first_slot_after(const std::string& name, const Entry& entry, TimePoint when) const {
  std::int64_t slot = std::max<std::int64_t>(0, (when - start_) / entry.every - 1);
  while (time_of(name, entry, slot) <= when) ++slot;
  return slot;
}

void Schedule::plan(const std::string& name, Entry& entry, TimePoint when) {
  queue_.erase({entry.planned, name});
  entry.planned = when;
  queue_.insert({when, name});
}

void Schedule::set(std::span<const Period> periods, TimePoint now) {
  std::map<std::string, Entry> before;
  before.swap(entries_);
  queue_.clear();
  const Duration spread = start_spread * static_cast<Duration::rep>(periods.size());
  for (const Period& period : periods) {
    Entry entry;
    const auto known = before.find(period.name);
    const bool stays = known != before.end() && known->second.every == period.every;
    if (stays) {
      entry = known->second;
    } else {
      entry.every = period.every;
      const double share = fraction(hash(period.name, 0));
      // One alone is not made to wait.
      entry.planned = now + (periods.size() > 1 ? part_of(std::min(spread, period.every), share) : Duration{});
      // The first regular slot is left out where it comes right after this.
      entry.slot = first_slot_after(period.name, entry, entry.planned + period.every / 2);
      if (known != before.end()) entry.running = known->second.running;
    }
    queue_.insert({entry.planned, period.name});
    entries_.emplace(period.name, entry);
  }
}

std::optional<Due> Schedule::take(TimePoint now) {
  while (!queue_.empty() && queue_.begin()->first <= now) {
    const std::string name = queue_.begin()->second;
    Entry& entry = entries_.at(name);
    const Due due{name, entry.planned};
    const std::int64_t next = std::max(entry.slot, first_slot_after(name, entry, now));
    skipped_ += static_cast<std::uint64_t>(next - entry.slot);
    plan(name, entry, time_of(name, entry, next));
    entry.slot = next + 1;
    if (entry.running) {
      ++skipped_;
      continue;
    }
    entry.running = true;
    return due;
  }
  return std::nullopt;
}

void Schedule::finished(const std::string& name) {
  if (const auto found = entries_.find(name); found != entries_.end()) found->second.running = false;
}

TimePoint Schedule::next() const { return queue_.empty() ? TimePoint::max() : queue_.begin()->first; }

}  // namespace wsprobe::monitor
