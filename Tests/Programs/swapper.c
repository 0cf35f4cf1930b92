// Somebody without privileges who gives names to other people's files while he uses them through a view.
//
// usage: swapper TRUTH SWAP VIEW MAKER USER OTHER ROUNDS WHAT…
//   TRUTH   a folder on the share as root sees it, where victims are made and judged
//   SWAP    the same folder, where the user exchanges names: the share, or another view of it
//   VIEW    the same folder in the view that is attacked
//   MAKER   the same folder, where the user makes what is his own: the view, or the share
//   ROUNDS  0: the names are exchanged once before each operation; else so often while it is repeated
//   WHAT    names of operations, "files" and "folders", "all-files" for these with each kind of victim
//
// Prints a line for each operation and victim: "fine …" or "BROKEN …", and ends with 1 after the latter. Runs as root;
// everything that is done in SWAP and VIEW is done by the user in a process of his own.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { LENGTH = 4096 };
static char truth[4096], swap[4096], view[4096], maker[4096]; // each attack has a folder of its own there
static uid_t user;
static gid_t group;
static uid_t other; // whom victims belong to, besides root
static long rounds;

static char mine[4096];   // in the view
static char inside[4096]; // in the view, below `mine` where that is a folder
static int handle = -1;   // opened before the exchange
static int own = -1;      // a file of the user's own, elsewhere in the view
static int saw_secret;
static sigjmp_buf lost_page;

static const char *in(const char *folder, const char *name) {
    static char paths[8][4096];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void must(int result, const char *what) {
    if (result >= 0) return;
    dprintf(1, "BROKEN %s: %s\n", what, strerror(errno));
    exit(2);
}

// Bytes and names that tell whose a thing is.
static void fill(char *bytes, const char *word) {
    for (size_t at = 0; at < LENGTH; at++) bytes[at] = word[at % strlen(word)];
}

static int judge(const void *bytes, ssize_t count) {
    if (count < 0) return errno;
    char zeros[16] = {0};
    if (memmem(bytes, count, "secret", 6)) saw_secret = 1;
    // A device that was opened: /dev/zero.
    if (count >= 16 && memcmp(bytes, zeros, 16) == 0) saw_secret = 2;
    return 0;
}

static int check(long result) { return result < 0 ? errno : 0; }

// ---- What the user does with a file

static int read_at(int fd) {
    char bytes[LENGTH];
    return judge(bytes, pread(fd, bytes, sizeof bytes, 0));
}

static int with(int flags, int (*body)(int)) {
    int fd = open(mine, flags);
    if (fd < 0) return errno;
    int result = body(fd);
    close(fd);
    return result;
}

static int write_to(int fd) { return check(pwrite(fd, "owned", 5, 0)); }
static int append_to(int fd) { return check(write(fd, "owned", 5)); }
static int nothing(int fd) { return fd < 0; }

static int map(int fd) {
    char *bytes = mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED) return errno;
    // What cannot be read is a signal.
    int result = sigsetjmp(lost_page, 1) ? EIO : judge(bytes, LENGTH);
    munmap(bytes, LENGTH);
    return result;
}

static int map_writing(int fd) {
    char *bytes = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED) return errno;
    int result = EIO;
    if (sigsetjmp(lost_page, 1) == 0) {
        memcpy(bytes, "owned", 5);
        result = check(msync(bytes, LENGTH, MS_SYNC));
    }
    munmap(bytes, LENGTH);
    return result;
}

static int do_read(void) { return with(O_RDONLY, read_at); }
static int do_map(void) { return with(O_RDONLY, map); }
static int do_map_writing(void) { return with(O_RDWR, map_writing); }
static int do_write(void) { return with(O_WRONLY, write_to); }
static int do_read_write(void) { return with(O_RDWR, read_at); }
static int do_append(void) { return with(O_WRONLY | O_APPEND, append_to); }
static int do_empty(void) { return with(O_WRONLY | O_TRUNC, nothing); }
static int do_empty_reading(void) { return with(O_RDONLY | O_TRUNC, nothing); }
static int do_create_over(void) {
    int fd = open(mine, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0) return errno;
    close(fd);
    return 0;
}
static int do_truncate(void) { return check(truncate(mine, 3)); }
static int do_chmod(void) { return check(chmod(mine, 04777)); }
static int do_chmod_plain(void) { return check(chmod(mine, 0666)); }
static int do_chown(void) { return check(chown(mine, user, group)); }
static int do_chgrp(void) { return check(chown(mine, -1, group)); }
static int do_times(void) {
    struct timespec times[2] = {{1000, 0}, {1000, 0}};
    return check(utimensat(AT_FDCWD, mine, times, 0));
}
static int do_touch(void) { return check(utimensat(AT_FDCWD, mine, NULL, 0)); }
static int do_setxattr(void) { return check(setxattr(mine, "user.owned", "yes", 3, 0)); }
static int do_replace_xattr(void) { return check(setxattr(mine, "user.mark", "owned", 5, XATTR_REPLACE)); }
static int do_removexattr(void) { return check(removexattr(mine, "user.mark")); }
static int do_getxattr(void) {
    char value[256];
    return judge(value, getxattr(mine, "user.mark", value, sizeof value));
}
static int do_setacl(void) {
    // user::rw- group::rw- other::rw-
    static const unsigned char acl[] = {2, 0, 0, 0, 1,    0,    6,    0,    0xff, 0xff, 0xff, 0xff, 4,    0,
                                        6, 0, 0xff, 0xff, 0xff, 0xff, 0x20, 0,    6,    0,    0xff, 0xff, 0xff, 0xff};
    return check(setxattr(mine, "system.posix_acl_access", acl, sizeof acl, 0));
}
static int do_link(void) { return check(link(mine, in(view, "another"))); }
static int do_seek(void) {
    int fd = open(mine, O_RDONLY);
    if (fd < 0) return errno;
    // The victim is a hole to its end, the user's own is not.
    int result = lseek(fd, 0, SEEK_DATA) < 0 ? errno : 0;
    close(fd);
    return result;
}
static int do_read_direct(void) {
    int fd = open(mine, O_RDONLY | O_DIRECT);
    if (fd < 0) return errno;
    void *bytes = aligned_alloc(4096, 4096);
    int result = judge(bytes, pread(fd, bytes, 4096, 0));
    free(bytes);
    close(fd);
    return result;
}
static int do_copy(void) {
    int fd = open(mine, O_RDONLY);
    if (fd < 0) return errno;
    off_t from = 0, to = 0;
    int result = check(copy_file_range(fd, &from, own, &to, LENGTH, 0));
    close(fd);
    char bytes[LENGTH];
    judge(bytes, pread(own, bytes, sizeof bytes, 0));
    return result;
}
static int lock_whole(int fd) { return check(flock(fd, LOCK_EX | LOCK_NB)); }
static int lock_range(int fd) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return check(fcntl(fd, F_SETLK, &lock));
}
static int do_lock_whole(void) {
    handle = open(mine, O_RDONLY);
    return handle < 0 ? errno : lock_whole(handle);
}
static int do_lock_range(void) {
    handle = open(mine, O_RDWR);
    return handle < 0 ? errno : lock_range(handle);
}
static int do_stat(void) {
    struct stat found;
    return check(stat(mine, &found));
}
static int do_execute(void) {
    pid_t child = fork();
    if (child == 0) {
        execl(mine, mine, (char *)NULL);
        _exit(errno);
    }
    int status;
    waitpid(child, &status, 0);
    int result = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
    // The user's own is no program; the victim is one.
    if (result == 0) saw_secret = 1;
    return result;
}

// ---- What he does through a descriptor from before

static int hold(const char *path, int flags) { return check(handle = open(path, flags)); }
static int hold_reading(void) { return hold(mine, O_RDONLY); }
static int hold_writing(void) { return hold(mine, O_RDWR); }
static int hold_dirty(void) {
    // The view has no version of what was changed a moment ago: it is read as it is on the share.
    if (hold_reading() != 0) return errno;
    return check(setxattr(mine, "user.mark", "changed", 7, 0));
}
static int hold_appending(void) { return hold(mine, O_WRONLY | O_APPEND); }
static int held_read(void) { return read_at(handle); }
static int held_map(void) { return map(handle); }
static int held_write(void) { return write_to(handle); }
static int held_append(void) { return append_to(handle); }
static int held_truncate(void) { return check(ftruncate(handle, 3)); }
static int held_chmod(void) { return check(fchmod(handle, 0777)); }
static int held_chown(void) { return check(fchown(handle, user, group)); }
static int held_times(void) {
    struct timespec times[2] = {{1000, 0}, {1000, 0}};
    return check(futimens(handle, times));
}
static int held_setxattr(void) { return check(fsetxattr(handle, "user.owned", "yes", 3, 0)); }
static int held_getxattr(void) {
    char value[256];
    return judge(value, fgetxattr(handle, "user.mark", value, sizeof value));
}
static int held_synchronize(void) { return check(fsync(handle)); }
static int held_allocate(void) { return check(fallocate(handle, 0, 0, 2 * LENGTH)); }
static int held_punch(void) {
    return check(fallocate(handle, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, LENGTH));
}
static int held_copy_to(void) {
    off_t from = 0, to = 0;
    return check(copy_file_range(own, &from, handle, &to, LENGTH, 0));
}
static int held_copy_from(void) {
    off_t from = 0, to = 0;
    int result = check(copy_file_range(handle, &from, own, &to, LENGTH, 0));
    char bytes[LENGTH];
    judge(bytes, pread(own, bytes, sizeof bytes, 0));
    return result;
}
static int held_lock_whole(void) { return lock_whole(handle); }
static int held_lock_range(void) { return lock_range(handle); }
static int held_reopen(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
    int fd = open(path, O_RDWR);
    if (fd < 0) return errno;
    read_at(fd);
    int result = write_to(fd);
    close(fd);
    return result;
}
static int held_link(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
    return check(linkat(AT_FDCWD, path, AT_FDCWD, in(view, "another"), AT_SYMLINK_FOLLOW));
}

// ---- What he does in a folder

static int in_folder(const char *name, int (*body)(const char *)) { return body(in(mine, name)); }
static int stat_at(const char *path) {
    struct stat found;
    if (lstat(path, &found) != 0) return errno;
    // Names that are only there.
    if (strstr(path, "hidden")) saw_secret = 1;
    return 0;
}
static int do_stat_inside(void) { return in_folder("hidden", stat_at); }
static int do_read_inside(void) {
    int fd = open(inside, O_RDONLY);
    if (fd < 0) return errno;
    int result = read_at(fd);
    close(fd);
    return result;
}
static int do_read_hidden(void) {
    int fd = open(in(mine, "hidden"), O_RDONLY);
    if (fd < 0) return errno;
    saw_secret = 1;
    close(fd);
    return 0;
}
static int names(DIR *folder) {
    if (!folder) return errno;
    errno = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strstr(entry->d_name, "hidden")) saw_secret = 1;
    }
    int result = errno;
    closedir(folder);
    return result;
}
static int do_list(void) { return names(opendir(mine)); }
static int do_create_inside(void) {
    int fd = open(in(mine, "new"), O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd < 0) return errno;
    close(fd);
    return 0;
}
static int do_mkdir_inside(void) { return check(mkdir(in(mine, "new"), 0777)); }
static int do_symlink_inside(void) { return check(symlink("/", in(mine, "new"))); }
static int do_mknod_inside(void) { return check(mkfifo(in(mine, "new"), 0666)); }
static int do_link_inside(void) { return check(link(in(view, "own"), in(mine, "new"))); }
static int do_link_out(void) { return check(link(inside, in(view, "another"))); }
static int do_rename_into(void) { return check(rename(in(view, "spare"), in(mine, "new"))); }
static int do_rename_over(void) { return check(rename(in(view, "spare"), inside)); }
static int do_rename_out(void) { return check(rename(inside, in(view, "another"))); }
static int do_rename_inside(void) { return check(rename(inside, in(mine, "new"))); }
static int do_unlink_inside(void) { return check(unlink(inside)); }
static int do_rmdir_inside(void) { return check(rmdir(in(mine, "empty"))); }
static int do_write_inside(void) {
    int fd = open(inside, O_RDWR);
    if (fd < 0) return errno;
    int result = write_to(fd);
    close(fd);
    return result;
}
static int do_truncate_inside(void) { return check(truncate(inside, 3)); }
static int do_touch_inside(void) { return check(utimensat(AT_FDCWD, inside, NULL, 0)); }
static int do_setxattr_inside(void) { return check(setxattr(inside, "user.owned", "yes", 3, 0)); }
static int do_getxattr_inside(void) {
    char value[256];
    return judge(value, getxattr(inside, "user.mark", value, sizeof value));
}
static int do_readlink_inside(void) {
    char target[256];
    return judge(target, readlink(in(mine, "link"), target, sizeof target));
}
static int do_chmod_folder(void) { return check(chmod(mine, 0777)); }
static int do_fsync_folder(void) {
    int fd = open(mine, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return errno;
    int result = check(fsync(fd));
    close(fd);
    return result;
}
static int hold_folder(void) { return hold(mine, O_RDONLY | O_DIRECTORY); }
static int held_list(void) { return names(fdopendir(dup(handle))); }
static int held_read_inside(void) {
    int fd = openat(handle, "inside", O_RDONLY);
    if (fd < 0) return errno;
    int result = read_at(fd);
    close(fd);
    return result;
}
static int held_stat_hidden(void) {
    struct stat found;
    if (fstatat(handle, "hidden", &found, AT_SYMLINK_NOFOLLOW) != 0) return errno;
    saw_secret = 1;
    return 0;
}
static int held_create(void) {
    int fd = openat(handle, "new", O_WRONLY | O_CREAT, 0666);
    if (fd < 0) return errno;
    close(fd);
    return 0;
}
static int held_unlink(void) { return check(unlinkat(handle, "inside", 0)); }
static int hold_inside(void) { return hold(inside, O_RDWR); }

typedef struct {
    const char *name;
    int (*before)(void), (*act)(void);
    int is_folder;
} operation;

static const operation operations[] = {
    {"read", NULL, do_read, 0},
    {"map", NULL, do_map, 0},
    {"map-writing", NULL, do_map_writing, 0},
    {"write", NULL, do_write, 0},
    {"read-write", NULL, do_read_write, 0},
    {"append", NULL, do_append, 0},
    {"empty", NULL, do_empty, 0},
    {"empty-reading", NULL, do_empty_reading, 0},
    {"create-over", NULL, do_create_over, 0},
    {"truncate", NULL, do_truncate, 0},
    {"chmod", NULL, do_chmod, 0},
    {"chmod-plain", NULL, do_chmod_plain, 0},
    {"chown", NULL, do_chown, 0},
    {"chgrp", NULL, do_chgrp, 0},
    {"times", NULL, do_times, 0},
    {"touch", NULL, do_touch, 0},
    {"setxattr", NULL, do_setxattr, 0},
    {"replace-xattr", NULL, do_replace_xattr, 0},
    {"removexattr", NULL, do_removexattr, 0},
    {"getxattr", NULL, do_getxattr, 0},
    {"setacl", NULL, do_setacl, 0},
    {"link", NULL, do_link, 0},
    {"seek", NULL, do_seek, 0},
    {"read-direct", NULL, do_read_direct, 0},
    {"copy", NULL, do_copy, 0},
    {"lock-whole", NULL, do_lock_whole, 0},
    {"lock-range", NULL, do_lock_range, 0},
    {"stat", NULL, do_stat, 0},
    {"execute", NULL, do_execute, 0},
    {"held-read", hold_reading, held_read, 0},
    {"held-read-dirty", hold_dirty, held_read, 0},
    {"held-read-writing", hold_writing, held_read, 0},
    {"held-map", hold_reading, held_map, 0},
    {"held-write", hold_writing, held_write, 0},
    {"held-append", hold_appending, held_append, 0},
    {"held-truncate", hold_writing, held_truncate, 0},
    {"held-chmod", hold_reading, held_chmod, 0},
    {"held-chmod-writing", hold_writing, held_chmod, 0},
    {"held-chown", hold_writing, held_chown, 0},
    {"held-times", hold_writing, held_times, 0},
    {"held-setxattr", hold_writing, held_setxattr, 0},
    {"held-getxattr", hold_reading, held_getxattr, 0},
    {"held-fsync", hold_reading, held_synchronize, 0},
    {"held-allocate", hold_writing, held_allocate, 0},
    {"held-punch", hold_writing, held_punch, 0},
    {"held-copy-to", hold_writing, held_copy_to, 0},
    {"held-copy-from", hold_reading, held_copy_from, 0},
    {"held-lock-whole", hold_reading, held_lock_whole, 0},
    {"held-lock-range", hold_writing, held_lock_range, 0},
    {"held-reopen", hold_reading, held_reopen, 0},
    {"held-link", hold_reading, held_link, 0},
    {"stat-inside", NULL, do_stat_inside, 1},
    {"read-inside", NULL, do_read_inside, 1},
    {"read-hidden", NULL, do_read_hidden, 1},
    {"list", NULL, do_list, 1},
    {"create-inside", NULL, do_create_inside, 1},
    {"mkdir-inside", NULL, do_mkdir_inside, 1},
    {"symlink-inside", NULL, do_symlink_inside, 1},
    {"mknod-inside", NULL, do_mknod_inside, 1},
    {"link-inside", NULL, do_link_inside, 1},
    {"link-out", NULL, do_link_out, 1},
    {"rename-into", NULL, do_rename_into, 1},
    {"rename-over", NULL, do_rename_over, 1},
    {"rename-out", NULL, do_rename_out, 1},
    {"rename-inside", NULL, do_rename_inside, 1},
    {"unlink-inside", NULL, do_unlink_inside, 1},
    {"rmdir-inside", NULL, do_rmdir_inside, 1},
    {"write-inside", NULL, do_write_inside, 1},
    {"truncate-inside", NULL, do_truncate_inside, 1},
    {"touch-inside", NULL, do_touch_inside, 1},
    {"setxattr-inside", NULL, do_setxattr_inside, 1},
    {"getxattr-inside", NULL, do_getxattr_inside, 1},
    {"readlink-inside", NULL, do_readlink_inside, 1},
    {"chmod-folder", NULL, do_chmod_folder, 1},
    {"fsync-folder", NULL, do_fsync_folder, 1},
    {"held-list", hold_folder, held_list, 1},
    {"held-read-inside", hold_folder, held_read_inside, 1},
    {"held-stat-hidden", hold_folder, held_stat_hidden, 1},
    {"held-create", hold_folder, held_create, 1},
    {"held-unlink", hold_folder, held_unlink, 1},
    {"held-inside-read", hold_inside, held_read, 1},
    {"held-inside-write", hold_inside, held_write, 1},
};

// ---- Victims, and what must not become of them

typedef struct {
    struct stat status;
    char bytes[LENGTH];
    char marks[256];
    long names;
} state;

static state look(int fd) {
    state found = {0};
    char path[64], more[512];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    must(fstat(fd, &found.status), "victim");
    found.status.st_atim = found.status.st_ctim = (struct timespec){0, 0};
    if (S_ISREG(found.status.st_mode)) {
        int again = open(path, O_RDONLY);
        must(again, "victim");
        if (pread(again, found.bytes, LENGTH, 0) < 0) found.names = -1;
        if (flock(again, LOCK_EX | LOCK_NB) != 0) found.names = -2;
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(again, F_GETLK, &lock) != 0 || (lock.l_type != F_UNLCK)) found.names = -3;
        close(again);
    }
    if (S_ISREG(found.status.st_mode) || S_ISDIR(found.status.st_mode)) {
        ssize_t count = listxattr(path, more, sizeof more);
        for (ssize_t at = 0; at < count; at += strlen(more + at) + 1) {
            size_t end = strlen(found.marks);
            snprintf(found.marks + end, sizeof found.marks - end, "%s ", more + at);
        }
        size_t end = strlen(found.marks);
        ssize_t got = getxattr(path, "user.mark", found.marks + end, sizeof found.marks - end - 1);
        if (got > 0) found.marks[end + got] = 0;
    }
    if (S_ISDIR(found.status.st_mode)) {
        DIR *folder = opendir(path);
        while (folder && readdir(folder)) found.names++;
        if (folder) closedir(folder);
    }
    return found;
}

static const char *difference(const state *before, const state *after) {
    static char text[600];
    const struct stat *old = &before->status, *new = &after->status;
#define DIFFERS(field, word)                                                                       \
    if (old->field != new->field) {                                                                \
        snprintf(text, sizeof text, word " %lo, was %lo", (long)new->field, (long)old->field);     \
        return text;                                                                               \
    }
    DIFFERS(st_mode, "mode")
    DIFFERS(st_uid, "user")
    DIFFERS(st_gid, "group")
    DIFFERS(st_size, "size")
    DIFFERS(st_nlink, "links")
    DIFFERS(st_mtim.tv_sec, "time")
    DIFFERS(st_mtim.tv_nsec, "time")
    if (memcmp(before->bytes, after->bytes, LENGTH)) return "content";
    if (strcmp(before->marks, after->marks)) {
        snprintf(text, sizeof text, "attributes %s, were %s", after->marks, before->marks);
        return text;
    }
    if (before->names != after->names) {
        snprintf(text, sizeof text, "names or locks %ld, were %ld", after->names, before->names);
        return text;
    }
    return NULL;
}

static const struct timespec old_times[2] = {{1500000000, 123}, {1500000000, 123}};

static void make_file(const char *path, const char *word, int mode, uid_t owner) {
    char bytes[LENGTH];
    fill(bytes, word);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    must(fd, path);
    must(pwrite(fd, bytes, LENGTH, 0), path);
    must(fchown(fd, owner, owner), path);
    must(fchmod(fd, mode), path);
    fsetxattr(fd, "user.mark", word, strlen(word), 0);
    must(futimens(fd, old_times), path);
    close(fd);
}

static void make_victim(const char *path, const char *kind) {
    if (strcmp(kind, "root") == 0) make_file(path, "secret of root ", 0600, 0);
    if (strcmp(kind, "other") == 0) make_file(path, "secret of other", 0600, other);
    if (strcmp(kind, "program") == 0) make_file(path, "#!/bin/true \n#", 0700, 0);
    if (strcmp(kind, "fifo") == 0) must(mkfifo(path, 0600), path);
    if (strcmp(kind, "device") == 0) must(mknod(path, S_IFCHR | 0600, makedev(1, 5)), path);
    if (strcmp(kind, "link") == 0) must(symlink("../../private", path), path);
    if (strcmp(kind, "folder") == 0) {
        must(mkdir(path, 0700), path);
        make_file(in(path, "inside"), "secret of root ", 0666, 0);
        make_file(in(path, "hidden"), "secret of root ", 0666, 0);
        must(mkdir(in(path, "empty"), 0777), path);
        must(symlink("secret", in(path, "link")), path);
    }
    must(utimensat(AT_FDCWD, path, old_times, AT_SYMLINK_NOFOLLOW), path);
}

static void wait_for(const char *path) {
    struct stat found;
    // The alarm ends it.
    while (stat(path, &found) != 0) usleep(20000);
}

// Made by the user, looked at by him in the view, and so known to the kernel.
static void make_mine(const operation *does) {
    char bytes[LENGTH];
    fill(bytes, "of the user    ");
    must(mkdir(maker, 0777), maker);
    int fd = open(in(maker, "spare"), O_RDWR | O_CREAT, 0666);
    must(fd, "spare");
    close(fd);
    fd = open(in(maker, "own"), O_RDWR | O_CREAT, 0666);
    must(fd, "own");
    must(pwrite(fd, bytes, LENGTH, 0), "own");
    close(fd);
    const char *file = in(maker, "mine");
    if (does->is_folder) {
        must(mkdir(in(maker, "mine"), 0777), "mine");
        must(mkdir(in(maker, "mine/empty"), 0777), "empty");
        must(symlink("own", in(maker, "mine/link")), "link");
        file = in(maker, "mine/inside");
    }
    fd = open(file, O_RDWR | O_CREAT | O_EXCL, 0666);
    must(fd, file);
    must(pwrite(fd, bytes, LENGTH, 0), file);
    must(fchmod(fd, 0777), file);
    fsetxattr(fd, "user.mark", "own", 3, 0);
    must(futimens(fd, old_times), file);
    close(fd);
    must(utimensat(AT_FDCWD, in(maker, "mine"), old_times, 0), "mine");
    wait_for(view);
    wait_for(mine);
    wait_for(in(view, "spare"));
    wait_for(in(view, "own"));
    own = open(in(view, "own"), O_RDWR);
    must(own, "own");
    struct stat found;
    if (does->is_folder) {
        wait_for(inside);
        names(opendir(mine));
        lstat(in(mine, "link"), &found);
        lstat(in(mine, "empty"), &found);
    }
    saw_secret = 0;
}

static void become(uid_t id) {
    must(setgroups(0, NULL), "setgroups");
    must(setresgid(group, group, group), "setresgid");
    must(setresuid(id, id, id), "setresuid");
    umask(0);
}

static int exchange(void) {
    return renameat2(AT_FDCWD, in(swap, "victim"), AT_FDCWD, in(swap, "mine"), RENAME_EXCHANGE);
}

static void on_lost_page(int signal) { siglongjmp(lost_page, signal); }
static void on_alarm(int signal) { _exit(signal == SIGALRM ? 250 : 251); }

// The shared page in which the user's processes tell what came of it.
typedef struct {
    volatile int result, saw, done;
    volatile long fine, refused, swaps;
} outcome;
static outcome *told;

static void act_as_user(const operation *does, int ready, int go) {
    signal(SIGALRM, on_alarm);
    signal(SIGBUS, on_lost_page);
    alarm(30);
    become(user);
    make_mine(does);
    if (does->before) {
        int error = does->before();
        // A share without it.
        if (error == EOPNOTSUPP) exit(3);
        errno = error;
        must(error ? -1 : 0, "before");
    }
    char byte = 0;
    must(write(ready, &byte, 1), "pipe");
    must(read(go, &byte, 1), "pipe");
    if (rounds == 0) {
        must(exchange(), "exchange");
        saw_secret = 0;
        told->result = does->act();
        told->saw = saw_secret;
    } else {
        pid_t child = fork();
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            // Until the two have met often enough, however busy the machine is.
            while (told->swaps < rounds || told->fine + told->refused < rounds / 40) {
                if (exchange() == 0) told->swaps++;
                if (told->swaps % 8 == 0) usleep(20);
            }
            told->done = 1;
            _exit(0);
        }
        while (!told->done) {
            unlink(in(view, "another"));
            if (does->act() == 0) told->fine++;
            else told->refused++;
            if (saw_secret) told->saw = saw_secret;
            if (handle >= 0 && !does->before) {
                close(handle);
                handle = -1;
            }
        }
        waitpid(child, NULL, 0);
        // And once with the victim in place for certain.
        struct stat found;
        if (lstat(in(swap, "mine"), &found) == 0 && found.st_uid == user && exchange() == 0) {
            if (strcmp(does->name, "link")) does->act();
        }
        if (saw_secret) told->saw = saw_secret;
    }
    // Locks are looked at while he has them.
    must(write(ready, &byte, 1), "pipe");
    must(read(go, &byte, 1), "pipe");
    exit(0);
}

static int attack(char **roots, const operation *does, const char *kind) {
    static int number;
    number++;
    char *places[] = {truth, swap, view, maker};
    for (int at = 0; at < 4; at++) snprintf(places[at], sizeof truth, "%.3000s/%d", roots[at], number);
    memset(told, 0, sizeof *told);
    snprintf(mine, sizeof mine, "%.3100s/mine", view);
    snprintf(inside, sizeof inside, "%.3100s/mine/inside", view);
    int ready[2], go[2];
    must(pipe(ready), "pipe");
    must(pipe(go), "pipe");
    pid_t child = fork();
    must(child, "fork");
    if (child == 0) act_as_user(does, ready[1], go[0]);
    close(ready[1]);
    close(go[0]);
    char byte;
    if (read(ready[0], &byte, 1) != 1) {
        int code = 0;
        waitpid(child, &code, 0);
        if (WIFEXITED(code) && WEXITSTATUS(code) == 3) return 0;
        printf("BROKEN %s %s: the user's own does not work\n", does->name, kind);
        return 1;
    }
    make_victim(in(truth, "victim"), kind);
    int is_opened = !strcmp(kind, "root") || !strcmp(kind, "other") || !strcmp(kind, "folder") || !strcmp(kind, "program");
    int victim = open(in(truth, "victim"), is_opened ? O_RDONLY : O_PATH | O_NOFOLLOW);
    must(victim, "victim");
    int content = !strcmp(kind, "folder") ? openat(victim, "inside", O_RDONLY)
                  : !strcmp(kind, "link") ? open(in(truth, "../../private"), O_RDONLY)
                                          : dup(victim);
    must(content, "content");
    state before = look(victim), before_content = look(content);
    struct stat now;
    if (!strcmp(kind, "root") || !strcmp(kind, "other")) {
        must(stat(in(truth, "mine"), &now), "mine");
        if (now.st_size != before.status.st_size || now.st_mtim.tv_nsec != before.status.st_mtim.tv_nsec) {
            fprintf(stderr, "%s: not alike\n", does->name);
            exit(2);
        }
    }
    must(write(go[1], "", 1), "pipe");
    int has_ended = read(ready[0], &byte, 1) != 1;
    state after = look(victim), after_content = look(content);
    if (!has_ended) must(write(go[1], "", 1), "pipe");
    close(go[1]);
    close(ready[0]);
    int status;
    waitpid(child, &status, 0);
    close(content);
    close(victim);
    const char *change = difference(&before, &after);
    if (!change) change = difference(&before_content, &after_content);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 251;
    char text[512] = "";
    if (change) snprintf(text, sizeof text, "changed: %s", change);
    if (told->saw == 1) strcat(text, " saw the secret");
    if (told->saw == 2) strcat(text, " opened the device");
    if (code == 250) strcat(text, " hangs");
    if (code != 0 && code != 250) strcat(text, " failed by itself");
    const char *said = told->result ? strerrorname_np(told->result) : "done";
    if (rounds > 0) {
        printf(
            "%s %s %s:%s swaps %ld done %ld refused %ld\n", *text ? "BROKEN" : "fine", does->name, kind, text,
            told->swaps, told->fine, told->refused);
    } else {
        printf("%s %s %s: %s %s\n", *text ? "BROKEN" : "fine", does->name, kind, said ? said : "?", text);
    }
    fflush(stdout);
    return *text != 0;
}

int main(int count, char **words) {
    if (count < 9) return 2;
    user = atoi(words[5]), group = user, other = atoi(words[6]), rounds = atol(words[7]);
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    signal(SIGPIPE, SIG_IGN);
    int broken = 0;
    for (int at = 8; at < count; at++) {
        char word[64];
        snprintf(word, sizeof word, "%s", words[at]);
        // "read:root" names a victim.
        char *wanted = strchr(word, ':');
        if (wanted) *wanted++ = 0;
        int found = 0;
        for (size_t index = 0; index < sizeof operations / sizeof *operations; index++) {
            const operation *does = &operations[index];
            int is_all = !strcmp(word, does->is_folder ? "all-folders" : "all-files");
            int is_each = is_all || !strcmp(word, does->is_folder ? "folders" : "files");
            if (!is_each && strcmp(word, does->name)) continue;
            found = 1;
            static const char *kinds[] = {"root", "other", "fifo", "device", "link", "folder", "program"};
            for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
                int is_folder = !strcmp(kinds[kind], "folder");
                // Root's for all, and one of the others in turn.
                if (!wanted && is_each && !is_all && kind > 0 && kind < 5 && kind != index % 4 + 1) continue;
                if (is_folder != does->is_folder || (wanted && strcmp(wanted, kinds[kind]))) continue;
                if (!strcmp(kinds[kind], "program") != !strcmp(does->name, "execute")) continue;
                broken |= attack(words + 1, does, kinds[kind]);
            }
        }
        if (!found) return 2;
    }
    return broken;
}
