// Makes the Nth call of the C library fail once: preloaded into the binary by tests/torture.
//
// A program has hundreds of calls that never fail on a developer's machine. Here each is counted, and one of them, by
// its number, is answered with an error instead (curl tests itself like that, and calls it torture). The table at the
// end says which calls and which errors. Whoever runs the program shares one page of memory with it, `State`: what to
// fail, and what has been failed.
//
// All these functions take and return machine words, so one signature of six words serves all of them on the 64-bit
// platforms: arguments that the callee does not read do no harm.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

using Word = long;
using Function = Word (*)(Word, Word, Word, Word, Word, Word);

constexpr std::size_t most_calls = 1 << 16;
constexpr std::size_t name_size = 15;
constexpr std::size_t most_errors = 4;

/// The classes of calls, as bits.
enum Class : std::int64_t { system_calls = 1, memory = 2 };

struct Call {
  char name[name_size];
  char errors;  ///< how many ways to fail it has
};

/// As in torture.py.
struct State {
  std::atomic<std::int64_t> classes;  ///< that are counted
  std::atomic<std::int64_t> count;
  std::atomic<std::int64_t> fail_at;  ///< from 1; 0: none
  std::atomic<std::int64_t> choice;   ///< among the errors of that call
  std::atomic<std::int64_t> fired;    ///< the error that was given, 0: none yet
  std::atomic<std::int64_t> pid;      ///< of the only process that counts: not of its children
  Call calls[most_calls];
};

struct Errors {
  int of[most_errors];

  [[nodiscard]] int count() const {
    int number = 0;
    for (const int error : of) number += error != 0 ? 1 : 0;
    return number;
  }
};

std::atomic<State*> shared{nullptr};

State* find_state() {
  const char* path = std::getenv("TORTURE_STATE");
  if (path == nullptr) return nullptr;
  const auto file = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0));
  if (file < 0) return nullptr;
  const Word page = syscall(SYS_mmap, nullptr, sizeof(State), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  syscall(SYS_close, file);
  if (page == -1) return nullptr;
  auto* state = reinterpret_cast<State*>(page);  // NOLINT(performance-no-int-to-ptr): that is what mmap returns
  std::int64_t nobody = 0;
  const auto self = static_cast<std::int64_t>(syscall(SYS_getpid));
  return state->pid.compare_exchange_strong(nobody, self) ? state : nullptr;
}

/// The error that this call has to fail with, or 0.
int injected(const char* name, Class its_class, const Errors& errors) {
  State* const common = shared.load(std::memory_order_acquire);
  if (common == nullptr || errors.count() == 0 || (common->classes.load(std::memory_order_relaxed) & its_class) == 0)
    return 0;
  const std::int64_t number = common->count.fetch_add(1) + 1;
  if (number <= static_cast<std::int64_t>(most_calls)) {
    Call& call = common->calls[number - 1];
    std::size_t at = 0;
    for (; name[at] != '\0' && at + 1 < name_size; ++at) call.name[at] = name[at];
    for (; at < name_size; ++at) call.name[at] = '\0';
    call.errors = static_cast<char>(errors.count());
  }
  if (number != common->fail_at.load(std::memory_order_relaxed)) return 0;
  const int error = errors.of[static_cast<int>(common->choice.load()) % errors.count()];
  common->fired.store(error);
  return error;
}

Function next(std::atomic<void*>& known, const char* name) {
  void* function = known.load(std::memory_order_relaxed);
  if (function == nullptr) {
    function = dlsym(RTLD_NEXT, name);
    known.store(function, std::memory_order_relaxed);
  }
  return reinterpret_cast<Function>(function);
}

enum class Kind { socket, file, wakeup };

/// A pipe of a program's own and an eventfd, by which it wakes itself: there the kernel has nothing to fail with.
Kind kind_of(Word descriptor) {
  struct stat status {};
  if (syscall(SYS_fstat, descriptor, &status) != 0) return Kind::file;
  if (S_ISSOCK(status.st_mode)) return Kind::socket;
  const bool is_pipe = S_ISFIFO(status.st_mode) && (syscall(SYS_fcntl, descriptor, F_GETFL, 0) & O_NONBLOCK) != 0;
  return is_pipe || (status.st_mode & S_IFMT) == 0 ? Kind::wakeup : Kind::file;
}

constexpr Errors socket_input{{ECONNRESET, EINTR, ETIMEDOUT, ENOMEM}};
constexpr Errors file_input{{EIO, EINTR}};
constexpr Errors socket_output{{ECONNRESET, EINTR, EPIPE, ENOBUFS}};
constexpr Errors file_output{{ENOSPC, EINTR, EIO}};

constexpr Errors none{};

const Errors& among(Word descriptor, const Errors& of_socket, const Errors& of_file) {
  const Kind kind = kind_of(descriptor);
  if (kind == Kind::wakeup) return none;
  return kind == Kind::socket ? of_socket : of_file;
}

const Errors& input_errors(Word descriptor) { return among(descriptor, socket_input, file_input); }
const Errors& output_errors(Word descriptor) { return among(descriptor, socket_output, file_output); }

/// Of the commands of fcntl() those that can fail: locks, and what makes a descriptor.
const Errors& control_errors(Word command) {
  static constexpr Errors lock{{ENOLCK, EINTR}};
  static constexpr Errors duplicate{{EMFILE}};
  switch (command) {
    case F_SETLK:
    case F_SETLKW: return lock;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: return duplicate;
    default: return none;
  }
}

}  // namespace

// What comes before the program's own first line, its globals included, belongs to the libraries.
using StartMain = int (*)(void*, int, char**, void (*)(), void (*)(), void (*)(), void*);
extern "C" int torture_start_main(void* main, int count, char** arguments, void (*init)(), void (*fini)(),
                                  void (*loader)(), void* stack) __asm__("__libc_start_main");
extern "C" int torture_start_main(void* main, int count, char** arguments, void (*init)(), void (*fini)(),
                                  void (*loader)(), void* stack) {
  const auto start = reinterpret_cast<StartMain>(dlsym(RTLD_NEXT, "__libc_start_main"));
  shared.store(find_state(), std::memory_order_release);
  return start(main, count, arguments, init, fini, loader, stack);
}

// FAILING(name, class, the value that tells of a failure, errors): fails without being made.
#define FAILING(name, its_class, failure, ...)                                                   \
  extern "C" Word torture_##name(Word a, Word b, Word c, Word d, Word e, Word f) __asm__(#name); \
  extern "C" Word torture_##name(Word a, Word b, Word c, Word d, Word e, Word f) {               \
    static std::atomic<void*> known{nullptr};                                                    \
    if (const int error = injected(#name, its_class, (__VA_ARGS__)); error != 0) {               \
      errno = error;                                                                             \
      return failure;                                                                            \
    }                                                                                            \
    return next(known, #name)(a, b, c, d, e, f);                                                 \
  }
#define SYSTEM(name, ...) FAILING(name, system_calls, -1, Errors{{__VA_ARGS__}})
#define SYSTEM_NULL(name, ...) FAILING(name, system_calls, 0, Errors{{__VA_ARGS__}})
#define INPUT(name) FAILING(name, system_calls, -1, input_errors(a))
#define OUTPUT(name) FAILING(name, system_calls, -1, output_errors(a))

// These return the error instead of leaving it in errno.
#define RETURNING(name, its_class, ...)                                                                \
  extern "C" Word torture_##name(Word a, Word b, Word c, Word d, Word e, Word f) __asm__(#name);       \
  extern "C" Word torture_##name(Word a, Word b, Word c, Word d, Word e, Word f) {                     \
    static std::atomic<void*> known{nullptr};                                                          \
    if (const int error = injected(#name, its_class, Errors{{__VA_ARGS__}}); error != 0) return error; \
    return next(known, #name)(a, b, c, d, e, f);                                                       \
  }

// These are made, and then say that they have failed: a descriptor is gone whatever close() returns (Linux).
#define AFTERWARDS(name, failure, ...)                                                           \
  extern "C" Word torture_##name(Word a, Word b, Word c, Word d, Word e, Word f) __asm__(#name); \
  extern "C" Word torture_##name(Word a, Word b, Word c, Word d, Word e, Word f) {               \
    static std::atomic<void*> known{nullptr};                                                    \
    const int error = injected(#name, system_calls, Errors{{__VA_ARGS__}});                      \
    const Word result = next(known, #name)(a, b, c, d, e, f);                                    \
    if (error == 0) return result;                                                               \
    errno = error;                                                                               \
    return failure;                                                                              \
  }

// ---- memory: glibc's own names, as dlsym() itself may ask for some ----

extern "C" void* __libc_malloc(std::size_t);               // NOLINT: glibc's name
extern "C" void* __libc_calloc(std::size_t, std::size_t);  // NOLINT
extern "C" void* __libc_realloc(void*, std::size_t);       // NOLINT
extern "C" void* torture_malloc(std::size_t size) __asm__("malloc");
extern "C" void* torture_calloc(std::size_t count, std::size_t size) __asm__("calloc");
extern "C" void* torture_realloc(void* old, std::size_t size) __asm__("realloc");

namespace {

bool no_memory(const char* name) {
  if (injected(name, memory, Errors{{ENOMEM}}) == 0) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" void* torture_malloc(std::size_t size) { return no_memory("malloc") ? nullptr : __libc_malloc(size); }
extern "C" void* torture_calloc(std::size_t count, std::size_t size) {
  return no_memory("calloc") ? nullptr : __libc_calloc(count, size);
}
extern "C" void* torture_realloc(void* old, std::size_t size) {
  return no_memory("realloc") ? nullptr : __libc_realloc(old, size);
}
FAILING(reallocarray, memory, 0, Errors{{ENOMEM}})
FAILING(aligned_alloc, memory, 0, Errors{{ENOMEM}})
FAILING(memalign, memory, 0, Errors{{ENOMEM}})
FAILING(strdup, memory, 0, Errors{{ENOMEM}})
FAILING(strndup, memory, 0, Errors{{ENOMEM}})
RETURNING(posix_memalign, memory, ENOMEM)

// ---- sockets ----

SYSTEM(socket, EMFILE, ENOBUFS, EACCES)
SYSTEM(connect, ECONNREFUSED, EADDRNOTAVAIL, ENETUNREACH, EPERM)
SYSTEM(bind, EADDRINUSE, EACCES)
SYSTEM(listen, EADDRINUSE)
SYSTEM(accept, EMFILE, ECONNABORTED, ENOMEM)
SYSTEM(accept4, EMFILE, ECONNABORTED, ENOMEM)
SYSTEM(getsockopt, ENOBUFS)
SYSTEM(setsockopt, ENOBUFS)
SYSTEM(getsockname, ENOBUFS)
SYSTEM(getpeername, ENOTCONN)
SYSTEM(shutdown, ENOTCONN)
SYSTEM(socketpair, EMFILE)
INPUT(recv)
INPUT(recvfrom)
INPUT(recvmsg)
OUTPUT(send)
OUTPUT(sendto)
OUTPUT(sendmsg)
OUTPUT(sendmmsg)

// ---- files ----

INPUT(read)
INPUT(readv)
INPUT(pread)
INPUT(pread64)
OUTPUT(write)
OUTPUT(writev)
OUTPUT(pwrite)
OUTPUT(pwrite64)
SYSTEM(open, EMFILE, EACCES, EINTR)
SYSTEM(open64, EMFILE, EACCES, EINTR)
SYSTEM(__open_2, EMFILE, EACCES, EINTR)
SYSTEM(openat, EMFILE, EACCES, EINTR)
SYSTEM(openat64, EMFILE, EACCES, EINTR)
SYSTEM(mkostemp, EMFILE, EACCES, ENOSPC)
SYSTEM(mkostemp64, EMFILE, EACCES, ENOSPC)
SYSTEM_NULL(fopen, EMFILE, EACCES)
SYSTEM_NULL(fopen64, EMFILE, EACCES)
SYSTEM_NULL(fgets, EIO)
SYSTEM_NULL(fread, EIO)
SYSTEM_NULL(fwrite, ENOSPC)
SYSTEM_NULL(opendir, EMFILE, EACCES)
AFTERWARDS(close, -1, EINTR, EIO)
AFTERWARDS(fclose, -1, EIO)
AFTERWARDS(fflush, -1, ENOSPC)
SYSTEM(fsync, EIO, ENOSPC)
SYSTEM(fdatasync, EIO, ENOSPC)
SYSTEM(ftruncate, EIO)
SYSTEM(ftruncate64, EIO)
SYSTEM(rename, EACCES, EIO)
SYSTEM(renameat, EACCES, EIO)
SYSTEM(unlink, EACCES)
SYSTEM(remove, EACCES)
SYSTEM(lseek, ESPIPE)
SYSTEM_NULL(fdopen, ENOMEM)
SYSTEM(memfd_create, EMFILE)
SYSTEM(getrlimit, EINVAL)
SYSTEM(setrlimit, EPERM)
SYSTEM(waitid, EINTR)
SYSTEM(waitpid, EINTR)
SYSTEM(mkdir, EACCES, ENOSPC)
SYSTEM(fchmod, EPERM)
SYSTEM(stat, EACCES, ENOMEM)
SYSTEM(fstat, ENOMEM)
SYSTEM(lstat, EACCES)
SYSTEM(stat64, EACCES, ENOMEM)
SYSTEM(fstat64, ENOMEM)
SYSTEM(lstat64, EACCES)
SYSTEM(access, EACCES)
SYSTEM_NULL(realpath, EACCES)
SYSTEM_NULL(getcwd, ENOENT)
FAILING(fcntl, system_calls, -1, control_errors(b))
FAILING(fcntl64, system_calls, -1, control_errors(b))
SYSTEM(ioctl, ENOTTY)
SYSTEM(glob, 3)
SYSTEM(glob64, 3)

// ---- waiting, threads, memory maps, chance ----

SYSTEM(poll, EINTR, ENOMEM)
SYSTEM(ppoll, EINTR, ENOMEM)
SYSTEM(select, EINTR, ENOMEM)
SYSTEM(epoll_create, EMFILE)
SYSTEM(epoll_create1, EMFILE)
// Only adding allocates in the kernel; to modify or delete what was added does not fail.
extern "C" Word torture_epoll_ctl(Word a, Word b, Word c, Word d, Word e, Word f) __asm__("epoll_ctl");
extern "C" Word torture_epoll_ctl(Word a, Word b, Word c, Word d, Word e, Word f) {
  static std::atomic<void*> known{nullptr};
  const int error = b == EPOLL_CTL_ADD ? injected("epoll_ctl", system_calls, Errors{{ENOMEM, ENOSPC}}) : 0;
  if (error == 0) return next(known, "epoll_ctl")(a, b, c, d, e, f);
  errno = error;
  return -1;
}
SYSTEM(epoll_wait, EINTR)
SYSTEM(eventfd, EMFILE)
SYSTEM(timerfd_create, EMFILE)
SYSTEM(timerfd_settime, EINVAL)
SYSTEM(pipe, EMFILE)
SYSTEM(pipe2, EMFILE)
SYSTEM(signalfd, EMFILE)
SYSTEM(inotify_init1, EMFILE)
SYSTEM(inotify_add_watch, ENOSPC)
SYSTEM(sigaction, EINVAL)
SYSTEM(prctl, EINVAL)
SYSTEM(getrandom, EINTR)
SYSTEM(getentropy, EIO)
SYSTEM(gethostname, EPERM)
SYSTEM(uname, EFAULT)
RETURNING(pthread_create, system_calls, EAGAIN)
RETURNING(pthread_key_create, system_calls, EAGAIN)
RETURNING(getaddrinfo, system_calls, -3, -10)
RETURNING(posix_spawn, system_calls, EAGAIN)
RETURNING(posix_spawnp, system_calls, EAGAIN)
FAILING(mmap, system_calls, -1, Errors{{ENOMEM}})
FAILING(mmap64, system_calls, -1, Errors{{ENOMEM}})
