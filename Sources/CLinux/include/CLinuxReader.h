// Processes that read in a daemon's place: they share its memory and its descriptors, and can be killed one by one.
#pragma once
#include <stdint.h>

/// What a reader and who gives it orders have in common. All but `state` is the reader's while it has an order.
struct larder_reader {
    /// A futex; one of the values below. Last the kernel's own: 0 when the process is gone (CLONE_CHILD_CLEARTID).
    uint32_t state;
    int32_t descriptor;
    int64_t offset;
    uint64_t length;
    /// Bytes read, or an error number below zero.
    int64_t result;
    /// Takes `length` bytes.
    void *bytes;
    int32_t daemon;
};

enum {
    larder_reader_dead = 0,
    larder_reader_idle = 1,
    larder_reader_reading = 2,
    larder_reader_given_up = 3,
};

/* Starts a process which follows the orders of `reader`. It is killed when the calling thread ends, whatever ends that, and
 * blocks what signals that thread blocks: all of them, or their handlers would run in it. It is waited for with __WCLONE or
 * __WALL only. All that it touches stays mapped until it was waited for.
 * Returns 0 or an error number: ENOSYS on processors for which this was not written. */
int32_t larder_reader_start(struct larder_reader *reader, void *stack_end, int32_t daemon, int32_t *pid);

/// Gives an idle reader something to read. Returns 0 where it is dead.
int32_t larder_reader_order(struct larder_reader *reader, int32_t descriptor, int64_t offset, uint64_t length);

/// Waits until it is no longer reading; returns what it is then. The wait can be frozen.
uint32_t larder_reader_wait(struct larder_reader *reader);

/// Has who waits for a reader that is reading go away. Returns 0 where it was not reading.
int32_t larder_reader_give_up(struct larder_reader *reader);

/// Takes a reader off the process table. Returns 1 when that is done, 0 while it is not dead.
int32_t larder_reader_reap(int32_t pid);
