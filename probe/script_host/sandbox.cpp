#include "script_host/sandbox.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <system_error>
#include <vector>

namespace wsprobe::script_host {
namespace {

using Problem = tl::unexpected<std::string>;

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
#error "The filter of system calls is written for x86-64 and AArch64."
#endif

/// What a computation needs of the kernel; the engine's helper threads may be at their own beginning yet (rseq,
/// set_robust_list).
constexpr std::initializer_list<int> allowed = {
    __NR_brk,
    __NR_munmap,
    __NR_mremap,
    __NR_madvise,
    __NR_futex,
    __NR_exit,
    __NR_exit_group,
    __NR_rt_sigreturn,
    __NR_rt_sigprocmask,
    __NR_sigaltstack,
    __NR_clock_gettime,
    __NR_clock_getres,
    __NR_gettimeofday,
    __NR_getrandom,
    __NR_sched_yield,
    __NR_getpid,
    __NR_gettid,
    __NR_getrusage,
    __NR_sched_getaffinity,
    __NR_restart_syscall,
    __NR_nanosleep,
    __NR_clock_nanosleep,
    __NR_set_robust_list,
    __NR_rseq,
};

/// What libraries ask for and can do without: a time zone's file, the number of processors, a name for a thread.
constexpr std::initializer_list<int> refused = {
    __NR_openat,     __NR_newfstatat, __NR_fstat,   __NR_faccessat,
    __NR_readlinkat, __NR_prlimit64,  __NR_sysinfo, __NR_uname,
#if defined(__x86_64__)
    __NR_open,       __NR_stat,       __NR_access,  __NR_readlink,
#endif
};

std::string why(std::string_view what) { return std::string(what) + ": " + std::generic_category().message(errno); }

constexpr std::uint32_t argument(std::size_t index) {
  // The lower half of the argument; both architectures have it first.
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
}

/// A program of the kernel's filter machine, built front to back: each rule decides or falls through to the next.
class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    when_not_equal(architecture, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    // The numbers of the x32 interface would pass for others.
    constexpr std::uint32_t x32_bit = 0x40000000;
    add(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, x32_bit, 0, 1));
    decide(SECCOMP_RET_KILL_PROCESS);
#endif
  }

  void on(int call, std::uint32_t decision) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    decide(decision);
  }

  /// Allowed where the argument has exactly that value.
  void on_equal(int call, std::size_t index, std::uint32_t value, std::uint32_t otherwise = SECCOMP_RET_KILL_PROCESS) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4));
    load(argument(index));
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
    decide(SECCOMP_RET_ALLOW);
    decide(otherwise);
  }

  /// Allowed where the argument has none of those bits.
  void on_clear(int call, std::size_t index, std::uint32_t bits) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4));
    load(argument(index));
    add(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0));
    decide(SECCOMP_RET_ALLOW);
    decide(SECCOMP_RET_KILL_PROCESS);
  }

  std::vector<sock_filter> finish() {
    decide(SECCOMP_RET_KILL_PROCESS);
    return code_;
  }

 private:
  void add(sock_filter instruction) { code_.push_back(instruction); }
  void load(std::size_t offset) { add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset))); }
  void decide(std::uint32_t decision) { add(BPF_STMT(BPF_RET | BPF_K, decision)); }
  void when_not_equal(std::uint32_t value, std::uint32_t decision) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0));
    decide(decision);
  }

  std::vector<sock_filter> code_;
};

std::vector<sock_filter> make_filter() {
  Filter filter;
  for (const int call : allowed) filter.on(call, SECCOMP_RET_ALLOW);
  for (const int call : refused) filter.on(call, SECCOMP_RET_ERRNO | EPERM);
  filter.on_equal(__NR_write, 0, STDOUT_FILENO);
  // The engine's threads name themselves, and take a refusal for a fault of their own.
  filter.on_equal(__NR_prctl, 0, PR_SET_NAME, SECCOMP_RET_ERRNO | EPERM);
  filter.on_clear(__NR_mmap, 2, PROT_EXEC);
  filter.on_clear(__NR_mprotect, 2, PROT_EXEC);
  return filter.finish();
}

/// No more than `value`, and no more than what it is limited to already.
tl::expected<void, std::string> limit(__rlimit_resource resource, std::size_t value, std::string_view what) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return Problem(why(what));
  const rlim_t most = std::min<rlim_t>(value, now.rlim_max);
  const rlimit wanted{most, most};
  if (::setrlimit(resource, &wanted) != 0) return Problem(why(what));
  return {};
}

}  // namespace

tl::expected<void, std::string> limit_process() {
  // A daemon's schedule comes before a page's scripts. Where a unit's filter refuses this, they are limited all the
  // same.
  constexpr int last_in_line = 10;
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, last_in_line));
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return Problem(why("the parent's end cannot be followed"));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Problem(why("new privileges cannot be given up"));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return Problem(why("being traced cannot be refused"));
  if (auto done = limit(RLIMIT_CORE, 0, "no limit on core files"); !done) return done;
  if (auto done = limit(RLIMIT_FSIZE, 0, "no limit on files"); !done) return done;
  if (auto done = limit(RLIMIT_CPU, most_processor_seconds, "no limit on time"); !done) return done;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (auto done = limit(RLIMIT_AS, most_memory, "no limit on memory"); !done) return done;
#endif
  return {};
}

tl::expected<void, std::string> close_the_walls() {
  if (auto done = limit(RLIMIT_NOFILE, 0, "no limit on descriptors"); !done) return done;
  std::vector<sock_filter> code = make_filter();
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  // For every thread: the engine has started its helpers already.
  if (::syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
    return Problem(why("the filter of system calls cannot be set"));
  }
  return {};
}

}  // namespace wsprobe::script_host
