// What Glibc's Swift module leaves out: GNU extensions behind _GNU_SOURCE, macros, variadics.
// Declared without system headers, whose types would collide with Glibc's own.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "CLinuxCredentials.h"
#include "CLinuxProcess.h"
#include "CLinuxReader.h"
#include "CLinuxWriting.h"

extern const int32_t larder_o_path, larder_o_direct, larder_o_noatime, larder_o_tmpfile;
extern const int32_t larder_at_empty_path;
extern const int32_t larder_punch_hole;
extern const int32_t larder_seek_data, larder_seek_hole;
extern const uint32_t larder_rename_noreplace, larder_rename_exchange;

int32_t larder_openat(int32_t directory, const char *path, int32_t flags, uint32_t mode);
/* openat2(2): nothing on the way may be a symbolic link or lead out of `directory`. Where the call is not allowed (some
 * containers), only the last part of the path is held to that. */
int32_t larder_open_beneath(int32_t directory, const char *path, int32_t flags, uint32_t mode);
ptrdiff_t larder_getdents64(int32_t fd, void *buffer, size_t length);
int32_t larder_fallocate(int32_t fd, int32_t mode, int64_t offset, int64_t length);
int32_t larder_renameat2(int32_t from_directory, const char *from, int32_t to_directory, const char *to,
                         uint32_t flags);
ptrdiff_t larder_copy_file_range(int32_t from, int64_t *from_offset, int32_t to, int64_t *to_offset,
                                 size_t length);
/// The handle of name_to_handle_at(2), which has the inode's generation. `length`: room in, bytes out. Links are not followed;
/// an empty path is the file that `directory` is open on.
int32_t larder_file_handle(int32_t directory, const char *path, uint8_t *bytes, uint32_t *length);
/// f_type of fstatfs(2).
int32_t larder_file_system_kind(int32_t fd, uint64_t *kind);
void larder_set_thread_name(const char *name);
/// malloc_trim(3), where the C library has it.
void larder_trim_memory(void);

ptrdiff_t larder_getxattr(const char *path, const char *name, void *value, size_t size);
ptrdiff_t larder_listxattr(const char *path, void *names, size_t size);
/// sync_file_range(2) with SYNC_FILE_RANGE_WRITE: starts write-back and does not wait.
void larder_start_writing(int32_t fd, int64_t offset, int64_t length);
