#pragma once
#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__)
// Chooses AVX2 or AVX-512 at run time: a third faster on data that comes from the disk.
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

static inline uint64_t larder_xxh3_64(const void *bytes, size_t count, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, count, seed);
}
