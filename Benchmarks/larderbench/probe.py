"""What reads the files: started as a program of its own, so that a hang can be timed out.

probe.py stream PATH                 -> {"bytes": …, "s": …}  start to end in 1 MiB reads, as dd bs=1M
probe.py first PATH BYTES            -> {"ms": …}             open, read the first BYTES
probe.py random PATH COUNT SEED      -> {"p50": …, "p99": …}  4 KiB reads at random pages, in ms
probe.py documents DIRECTORY         -> {"s": …, "files": …}  list every folder, read every file
"""

import json
import os
import random
import sys
import time

PAGE = 4096


def read_all(path, size):
    """Bytes read until `size` or the end of the file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        got = 0
        while got < size:
            block = os.read(descriptor, min(size - got, 1 << 20))
            if not block:
                break
            got += len(block)
        return got
    finally:
        os.close(descriptor)


def stream(path):
    """The whole file into one buffer; opening it counts, which dd's own figure leaves out."""
    buffer = bytearray(1 << 20)
    start = time.perf_counter_ns()
    descriptor = os.open(path, os.O_RDONLY)
    total = 0
    while count := os.readv(descriptor, (buffer,)):
        total += count
    os.close(descriptor)
    return {"bytes": total, "s": (time.perf_counter_ns() - start) / 1e9}


def first(path, count):
    start = time.perf_counter_ns()
    got = read_all(path, int(count))
    taken = time.perf_counter_ns() - start
    if got != int(count):
        raise SystemExit(f"{path}: {got} bytes instead of {count}")
    return {"ms": taken / 1e6}


def random_reads(path, count, seed):
    chance = random.Random(int(seed))
    descriptor = os.open(path, os.O_RDONLY)
    pages = os.fstat(descriptor).st_size // PAGE
    taken = []
    for _ in range(int(count)):
        offset = chance.randrange(pages) * PAGE
        start = time.perf_counter_ns()
        block = os.pread(descriptor, PAGE, offset)
        taken.append(time.perf_counter_ns() - start)
        if len(block) != PAGE:
            raise SystemExit(f"{path}: short read at {offset}")
    taken.sort()
    return {
        "p50": taken[len(taken) // 2] / 1e6,
        "p99": taken[len(taken) * 99 // 100] / 1e6,
    }


def documents(directory):
    start = time.perf_counter_ns()
    files = total = 0
    for folder in sorted(os.listdir(directory)):
        for name in os.listdir(os.path.join(directory, folder)):
            total += read_all(os.path.join(directory, folder, name), 1 << 30)
            files += 1
    return {"s": (time.perf_counter_ns() - start) / 1e9, "files": files, "bytes": total}


if __name__ == "__main__":
    actions = {"stream": stream, "first": first, "random": random_reads, "documents": documents}
    print(json.dumps(actions[sys.argv[1]](*sys.argv[2:])))
