#include "CLinuxWriting.h"
#include <sys/xattr.h>

int32_t larder_setxattr(const char *path, const char *name, const void *value, size_t size, int32_t flags) {
    return setxattr(path, name, value, size, flags);
}

int32_t larder_removexattr(const char *path, const char *name) {
    return removexattr(path, name);
}
