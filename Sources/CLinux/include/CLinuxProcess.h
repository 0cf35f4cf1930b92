// Processes, sockets and mounts: what Glibc's Swift module leaves out of them.
#pragma once
#include <stdint.h>

extern const int32_t larder_mount_detach, larder_mount_force, larder_mount_no_follow;

/// Both ends close on exec.
int32_t larder_pipe(int32_t ends[2]);
/// The accepted socket is non-blocking and closes on exec.
int32_t larder_accept(int32_t listener);
/// uid and pid of the process at the other end of a Unix socket (SO_PEERCRED).
int32_t larder_peer(int32_t socket, uint32_t *uid, int32_t *pid);
/// A descriptor that becomes readable when the process ends (pidfd_open(2)), reaped or not.
int32_t larder_open_process(int32_t pid);
/// Has the kernel send `signal` when the thread that started this process ends (PR_SET_PDEATHSIG).
int32_t larder_signal_on_parent_death(int32_t signal);
/// Starts `path` with `descriptors[i]` as its descriptor i, every other descriptor closed, no signal
/// blocked or ignored. Its environment is ours without the variables named in `omitted`, which ends with NULL.
/// Returns 0 or an error number.
int32_t larder_spawn(const char *path, char *const arguments[], char *const omitted[],
                     const int32_t *descriptors, int32_t descriptor_count, int32_t new_session, int32_t *pid);
/// The calling process works only while nothing else wants the processor or the disk: nice 19, SCHED_IDLE (SCHED_BATCH where that is
/// refused), I/O class idle. For threads that it starts from then on, too. Returns 0, or the error number of what was refused.
int32_t larder_run_when_idle(void);
