// libxxhash. Its plain functions are built for the oldest processors of an architecture; on x86-64 the
// library also has variants that look what the processor can do (AVX2, AVX-512).
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#endif

static inline uint64_t larder_xxh3_64(const void *bytes, size_t count, uint64_t seed) {
#if defined(__x86_64__)
    return XXH3_64bits_withSeed_dispatch(bytes, count, seed);
#else
    return XXH3_64bits_withSeed(bytes, count, seed);
#endif
}
