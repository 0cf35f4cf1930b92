#define _GNU_SOURCE
#include "CLinuxReader.h"
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A reader has no thread of the C library: its thread pointer is that of the thread which started it. Nothing below that runs
 * in it may touch thread-local storage (errno, stack protector, the sanitizers' own) or call into any library. */
#if defined(__has_attribute) && __has_attribute(disable_sanitizer_instrumentation)
#define IN_READER __attribute__((disable_sanitizer_instrumentation, no_stack_protector))
#else
#define IN_READER __attribute__((no_sanitize("address", "thread"), no_stack_protector))
#endif

#if defined(__x86_64__)
#define CAN_READ_APART 1
IN_READER static inline long call(long number, long a, long b, long c, long d, long e) {
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = e;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
#define CAN_READ_APART 1
IN_READER static inline long call(long number, long a, long b, long c, long d, long e) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}
#else
#define CAN_READ_APART 0
#endif

#if CAN_READ_APART
IN_READER static int follow_orders(void *argument) {
    struct larder_reader *reader = argument;
    call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    // Whoever ended before that could not say so.
    if (call(SYS_getppid, 0, 0, 0, 0, 0) != reader->daemon) return 0;
    call(SYS_prctl, PR_SET_NAME, (long)"larder-read", 0, 0, 0);
    for (;;) {
        uint32_t state = __atomic_load_n(&reader->state, __ATOMIC_ACQUIRE);
        if (state != larder_reader_reading) {
            call(SYS_futex, (long)&reader->state, FUTEX_WAIT, state, 0, 0);
            continue;
        }
        reader->result = call(SYS_pread64, reader->descriptor, (long)reader->bytes, (long)reader->length,
                              reader->offset, 0);
        // Unless nobody waits for it any more.
        if (__atomic_compare_exchange_n(&reader->state, &state, larder_reader_idle, 0, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {
            call(SYS_futex, (long)&reader->state, FUTEX_WAKE, 1, 0, 0);
        }
    }
}
#endif

#if CAN_READ_APART
/* clone by the name that the sanitizers leave alone: in place of `clone` they have one of their own, which takes the child
 * for a fork with memory of its own and begins their tables anew. */
extern int __clone(int (*run)(void *), void *stack, int flags, void *argument, ...);
#endif

int32_t larder_reader_start(struct larder_reader *reader, void *stack_end, int32_t daemon, int32_t *pid) {
#if CAN_READ_APART
    reader->daemon = daemon;
    reader->state = larder_reader_idle;
    // No CLONE_THREAD: a thread group of its own, which SIGKILL ends alone. No signal tells of its end.
    int made = __clone(follow_orders, stack_end, CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_CHILD_CLEARTID, reader, NULL,
                       NULL, &reader->state);
    if (made < 0) return errno;
    *pid = made;
    return 0;
#else
    (void)reader, (void)stack_end, (void)daemon, (void)pid;
    return ENOSYS;
#endif
}

/* Not FUTEX_PRIVATE: the kernel's own word of the reader's end is not either. */
static void wake(struct larder_reader *reader, int count) {
    syscall(SYS_futex, &reader->state, FUTEX_WAKE, count, NULL, NULL, 0);
}

int32_t larder_reader_order(struct larder_reader *reader, int32_t descriptor, int64_t offset, uint64_t length) {
    uint32_t state = larder_reader_idle;
    reader->descriptor = descriptor;
    reader->offset = offset;
    reader->length = length;
    if (!__atomic_compare_exchange_n(&reader->state, &state, larder_reader_reading, 0, __ATOMIC_RELEASE,
                                     __ATOMIC_RELAXED)) {
        return 0;
    }
    wake(reader, 1);
    return 1;
}

uint32_t larder_reader_wait(struct larder_reader *reader) {
    for (;;) {
        uint32_t state = __atomic_load_n(&reader->state, __ATOMIC_ACQUIRE);
        if (state != larder_reader_reading) return state;
        syscall(SYS_futex, &reader->state, FUTEX_WAIT, state, NULL, NULL, 0);
    }
}

int32_t larder_reader_give_up(struct larder_reader *reader) {
    uint32_t state = larder_reader_reading;
    if (!__atomic_compare_exchange_n(&reader->state, &state, larder_reader_given_up, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED)) {
        return 0;
    }
    // The reader may not have woken up yet and be another one that waits.
    wake(reader, INT_MAX);
    return 1;
}

int32_t larder_reader_reap(int32_t pid) {
    int status;
    pid_t found = waitpid(pid, &status, WNOHANG | __WALL);
    return found == pid || (found < 0 && errno == ECHILD);
}
