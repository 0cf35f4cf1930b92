#define _GNU_SOURCE
#include "CLinuxProcess.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

const int32_t larder_mount_detach = MNT_DETACH, larder_mount_force = MNT_FORCE,
              larder_mount_no_follow = UMOUNT_NOFOLLOW;

int32_t larder_pipe(int32_t ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int32_t larder_accept(int32_t listener) {
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int32_t larder_peer(int32_t socket, uint32_t *uid, int32_t *pid) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -1;
    *uid = peer.uid;
    *pid = peer.pid;
    return 0;
}

int32_t larder_open_process(int32_t pid) {
    return (int32_t)syscall(SYS_pidfd_open, pid, 0);
}

int32_t larder_signal_on_parent_death(int32_t signal) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0UL, 0UL, 0UL);
}

int32_t larder_run_when_idle(void) {
    int32_t failure = 0;
    struct sched_param none = {0};
    if (setpriority(PRIO_PROCESS, 0, 19) != 0) failure = errno;
    if (sched_setscheduler(0, SCHED_IDLE, &none) != 0 && sched_setscheduler(0, SCHED_BATCH, &none) != 0) failure = errno;
    if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)) != 0) failure = errno;
    return failure;
}

static int is_omitted(const char *variable, char *const omitted[]) {
    for (; *omitted; omitted++) {
        size_t length = strlen(*omitted);
        if (strncmp(variable, *omitted, length) == 0 && variable[length] == '=') return 1;
    }
    return 0;
}

/// The strings are environ's own; only the list is to be freed. NULL when there is no memory.
static char **environment_without(char *const omitted[]) {
    size_t count = 0, kept = 0;
    while (environ && environ[count]) count++;
    char **list = calloc(count + 1, sizeof *list);
    if (!list) return NULL;
    for (size_t index = 0; index < count; index++) {
        if (!is_omitted(environ[index], omitted)) list[kept++] = environ[index];
    }
    return list;
}

int32_t larder_spawn(const char *path, char *const arguments[], char *const omitted[],
                     const int32_t *descriptors, int32_t descriptor_count, int32_t new_session, int32_t *pid) {
    enum { descriptors_max = 8 };
    int32_t copies[descriptors_max];
    if (descriptor_count > descriptors_max) return EINVAL;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (new_session) flags |= POSIX_SPAWN_SETSID;
    posix_spawnattr_setflags(&attributes, flags);
    int failure = 0;
    int32_t made = 0;
    // Copies above the numbers aimed at, so that one dup2 cannot overwrite the source of the next.
    for (; made < descriptor_count; made++) {
        copies[made] = fcntl(descriptors[made], F_DUPFD_CLOEXEC, descriptors_max);
        if (copies[made] < 0) {
            failure = errno;
            break;
        }
        posix_spawn_file_actions_adddup2(&actions, copies[made], made);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, descriptor_count);
    pid_t child = 0;
    char **environment = environment_without(omitted);
    if (failure == 0 && !environment) failure = ENOMEM;
    if (failure == 0) failure = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
    free(environment);
    for (int32_t index = 0; index < made; index++) close(copies[index]);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    *pid = child;
    return failure;
}
