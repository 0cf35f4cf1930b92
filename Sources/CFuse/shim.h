// libfuse 3, low-level API, and the parts of it that Swift cannot express: structures with callbacks that
// must be C (a thread may be cancelled inside them), and calls that change one thread's credentials.
//
// SwiftPM drops -D flags from pkg-config, so they are set here; but not _FILE_OFFSET_BITS: on 64-bit Linux it
// changes only the names of types, by which Clang would take them for others than Glibc's module has. Nor
// _GNU_SOURCE: it changes fd_set.
#pragma once
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <fuse_opt.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define LARDER_FUSE_THREADS_MAX 64

// What libfuse hands back as `userdata`.
struct larder_fuse_session {
    // The Swift object that owns this structure; not retained.
    void *core;
    // Our own duplicate of /dev/fuse's descriptor. libfuse closes its own when it unmounts, while other
    // threads still answer requests: their bytes would land in whatever file got the number next.
    int32_t fd;
    // FUSE_… bits of the INIT reply that libfuse never sends, sent where the kernel offered them.
    uint32_t init_flags_added;
    // What the kernel offered; 0 before INIT came.
    uint32_t init_flags_offered;
    // 1 once an INIT request was read, so that later reads need not look.
    int32_t init_seen;
    // The INIT request that waits for its reply, 0 before and after.
    uint64_t init_unique;

    // The loop. Everything below is guarded by `lock`.
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct fuse_session *session;
    uint32_t threads_max, threads, idle;
    // Threads that were in a handler for too long when all others had ended, and were left to it.
    uint32_t left_behind;
    // 1 once no thread may start any more and all have to end.
    int32_t over;
    // Why, as a negative errno; 0 for an unmount or a wish.
    int32_t error;
    pthread_t ids[LARDER_FUSE_THREADS_MAX];
    int32_t is_busy[LARDER_FUSE_THREADS_MAX];
    // Request buffers, one per thread: freed by who joins the thread, which may have been cancelled.
    struct fuse_buf buffers[LARDER_FUSE_THREADS_MAX];
};

#ifdef LARDER_SANITIZE
// The sanitizers do not follow a thread that is cancelled inside a system call: what they believe of it is wrong from
// there on, and they end the process. Programs built with one look twenty times a second whether it is over.
static ssize_t larder_fuse_next(struct larder_fuse_session *session, void *buffer, size_t length) {
    for (;;) {
        pthread_mutex_lock(&session->lock);
        int over = session->over;
        pthread_mutex_unlock(&session->lock);
        if (over) {
            errno = EINTR;
            return -1;
        }
        struct pollfd waiting = {.fd = session->fd, .events = POLLIN};
        if (poll(&waiting, 1, 50) == 0) continue;
        ssize_t count = read(session->fd, buffer, length);
        // Another thread was faster.
        if (count >= 0 || errno != EAGAIN) return count;
    }
}
#else
// Cancellation point: the loop ends its workers with pthread_cancel while they wait here.
static ssize_t larder_fuse_next(struct larder_fuse_session *session, void *buffer, size_t length) {
    return read(session->fd, buffer, length);
}
#endif

static ssize_t larder_fuse_read(int fd, void *buffer, size_t length, void *userdata) {
    struct larder_fuse_session *session = (struct larder_fuse_session *)userdata;
    (void)fd;
    ssize_t count = larder_fuse_next(session, buffer, length);
    if (__builtin_expect(__atomic_load_n(&session->init_seen, __ATOMIC_ACQUIRE) == 0, 0) &&
        count >= (ssize_t)(sizeof(struct fuse_in_header) + 4 * sizeof(uint32_t))) {
        const struct fuse_in_header *header = (const struct fuse_in_header *)buffer;
        if (header->opcode == FUSE_INIT) {
            const struct fuse_init_in *init = (const struct fuse_init_in *)(header + 1);
            session->init_flags_offered = init->flags;
            __atomic_store_n(&session->init_unique, header->unique, __ATOMIC_RELEASE);
            __atomic_store_n(&session->init_seen, 1, __ATOMIC_RELEASE);
        }
    }
    return count;
}

static ssize_t larder_fuse_writev(int fd, struct iovec *parts, int count, void *userdata) {
    struct larder_fuse_session *session = (struct larder_fuse_session *)userdata;
    (void)fd;
    uint64_t unique = __atomic_load_n(&session->init_unique, __ATOMIC_ACQUIRE);
    if (__builtin_expect(unique != 0, 0) && count >= 2) {
        const struct fuse_out_header *header = (const struct fuse_out_header *)parts[0].iov_base;
        if (header->unique == unique) {
            if (header->error == 0 && parts[1].iov_len >= 4 * sizeof(uint32_t)) {
                struct fuse_init_out *init = (struct fuse_init_out *)parts[1].iov_base;
                init->flags |= session->init_flags_added & session->init_flags_offered;
            }
            __atomic_store_n(&session->init_unique, 0, __ATOMIC_RELEASE);
        }
    }
    ssize_t written = writev(session->fd, parts, count);
    // After an unmount every late answer meets ENODEV. libfuse prints that as an error, but not ENOENT.
    if (written == -1 && errno == ENODEV) errno = ENOENT;
    return written;
}

// A function in libfuse 3.14, a macro since 3.17: Swift sees no macro with arguments.
static inline struct fuse_session *larder_fuse_session_new(struct fuse_args *arguments,
                                                           const struct fuse_lowlevel_ops *operations,
                                                           struct larder_fuse_session *userdata) {
    return fuse_session_new(arguments, operations, sizeof *operations, userdata);
}

// FUSE_NOTIFY_PRUNE, of protocol 7.45: the kernel forgets those of the nodes that nobody uses. Returns 0 or a negative errno.
static inline int larder_fuse_notify_prune(
    struct larder_fuse_session *session, const uint64_t *nodes, uint32_t count) {
    struct {
        uint32_t count, padding;
        uint64_t spare;
    } prune = {.count = count};
    struct fuse_out_header header = {
        .len = (uint32_t)(sizeof header + sizeof prune + count * sizeof *nodes),
        .error = 9,  // the notification's code, where `unique` is 0
    };
    struct iovec parts[] = {
        {.iov_base = &header, .iov_len = sizeof header},
        {.iov_base = &prune, .iov_len = sizeof prune},
        {.iov_base = (void *)nodes, .iov_len = count * sizeof *nodes},
    };
    return writev(session->fd, parts, 3) == (ssize_t)header.len ? 0 : -errno;
}

// To be called after fuse_session_mount. Returns 0 or a negative errno.
static inline int larder_fuse_take_over_io(struct fuse_session *session, int fd) {
    static const struct fuse_custom_io io = {
        .writev = larder_fuse_writev,
        .read = larder_fuse_read,
    };
#ifdef LARDER_SANITIZE
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
#endif
    return fuse_session_custom_io(session, &io, fd);
}

// fuse_session_loop_mt has no way to be told to end but a signal: its threads sleep in read(2). This loop does the
// same and ends when larder_fuse_exit says so.
static void larder_fuse_start_worker(struct larder_fuse_session *loop);

static void *larder_fuse_worker(void *argument) {
    struct larder_fuse_session *loop = (struct larder_fuse_session *)argument;
    int ignored;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &ignored);
    pthread_mutex_lock(&loop->lock);
    uint32_t own = 0;
    while (!pthread_equal(loop->ids[own], pthread_self())) own++;
    struct fuse_buf *buffer = &loop->buffers[own];
    struct fuse_session *session = loop->session;
    int32_t status = 0;
    while (!loop->over) {
        pthread_mutex_unlock(&loop->lock);
#ifndef LARDER_SANITIZE
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &ignored);
#endif
        status = fuse_session_receive_buf(session, buffer);
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &ignored);
        if (status == -EINTR) {
            pthread_mutex_lock(&loop->lock);
            continue;
        }
        if (status <= 0) {
            pthread_mutex_lock(&loop->lock);
            break;
        }
        uint32_t opcode = ((const struct fuse_in_header *)buffer->mem)->opcode;
        pthread_mutex_lock(&loop->lock);
        // As good as still in the kernel: whoever ends the loop counts on it that nothing begins any more.
        if (loop->over) break;
        loop->is_busy[own] = 1;
        loop->idle--;
        // Forgets come in masses and are done in no time: not worth a thread.
        if (loop->idle == 0 && opcode != FUSE_FORGET && opcode != FUSE_BATCH_FORGET) {
            larder_fuse_start_worker(loop);
        }
        pthread_mutex_unlock(&loop->lock);
        fuse_session_process_buf(session, buffer);
        pthread_mutex_lock(&loop->lock);
        loop->idle++;
        loop->is_busy[own] = 0;
    }
    if (status < 0 && status != -EINTR && !loop->over) loop->error = status;
    loop->over = 1;
    pthread_cond_broadcast(&loop->changed);
    pthread_mutex_unlock(&loop->lock);
    return NULL;
}

// Under the lock.
static void larder_fuse_start_worker(struct larder_fuse_session *loop) {
    if (loop->over || loop->threads == loop->threads_max) return;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&loop->ids[loop->threads], NULL, larder_fuse_worker, loop) == 0) {
        pthread_setname_np(loop->ids[loop->threads], "fuse");
        loop->threads++;
        loop->idle++;
    } else if (loop->threads == 0) {
        loop->over = 1;
        loop->error = -EAGAIN;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static inline void larder_fuse_prepare(struct larder_fuse_session *loop) {
    pthread_mutex_init(&loop->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&loop->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

// Serves until unmounted or told to end; returns 0 or a negative errno. Once per session. A handler that has not
// returned `patience` seconds later is left behind with its thread, which goes on to use `loop`.
static inline int32_t larder_fuse_loop(struct larder_fuse_session *loop, struct fuse_session *session,
                                       uint32_t threads_max, uint32_t patience) {
    pthread_mutex_lock(&loop->lock);
    loop->session = session;
    loop->threads_max = threads_max < LARDER_FUSE_THREADS_MAX ? threads_max : LARDER_FUSE_THREADS_MAX;
    larder_fuse_start_worker(loop);
    while (!loop->over) pthread_cond_wait(&loop->changed, &loop->lock);
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += patience;
    int status = 0;
    while (loop->idle < loop->threads && status == 0) {
        status = pthread_cond_timedwait(&loop->changed, &loop->lock, &deadline);
    }
    uint32_t threads = loop->threads;
    int32_t is_left[LARDER_FUSE_THREADS_MAX];
    for (uint32_t index = 0; index < threads; index++) {
        is_left[index] = loop->is_busy[index];
        if (is_left[index]) {
            pthread_detach(loop->ids[index]);
            loop->left_behind++;
        } else {
            pthread_cancel(loop->ids[index]);
        }
    }
    pthread_mutex_unlock(&loop->lock);
    for (uint32_t index = 0; index < threads; index++) {
        if (is_left[index]) continue;
        pthread_join(loop->ids[index], NULL);
        free(loop->buffers[index].mem);
        loop->buffers[index].mem = NULL;
    }
    return loop->error;
}

static inline void larder_fuse_exit(struct larder_fuse_session *loop) {
    pthread_mutex_lock(&loop->lock);
    loop->over = 1;
    pthread_cond_broadcast(&loop->changed);
    pthread_mutex_unlock(&loop->lock);
}
