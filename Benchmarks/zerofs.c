// A trivial FUSE filesystem: one file, "zeros", of a chosen size, all zeros.
//
// It is the upper bound of what any FUSE filesystem can serve here through libfuse's low-level API:
// no lookup of its own, no copy, one write per request. `make bench` measures Larder beside it.
//
//     zerofs MOUNTPOINT BYTES      (runs in the foreground)

#define FUSE_USE_VERSION 312

#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_NAME "zeros"
#define FILE_INODE 2
#define REQUEST_BYTES_MAX (1 << 20)
#define ATTRIBUTE_SECONDS 3600.0

static off_t file_size;
static char zeros[REQUEST_BYTES_MAX];

static int attributes_of(fuse_ino_t inode, struct stat *attributes) {
    memset(attributes, 0, sizeof *attributes);
    attributes->st_ino = inode;
    if (inode == FUSE_ROOT_ID) {
        attributes->st_mode = S_IFDIR | 0555;
        attributes->st_nlink = 2;
        return 0;
    }
    if (inode != FILE_INODE) return ENOENT;
    attributes->st_mode = S_IFREG | 0444;
    attributes->st_nlink = 1;
    attributes->st_size = file_size;
    return 0;
}

static void zero_init(void *context, struct fuse_conn_info *connection) {
    (void)context;
    connection->max_read = REQUEST_BYTES_MAX;
    connection->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_AUTO_INVAL_DATA);
}

static void zero_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
    struct fuse_entry_param entry = {
        .ino = FILE_INODE, .attr_timeout = ATTRIBUTE_SECONDS, .entry_timeout = ATTRIBUTE_SECONDS};
    if (parent != FUSE_ROOT_ID || strcmp(name, FILE_NAME) != 0) {
        fuse_reply_err(request, ENOENT);
        return;
    }
    attributes_of(FILE_INODE, &entry.attr);
    fuse_reply_entry(request, &entry);
}

static void zero_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file) {
    (void)file;
    struct stat attributes;
    int error = attributes_of(inode, &attributes);
    if (error) fuse_reply_err(request, error);
    else fuse_reply_attr(request, &attributes, ATTRIBUTE_SECONDS);
}

static void zero_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file) {
    if (inode != FILE_INODE) {
        fuse_reply_err(request, EISDIR);
        return;
    }
    file->keep_cache = 1;
    fuse_reply_open(request, file);
}

static void zero_read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset,
                      struct fuse_file_info *file) {
    (void)inode;
    (void)file;
    size_t count = 0;
    if (offset < file_size) {
        off_t left = file_size - offset;
        count = (off_t)size < left ? size : (size_t)left;
    }
    if (count > sizeof zeros) count = sizeof zeros;
    fuse_reply_buf(request, zeros, count);
}

static const struct fuse_lowlevel_ops operations = {
    .init = zero_init,
    .lookup = zero_lookup,
    .getattr = zero_getattr,
    .open = zero_open,
    .read = zero_read,
};

static int serve(struct fuse_session *session, const char *mountpoint) {
    if (fuse_set_signal_handlers(session) != 0) return 1;
    if (fuse_session_mount(session, mountpoint) != 0) return 1;
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    int result = fuse_session_loop_mt(session, config);
    fuse_loop_cfg_destroy(config);
    fuse_session_unmount(session);
    fuse_remove_signal_handlers(session);
    return result < 0 ? 1 : 0;
}

int main(int count, char **arguments) {
    if (count != 3 || (file_size = atoll(arguments[2])) <= 0) {
        fprintf(stderr, "usage: zerofs MOUNTPOINT BYTES\n");
        return 64;
    }
    char *options[] = {arguments[0], "-omax_read=1048576,fsname=zerofs,ro", NULL};
    struct fuse_args fuse_arguments = FUSE_ARGS_INIT(2, options);
    struct fuse_session *session =
        fuse_session_new(&fuse_arguments, &operations, sizeof operations, NULL);
    if (session == NULL) return 1;
    int status = serve(session, arguments[1]);
    fuse_session_destroy(session);
    fuse_opt_free_args(&fuse_arguments);
    return status;
}
