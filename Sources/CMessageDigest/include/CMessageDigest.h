// SHA-256 of libmd, without its header: that one drags <sys/types.h> into the module, where the types
// would collide with Glibc's.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Digest of `length` bytes at `data` into 32 bytes at `digest`.
void larder_sha256(const void *data, size_t length, uint8_t *digest);
