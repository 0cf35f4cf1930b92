// Players that keep a clock: what a person sees of a film that comes too late.
//
//     players RATE SECONDS SEEKS SEED FILE…
//
// One player per FILE, all in this process, each in a thread of its own; they start a tenth of a second
// after each other. A player reads 64 KiB at a time, consumes RATE bytes per second and holds at most half a
// second of film: it asks for a block half a second before the block is due. After a start or a seek the film
// goes on when the first block has come; the byte that lies k behind that place is due k / RATE later. A block
// that comes after its time stops the film until then, and the clock with it.
//
// What is late within half a second after a start or a seek belongs to that start or seek ("settling"), the
// rest is a stall. Each player seeks SEEKS times, forward and far, and plays for SECONDS in all or to the end of
// its file; waiting for the first block of a start or a seek is not playing. Prints JSON: times in seconds or ms
// as the names say, bytes that were read.

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PLAYERS_MAX 64
#define SEEKS_MAX 64
#define BLOCK (64 << 10)
#define BUFFER_SECONDS 0.5
#define SETTLING_SECONDS 0.5
#define STAGGER_SECONDS 0.1
#define JITTER 0.2  // of the time between seeks, early or late

struct player {
    pthread_t thread;
    const char *path;
    int file;
    off_t size;
    uint64_t chance;
    double first_at;
    double start_ms, resume_ms[SEEKS_MAX];
    double stalled, settling;
    int resumes;
    long long bytes;
    int failure;  // errno
};

static double rate, seconds;
static int seeks;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void sleep_until(double when) {
    struct timespec time = {.tv_sec = (time_t)when};
    time.tv_nsec = (long)((when - time.tv_sec) * 1e9);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {}
}

// SplitMix64, as a number in 0 ..< 1.
static double chance(struct player *player) {
    uint64_t mixed = player->chance += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return (double)((mixed ^ (mixed >> 31)) >> 11) / 9007199254740992.0;
}

// Bytes read at a place; 0 at the end of the file, and after a failure, which is noted.
static ssize_t block_at(struct player *player, off_t offset, char *buffer) {
    ssize_t count;
    do count = pread(player->file, buffer, BLOCK, offset);
    while (count < 0 && errno == EINTR);
    if (count < 0) player->failure = errno;
    else player->bytes += count;
    return count < 0 ? 0 : count;
}

// Plays from `offset` for `length` seconds; returns what the first block took, in ms.
static double play(struct player *player, off_t offset, double length) {
    char buffer[BLOCK];
    double asked_at = now();
    ssize_t count = block_at(player, offset, buffer);
    double first_at = now(), begun_at = first_at;
    double settled_at = first_at + SETTLING_SECONDS, until = first_at + length;
    off_t consumed = count;
    while (count > 0) {
        double due = begun_at + consumed / rate;
        if (due - BUFFER_SECONDS >= until) {
            sleep_until(until);
            break;
        }
        sleep_until(due - BUFFER_SECONDS);
        if (now() >= until) break;
        count = block_at(player, offset + consumed, buffer);
        double late = now() - due;
        if (count > 0 && late > 0) {
            double stalled = now() - (due > settled_at ? due : settled_at);
            if (stalled < 0) stalled = 0;
            player->stalled += stalled;
            player->settling += late - stalled;
            begun_at += late;
        }
        consumed += count;
    }
    return (first_at - asked_at) * 1e3;
}

// Where run number `run` starts: far behind what was read ahead of the one before it.
static off_t place_of(struct player *player, int run) {
    if (run == 0) return 0;
    double part = 0.08 + 0.96 * run / (seeks + 1);
    return (off_t)(player->size * (part + 0.05 * chance(player)));
}

// When run number `run` ends, in seconds of playing; the last one ends at `seconds`.
static double end_of(struct player *player, int run) {
    if (run == seeks) return seconds;
    double jitter = JITTER * (2 * chance(player) - 1);
    return seconds / (seeks + 1) * (run + 1 + jitter);
}

static void *run_player(void *argument) {
    struct player *player = argument;
    sleep_until(player->first_at);
    struct stat status;
    player->file = open(player->path, O_RDONLY | O_CLOEXEC);
    if (player->file < 0 || fstat(player->file, &status) != 0) {
        player->failure = errno;
        return NULL;
    }
    player->size = status.st_size;
    double opening_ms = (now() - player->first_at) * 1e3;
    double begin = 0;
    for (int run = 0; run <= seeks && player->failure == 0; run++) {
        double end = end_of(player, run);
        double first_ms = play(player, place_of(player, run), end - begin);
        begin = end;
        if (run == 0) player->start_ms = opening_ms + first_ms;
        else player->resume_ms[player->resumes++] = first_ms;
    }
    close(player->file);
    return NULL;
}

static int report(struct player *players, int count) {
    double stalled = 0, settling = 0, worst = 0;
    long long bytes = 0;
    for (int i = 0; i < count; i++) {
        if (players[i].failure != 0) {
            fprintf(stderr, "players: %s: %s\n", players[i].path, strerror(players[i].failure));
            return 1;
        }
        stalled += players[i].stalled;
        settling += players[i].settling;
        if (players[i].stalled > worst) worst = players[i].stalled;
        bytes += players[i].bytes;
    }
    printf("{\"stalled_s\": %.6f, \"stalled_s_max\": %.6f, \"settling_s\": %.6f, \"bytes\": %lld",
           stalled, worst, settling, bytes);
    printf(", \"start_ms\": [");
    for (int i = 0; i < count; i++) printf("%s%.3f", i ? ", " : "", players[i].start_ms);
    printf("], \"resume_ms\": [");
    const char *comma = "";
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < players[i].resumes; k++, comma = ", ")
            printf("%s%.3f", comma, players[i].resume_ms[k]);
    }
    printf("]}\n");
    return 0;
}

int main(int count, char **arguments) {
    static struct player players[PLAYERS_MAX];
    int files = count - 5;
    if (files < 1 || files > PLAYERS_MAX || (rate = atof(arguments[1])) <= 0 ||
        (seconds = atof(arguments[2])) <= 0 || (seeks = atoi(arguments[3])) < 0 || seeks > SEEKS_MAX) {
        fprintf(stderr, "usage: players RATE SECONDS SEEKS SEED FILE...\n");
        return 64;
    }
    double begin = now();
    for (int i = 0; i < files; i++) {
        players[i].path = arguments[5 + i];
        players[i].chance = (uint64_t)atoll(arguments[4]) * 1000003 + (uint64_t)i;
        players[i].first_at = begin + STAGGER_SECONDS * i;
        if (pthread_create(&players[i].thread, NULL, run_player, &players[i]) != 0) return 1;
    }
    for (int i = 0; i < files; i++) pthread_join(players[i].thread, NULL);
    return report(players, files);
}
