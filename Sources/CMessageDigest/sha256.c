#include "CMessageDigest.h"
#include <sys/types.h>
#include <sha2.h>

void larder_sha256(const void *data, size_t length, uint8_t *digest) {
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, data, length);
    SHA256Final(digest, &context);
}
