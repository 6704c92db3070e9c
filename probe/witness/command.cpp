#include "witness/command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/system_call.hpp"

namespace wsprobe::witness {
namespace {

std::string text_of(int error) { return std::generic_category().message(error); }

/// Children that did not end at once when they were killed: what is large takes its time. They are asked for again with
/// the next one; waiting for them would hold up everything else on this thread.
thread_local std::vector<pid_t> killed;

void reap_those_killed_before() {
  std::erase_if(killed, [](pid_t child) { return ::waitpid(child, nullptr, WNOHANG) != 0; });
}

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    for (const int end : ends_) {
      if (end >= 0) ::close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] bool is_open() const { return ends_[0] >= 0; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  /// Ours from now on, and never waited on.
  int release_read_end() {
    const int end = std::exchange(ends_[0], -1);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
    return end;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// posix_spawn's two lists of what to do in the child.
class SpawnPlan {
 public:
  /// `in` below 0: nothing to read.
  SpawnPlan(int in, int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    if (in >= 0) {
      ::posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
    } else {
      ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    // The sockets of this run are none of the command's business.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaddset(&signals, signal);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// 0, or the error.
  int spawn(pid_t& child, std::vector<std::string> argv, std::vector<std::string> environment) const {
    std::vector<char*> words;
    for (std::string& word : argv) words.push_back(word.data());
    words.push_back(nullptr);
    std::vector<char*> variables;
    for (std::string& variable : environment) variables.push_back(variable.data());
    variables.push_back(nullptr);
    return ::posix_spawnp(&child, words.front(), &actions_, &attributes_, words.data(), variables.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// A file that is nowhere but in memory.
class InputFile {
 public:
  explicit InputFile(std::string_view bytes) : descriptor_(::memfd_create("input", MFD_CLOEXEC)) {
    whole_ = descriptor_ >= 0 && write_all(descriptor_, bytes) && ::lseek(descriptor_, 0, SEEK_SET) == 0;
  }
  ~InputFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  [[nodiscard]] bool is_whole() const { return whole_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  bool whole_ = false;
};

std::vector<std::string> kept_environment(const Command::KeepVariable& keep) {
  std::vector<std::string> kept;
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    if (keep(text.substr(0, equals), text.substr(equals + 1))) kept.emplace_back(text);
  }
  return kept;
}

}  // namespace

tl::expected<Command, std::string> Command::start(const std::vector<std::string>& argv, const KeepVariable& keep) {
  return spawn(argv, keep, -1);
}

/// Through a file in memory: it is there whole, so nobody has to be waited for.
tl::expected<Command, std::string> Command::start(const std::vector<std::string>& argv, const KeepVariable& keep,
                                                  std::string_view input) {
  const InputFile file(input);
  if (!file.is_whole()) return tl::unexpected("it cannot be given its input: " + text_of(errno));
  return spawn(argv, keep, file.descriptor());
}

tl::expected<Command, std::string> Command::spawn(const std::vector<std::string>& argv, const KeepVariable& keep,
                                                  int input) {
  if (argv.empty() || argv.front().empty()) return tl::unexpected<std::string>("there is no command");
  Pipe out;
  Pipe err;
  if (!out.is_open() || !err.is_open()) return tl::unexpected("it cannot be run: " + text_of(errno));
  const SpawnPlan plan(input, out.write_end(), err.write_end());
  pid_t child = -1;
  if (const int error = plan.spawn(child, argv, kept_environment(keep)); error != 0) {
    return tl::unexpected("it cannot be run: " + text_of(error));
  }
  return Command(child, out.release_read_end(), err.release_read_end());
}

Command::Command(pid_t child, int out, int err) : child_(child), streams_{{out, {}}, {err, {}}} {}

Command::Command(Command&& other) noexcept
    : child_(std::exchange(other.child_, -1)),
      streams_{std::exchange(other.streams_[0], {}), std::exchange(other.streams_[1], {})},
      overflowed_(other.overflowed_),
      failure_(std::move(other.failure_)) {}

Command::~Command() {
  kill();
  close_streams();
}

void Command::close_streams() {
  for (Stream& stream : streams_) {
    if (stream.descriptor >= 0) ::close(stream.descriptor);
    stream.descriptor = -1;
  }
}

bool Command::drain(Stream& stream) {
  bool took = false;
  std::array<char, 65536> buffer;  // read() fills it
  while (stream.descriptor >= 0 && !overflowed_) {
    const ssize_t count = ::read(stream.descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;  // nothing more for now
    if (count == 0) {
      ::close(stream.descriptor);
      stream.descriptor = -1;
      break;
    }
    stream.text.append(buffer.data(), static_cast<std::size_t>(count));
    took = true;
    overflowed_ = streams_[0].text.size() + streams_[1].text.size() > most_output;
  }
  return took;
}

bool Command::poll() {
  if (child_ < 0) return false;
  // Asked before the last read: what it printed before it ended is then there to be read. Not reaped yet, so that the
  // number of its group is still its own.
  siginfo_t info{};
  const bool over =
      ::waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child_;
  bool took = drain(streams_[0]);
  took = drain(streams_[1]) || took;
  if (over || overflowed_) kill();
  return took;
}

void Command::kill() {
  if (child_ < 0) return;
  // What it has left running keeps the pipes open; it is not waited for.
  ::kill(-child_, SIGKILL);
  reap_those_killed_before();
  int status = 0;
  if (::waitpid(child_, &status, WNOHANG) == 0) {
    killed.push_back(child_);
    status = SIGKILL;
  }
  child_ = -1;
  close_streams();
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    failure_ = fmt::format("it ended with exit code {}", WEXITSTATUS(status));
  }
  if (WIFSIGNALED(status)) failure_ = fmt::format("it was ended by signal {}", WTERMSIG(status));
}

}  // namespace wsprobe::witness
