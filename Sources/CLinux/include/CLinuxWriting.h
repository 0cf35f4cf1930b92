// Calls that change extended attributes, which Glibc's Swift module leaves out.
#pragma once
#include <stddef.h>
#include <stdint.h>

int32_t larder_setxattr(const char *path, const char *name, const void *value, size_t size, int32_t flags);
int32_t larder_removexattr(const char *path, const char *name);
