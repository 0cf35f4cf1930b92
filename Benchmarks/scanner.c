// Reads what lies below directories, in the order in which it finds it, as indexers and virus scanners do.
//
//     scanner BYTES DIRECTORY…      the first BYTES of every file; 0: all of it
//
// A copy of it under another name is another reader to the file system. Ends with the last file or at SIGTERM,
// and prints what it has read as JSON.

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (64 << 10)
#define DESCRIPTORS_MAX 32

static volatile sig_atomic_t has_to_end;
static long long head, files, bytes;

static void end(int number) {
    (void)number;
    has_to_end = 1;
}

static int scan(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)place;
    if (has_to_end || kind != FTW_F) return has_to_end;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char buffer[BLOCK];
    long long got = 0;
    while (!has_to_end && (head == 0 || got < head)) {
        long long wanted = head == 0 || head - got > BLOCK ? BLOCK : head - got;
        ssize_t count = read(file, buffer, (size_t)wanted);
        if (count <= 0) break;
        got += count;
    }
    close(file);
    files += 1;
    bytes += got;
    return has_to_end;
}

int main(int count, char **arguments) {
    if (count < 3 || (head = atoll(arguments[1])) < 0) {
        fprintf(stderr, "usage: scanner BYTES DIRECTORY...\n");
        return 64;
    }
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    for (int i = 2; i < count && !has_to_end; i++) nftw(arguments[i], scan, DESCRIPTORS_MAX, FTW_PHYS);
    printf("{\"files\": %lld, \"bytes\": %lld}\n", files, bytes);
    return 0;
}
