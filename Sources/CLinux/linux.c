#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

const int32_t larder_o_path = O_PATH, larder_o_direct = O_DIRECT, larder_o_noatime = O_NOATIME,
              larder_o_tmpfile = O_TMPFILE;
const int32_t larder_at_empty_path = AT_EMPTY_PATH;
const int32_t larder_punch_hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
const int32_t larder_seek_data = SEEK_DATA, larder_seek_hole = SEEK_HOLE;
const uint32_t larder_rename_noreplace = RENAME_NOREPLACE, larder_rename_exchange = RENAME_EXCHANGE;

int32_t larder_openat(int32_t directory, const char *path, int32_t flags, uint32_t mode) {
    return openat(directory, path, flags, (mode_t)mode);
}

int32_t larder_open_beneath(int32_t directory, const char *path, int32_t flags, uint32_t mode) {
    struct open_how how = {
        .flags = (uint32_t)flags | O_CLOEXEC,
        // Unlike openat(2) it refuses bits that mean nothing here, as the file type.
        .mode = (flags & O_CREAT) ? mode & 07777 : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
        return openat(directory, path, flags | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    }
    return (int32_t)fd;
}

ptrdiff_t larder_getdents64(int32_t fd, void *buffer, size_t length) {
    return syscall(SYS_getdents64, fd, buffer, length);
}

int32_t larder_fallocate(int32_t fd, int32_t mode, int64_t offset, int64_t length) {
    return fallocate(fd, mode, offset, length);
}

int32_t larder_renameat2(int32_t from_directory, const char *from, int32_t to_directory, const char *to,
                         uint32_t flags) {
    return renameat2(from_directory, from, to_directory, to, flags);
}

ptrdiff_t larder_copy_file_range(int32_t from, int64_t *from_offset, int32_t to, int64_t *to_offset,
                                 size_t length) {
    return copy_file_range(from, from_offset, to, to_offset, length, 0);
}

int32_t larder_file_handle(int32_t directory, const char *path, uint8_t *bytes, uint32_t *length) {
    union {
        struct file_handle handle;
        char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } found;
    int mount;
    found.handle.handle_bytes = MAX_HANDLE_SZ;
    if (name_to_handle_at(directory, path, &found.handle, &mount, AT_EMPTY_PATH) != 0) return -1;
    if (found.handle.handle_bytes > *length) {
        errno = EOVERFLOW;
        return -1;
    }
    *length = found.handle.handle_bytes;
    memcpy(bytes, found.handle.f_handle, found.handle.handle_bytes);
    return 0;
}

int32_t larder_file_system_kind(int32_t fd, uint64_t *kind) {
    struct statfs figures;
    if (fstatfs(fd, &figures) != 0) return -1;
    *kind = (uint64_t)figures.f_type;
    return 0;
}

void larder_set_thread_name(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

ptrdiff_t larder_getxattr(const char *path, const char *name, void *value, size_t size) {
    return getxattr(path, name, value, size);
}

ptrdiff_t larder_listxattr(const char *path, void *names, size_t size) {
    return listxattr(path, names, size);
}

void larder_start_writing(int32_t fd, int64_t offset, int64_t length) {
    sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

void larder_trim_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
