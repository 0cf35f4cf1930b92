#define _GNU_SOURCE
#include "CLinuxCredentials.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

int32_t larder_detach_credentials(void) {
    static _Thread_local int done = 0;
    if (done) return 0;
    if (unshare(CLONE_FS) != 0) return errno;
    int bits = prctl(PR_GET_SECUREBITS);
    if (bits >= 0) prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP);
    done = 1;
    return 0;
}

static int capabilities_of_thread(struct __user_cap_data_struct data[2]) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    return (int)syscall(SYS_capget, &header, data);
}

int32_t larder_permitted_capabilities(uint64_t *permitted) {
    struct __user_cap_data_struct data[2];
    if (capabilities_of_thread(data) != 0) return errno;
    *permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    return 0;
}

int32_t larder_set_thread_capabilities(uint64_t effective) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    if (capabilities_of_thread(data) != 0) return errno;
    data[0].effective = (uint32_t)effective & data[0].permitted;
    data[1].effective = (uint32_t)(effective >> 32) & data[1].permitted;
    return syscall(SYS_capset, &header, data) == 0 ? 0 : errno;
}

int32_t larder_set_thread_ids(uint32_t uid, uint32_t gid) {
    syscall(SYS_setfsgid, gid);
    syscall(SYS_setfsuid, uid);
    // They tell the id from before, never an error; an impossible one changes nothing and tells the present one.
    return (uint32_t)syscall(SYS_setfsgid, (uint32_t)-1) == gid && (uint32_t)syscall(SYS_setfsuid, (uint32_t)-1) == uid
               ? 0
               : EPERM;
}

int32_t larder_set_thread_groups(const uint32_t *groups, size_t count) {
    return syscall(SYS_setgroups, count, groups) == 0 ? 0 : errno;
}

static int64_t seconds(struct statx_timestamp time) { return time.tv_sec; }

static int32_t look(int32_t directory, const char *name, int32_t flags, struct larder_attributes *found) {
    struct statx raw;
    if (statx(directory, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &raw) != 0) return -1;
    *found = (struct larder_attributes){
        .device = makedev(raw.stx_dev_major, raw.stx_dev_minor),
        .inode = raw.stx_ino,
        .represented_device = makedev(raw.stx_rdev_major, raw.stx_rdev_minor),
        .size = (int64_t)raw.stx_size,
        .blocks = (int64_t)raw.stx_blocks,
        .accessed = seconds(raw.stx_atime),
        .modified = seconds(raw.stx_mtime),
        .changed = seconds(raw.stx_ctime),
        .accessed_nanoseconds = raw.stx_atime.tv_nsec,
        .modified_nanoseconds = raw.stx_mtime.tv_nsec,
        .changed_nanoseconds = raw.stx_ctime.tv_nsec,
        .mode = raw.stx_mode,
        .link_count = raw.stx_nlink,
        .user_id = raw.stx_uid,
        .group_id = raw.stx_gid,
        .block_size = raw.stx_blksize,
        .is_mount_trigger = (raw.stx_attributes & STATX_ATTR_AUTOMOUNT) != 0,
    };
    return 0;
}

int32_t larder_attributes_now(int32_t fd, struct larder_attributes *found) {
    return look(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, found);
}

int32_t larder_attributes_at(int32_t directory, const char *name, struct larder_attributes *found) {
    return look(directory, name, 0, found);
}

int32_t larder_is_mount_trigger(int32_t fd, uint64_t *device) {
    struct statx raw;
    *device = 0;
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &raw) != 0) return 0;
    *device = makedev(raw.stx_dev_major, raw.stx_dev_minor);
    return (raw.stx_attributes & STATX_ATTR_AUTOMOUNT) != 0;
}

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U
#endif

/* wanted: the one of STATX_MNT_ID and STATX_MNT_ID_UNIQUE by which the mount is to be named. */
static int32_t mount_of(int32_t directory, const char *name, uint32_t wanted, uint64_t *id) {
    struct statx raw;
    int32_t flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
    if (statx(directory, name, flags, wanted, &raw) != 0) return -1;
    if ((raw.stx_mask & wanted) == 0) {
        errno = EOPNOTSUPP;
        return -1;
    }
    *id = raw.stx_mnt_id;
    return 0;
}

int32_t larder_mount_id(int32_t fd, uint64_t *id) {
    return mount_of(fd, "", STATX_MNT_ID_UNIQUE, id);
}

int32_t larder_listed_mount(int32_t directory, const char *name, uint64_t *id) {
    return mount_of(directory, name, STATX_MNT_ID, id);
}

int32_t larder_file_system_id(int32_t directory, const char *name, uint64_t *id) {
    int32_t fd = *name == 0 ? directory : openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return -1;
    struct statfs figures;
    int32_t result = fstatfs(fd, &figures);
    int error = errno;
    if (fd != directory) close(fd);
    errno = error;
    if (result != 0) return -1;
    uint32_t halves[2];
    memcpy(halves, &figures.f_fsid, sizeof halves);
    *id = (uint64_t)halves[0] << 32 | halves[1];
    return 0;
}
