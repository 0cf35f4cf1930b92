// A long link on one machine: a TCP proxy on 127.0.0.1 with a delay and a bandwidth.
//
//     delayproxy TARGET_PORT DELAY_US BYTES_PER_SECOND
//
// It prints the port it listens on. Each direction is a link of its own: bytes leave one after the
// other at the bandwidth (shared by all connections), then travel for the delay. What is in flight is
// bounded, so a sender that is faster than the link is held back by TCP, as it would be by a real one.
// SIGUSR1 prints what has passed so far: bytes towards the server, bytes back.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PARCEL_BYTES (32 * 1024)
#define PARCELS_MAX 128  // 4 MiB in flight at most; 100 MB/s × 4 ms need 400 kB

struct link {  // one direction, shared by all connections
    pthread_mutex_t lock;
    int64_t free_at_ns;
    atomic_ullong bytes;
};

struct parcel {
    int64_t due_ns;
    size_t count;
    char bytes[PARCEL_BYTES];
};

struct pipe_way {  // one direction of one connection: a ring between its two threads
    struct link *link;
    int from, to;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned head, tail;
    int ended;
    struct parcel ring[PARCELS_MAX];
};

static struct link upward = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct link downward = {.lock = PTHREAD_MUTEX_INITIALIZER};
static int64_t delay_ns;
static double ns_per_byte;
static uint16_t target_port;

static int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void sleep_until(int64_t when_ns) {
    struct timespec time = {.tv_sec = when_ns / 1000000000LL, .tv_nsec = when_ns % 1000000000LL};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {}
}

/// Puts `count` bytes on the link: returns when their last one arrives on the other side.
static int64_t transmit(struct link *link, size_t count) {
    int64_t now = now_ns();
    pthread_mutex_lock(&link->lock);
    int64_t start = link->free_at_ns > now ? link->free_at_ns : now;
    link->free_at_ns = start + (int64_t)(count * ns_per_byte);
    int64_t due = link->free_at_ns + delay_ns;
    pthread_mutex_unlock(&link->lock);
    atomic_fetch_add(&link->bytes, count);
    return due;
}

static struct parcel *wait_for_room(struct pipe_way *way) {
    pthread_mutex_lock(&way->lock);
    while (way->head - way->tail == PARCELS_MAX && !way->ended)
        pthread_cond_wait(&way->changed, &way->lock);
    struct parcel *parcel = way->ended ? NULL : &way->ring[way->head % PARCELS_MAX];
    pthread_mutex_unlock(&way->lock);
    return parcel;
}

static struct parcel *wait_for_parcel(struct pipe_way *way) {
    pthread_mutex_lock(&way->lock);
    while (way->head == way->tail && !way->ended)
        pthread_cond_wait(&way->changed, &way->lock);
    struct parcel *parcel = way->head == way->tail ? NULL : &way->ring[way->tail % PARCELS_MAX];
    pthread_mutex_unlock(&way->lock);
    return parcel;
}

static void advance(struct pipe_way *way, unsigned *position) {
    pthread_mutex_lock(&way->lock);
    ++*position;
    pthread_cond_signal(&way->changed);
    pthread_mutex_unlock(&way->lock);
}

static void end(struct pipe_way *way) {
    pthread_mutex_lock(&way->lock);
    way->ended = 1;
    pthread_cond_broadcast(&way->changed);
    pthread_mutex_unlock(&way->lock);
}

static void *take_in(void *argument) {
    struct pipe_way *way = argument;
    struct parcel *parcel;
    while ((parcel = wait_for_room(way)) != NULL) {
        ssize_t count = recv(way->from, parcel->bytes, PARCEL_BYTES, 0);
        if (count <= 0) break;
        parcel->count = (size_t)count;
        parcel->due_ns = transmit(way->link, (size_t)count);
        advance(way, &way->head);
    }
    end(way);
    return NULL;
}

static int send_all(int socket, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) return -1;
        bytes += sent;
        count -= (size_t)sent;
    }
    return 0;
}

static void *give_out(void *argument) {
    struct pipe_way *way = argument;
    struct parcel *parcel;
    while ((parcel = wait_for_parcel(way)) != NULL) {
        sleep_until(parcel->due_ns);
        if (send_all(way->to, parcel->bytes, parcel->count) != 0) break;
        advance(way, &way->tail);
    }
    end(way);
    shutdown(way->to, SHUT_WR);
    return NULL;
}

static struct pipe_way *new_way(struct link *link, int from, int to) {
    struct pipe_way *way = calloc(1, sizeof *way);
    if (way == NULL) abort();
    way->link = link;
    way->from = from;
    way->to = to;
    pthread_mutex_init(&way->lock, NULL);
    pthread_cond_init(&way->changed, NULL);
    return way;
}

static struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int connect_to_target(void) {
    struct sockaddr_in address = loopback(target_port);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server >= 0 && connect(server, (struct sockaddr *)&address, sizeof address) == 0)
        return server;
    if (server >= 0) close(server);
    return -1;
}

static void *carry(void *argument) {
    int client = (int)(intptr_t)argument, server = connect_to_target(), on = 1;
    if (server < 0) {
        close(client);
        return NULL;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct pipe_way *ways[2] = {new_way(&upward, client, server), new_way(&downward, server, client)};
    pthread_t threads[4];
    for (int way = 0; way < 2; ++way) {
        pthread_create(&threads[2 * way], NULL, take_in, ways[way]);
        pthread_create(&threads[2 * way + 1], NULL, give_out, ways[way]);
    }
    for (int thread = 0; thread < 4; ++thread) pthread_join(threads[thread], NULL);
    close(client);
    close(server);
    free(ways[0]);
    free(ways[1]);
    return NULL;
}

static int listen_on_loopback(void) {
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0
        || listen(listener, 16) != 0
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("delayproxy");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void *print_counts(void *argument) {
    sigset_t *signals = argument;
    for (int signal; sigwait(signals, &signal) == 0;) {
        printf("%llu %llu\n", atomic_load(&upward.bytes), atomic_load(&downward.bytes));
        fflush(stdout);
    }
    return NULL;
}

static void answer_usr1(void) {
    static sigset_t signals;
    pthread_t thread;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_create(&thread, NULL, print_counts, &signals);
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: delayproxy TARGET_PORT DELAY_US BYTES_PER_SECOND\n");
        return 64;
    }
    target_port = (uint16_t)atoi(arguments[1]);
    delay_ns = atoll(arguments[2]) * 1000;
    ns_per_byte = 1e9 / atof(arguments[3]);
    answer_usr1();
    int listener = listen_on_loopback();
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        pthread_t thread;
        if (pthread_create(&thread, NULL, carry, (void *)(intptr_t)client) == 0)
            pthread_detach(thread);
        else close(client);
    }
}
