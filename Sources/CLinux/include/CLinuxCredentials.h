// Credentials of single threads, and attributes past a network file system's cache: what Glibc's Swift module leaves out.
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Gives the calling thread a umask of its own, and lets it keep its capabilities when it changes its file-system uid
 * (SECBIT_NO_SETUID_FIXUP): these are set apart. Idempotent. Returns 0, or an error number. */
int32_t larder_detach_credentials(void);

/* Permitted capabilities of the calling thread, a bit each. Returns 0, or an error number. */
int32_t larder_permitted_capabilities(uint64_t *permitted);

/* File-system uid and gid of the calling thread only; glibc's wrappers would change all threads. Returns 0, or EPERM. */
int32_t larder_set_thread_ids(uint32_t uid, uint32_t gid);

/* Supplementary groups of the calling thread only. Returns 0, or an error number. */
int32_t larder_set_thread_groups(const uint32_t *groups, size_t count);

/* Effective capabilities of the calling thread; at most the permitted ones. Returns 0, or an error number. */
int32_t larder_set_thread_capabilities(uint64_t effective);

/// What statx(2) says, in the units of stat(2).
struct larder_attributes {
    uint64_t device, inode, represented_device;
    int64_t size, blocks;
    int64_t accessed, modified, changed;
    uint32_t accessed_nanoseconds, modified_nanoseconds, changed_nanoseconds;
    uint32_t mode, link_count, user_id, group_id, block_size;
    /// Something is mounted there as soon as somebody looks into it (STATX_ATTR_AUTOMOUNT); not 0: yes.
    uint32_t is_mount_trigger;
};

/* Attributes of a name in a directory. Links are not followed, and nothing is mounted for it. Returns 0, or -1 and errno. */
int32_t larder_attributes_at(int32_t directory, const char *name, struct larder_attributes *found);
/* Whether an open or O_PATH descriptor is of a directory in whose place something else would be found by looking into it. Asks
 * no server. device: what it lies on; 0 where the kernel does not say. */
int32_t larder_is_mount_trigger(int32_t fd, uint64_t *device);

/* Attributes of an open or O_PATH descriptor, asked of the server: no answer of the client's cache (AT_STATX_FORCE_SYNC).
 * Returns 0, or -1 and errno. */
int32_t larder_attributes_now(int32_t fd, struct larder_attributes *found);
/* The number of the mount that a descriptor lies on, which no other mount has had or will have (Linux 6.8). Asks the file system
 * nothing. Returns 0, or -1 and errno: EOPNOTSUPP where the kernel does not say. */
int32_t larder_mount_id(int32_t fd, uint64_t *id);
/* The number by which /proc/self/mountinfo names the mount that a name in a directory lies on (an empty name: the descriptor itself);
 * another mount may have it later. Nothing is mounted for it, and no server asked. Returns 0, or -1 and errno. */
int32_t larder_listed_mount(int32_t directory, const char *name, uint64_t *id);
/* f_fsid of what a name in a directory lies on. Returns 0, or -1 and errno. */
int32_t larder_file_system_id(int32_t directory, const char *name, uint64_t *id);
