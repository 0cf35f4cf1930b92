"""What reads the files: started as a program of its own, so that a hang can be timed out.

probe.py stream PATH                 -> {"bytes": …, "s": …}  start to end in 1 MiB reads, as dd bs=1M
probe.py first PATH BYTES            -> {"ms": …}             open, read the first BYTES
probe.py random PATH COUNT SEED      -> {"p50": …, "p99": …}  4 KiB reads at random pages, in ms
probe.py documents DIRECTORY         -> {"s": …, "files": …}  list every folder, read every file
probe.py heads DIRECTORY BYTES       -> {"s": …, "files": …}  the first BYTES of every file, as listed
probe.py copy DIRECTORY              -> {"s": …, "bytes": …}  every file of one folder, whole, as listed
probe.py backward PATH BYTES SECONDS           the last BYTES, from the end, 64 KiB at a time
probe.py every-fourth PATH BYTES SECONDS       64 KiB of each 256 KiB
probe.py interleaved PATH BYTES SECONDS APART  two handles in turn, 128 KiB each, APART bytes apart
probe.py reopen PATH BYTES SECONDS             open, 128 KiB further on, close, again and again
probe.py mixed FILM BYTES DOCUMENTS PHOTOS COPIES SEED -> {"film": [s, s], "documents": …, "heads": …, "copies": …}
    all four twice in one process, in a random order, each with an empty page cache: what the first and the second pass took
probe.py readers COUNT SECONDS PAUSE PATH…     processes that open and read the files, each PAUSE seconds
    -> {"reads": …, "errors": …, "slowest_ms": …}
    -> {"bytes": …, "s": …}  the four before it read BYTES in all, or until SECONDS have passed
"""

import json
import os
import random
import sys
import time

PAGE = 4096
BLOCK = 64 << 10
REQUEST = 128 << 10  # what the kernel asks a FUSE file system for


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


def heads(directory, count):
    start = time.perf_counter_ns()
    names = os.listdir(directory)
    total = sum(read_all(os.path.join(directory, name), int(count)) for name in names)
    return {"s": (time.perf_counter_ns() - start) / 1e9, "files": len(names), "bytes": total}


def copy(directory):
    return heads(directory, 1 << 62)


def timed(reads, seconds):
    """Runs a generator of byte counts to its end, or until `seconds` have passed."""
    start, total = time.perf_counter_ns(), 0
    end = start + int(float(seconds) * 1e9)
    for got in reads:
        total += got
        if time.perf_counter_ns() > end:
            break
    return {"bytes": total, "s": (time.perf_counter_ns() - start) / 1e9}


def whole(descriptor, count, offset):
    block = os.pread(descriptor, count, offset)
    if len(block) != count:
        raise SystemExit(f"{len(block)} bytes instead of {count} at {offset}")
    return count


def backward(path, count, seconds):
    def reads():
        descriptor = os.open(path, os.O_RDONLY)
        size = os.fstat(descriptor).st_size
        for back in range(BLOCK, int(count) + 1, BLOCK):
            yield whole(descriptor, BLOCK, size - back)

    return timed(reads(), seconds)


def every_fourth(path, count, seconds):
    def reads():
        descriptor = os.open(path, os.O_RDONLY)
        for number in range(int(count) // BLOCK):
            yield whole(descriptor, BLOCK, 4 * number * BLOCK)

    return timed(reads(), seconds)


def interleaved(path, count, seconds, apart):
    def reads():
        pair = [(os.open(path, os.O_RDONLY), base) for base in (0, int(apart))]
        for offset in range(0, int(count) // 2, REQUEST):
            for descriptor, base in pair:
                yield whole(descriptor, REQUEST, base + offset)

    return timed(reads(), seconds)


def reopen(path, count, seconds):
    def reads():
        for offset in range(0, int(count), REQUEST):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                yield whole(descriptor, REQUEST, offset)
            finally:
                os.close(descriptor)

    return timed(reads(), seconds)


def mixed(film, count, documents_folder, photos, copies, seed):
    kinds = {
        "film": lambda: reopen(film, count, 600),
        "documents": lambda: documents(documents_folder),
        "heads": lambda: heads(photos, BLOCK),
        "copies": lambda: copy(copies),
    }
    order = [*kinds, *kinds]
    random.Random(int(seed)).shuffle(order)
    taken = {kind: [] for kind in kinds}
    for kind in order:
        os.sync()
        with open("/proc/sys/vm/drop_caches", "w") as caches:
            caches.write("3")
        taken[kind].append(kinds[kind]()["s"])
    return taken


def readers(count, seconds, pause, *paths):
    """Many who look at what they know, each in a process of its own."""
    found = []
    ends = []
    for number in range(int(count)):
        mine, theirs = os.pipe()
        if os.fork() == 0:
            text = json.dumps(one_reader(number, float(seconds), float(pause), paths))
            os.write(theirs, text.encode())
            os._exit(0)
        os.close(theirs)
        ends.append(mine)
    for end in ends:
        with os.fdopen(end) as stream_of_one:
            found.append(json.loads(stream_of_one.read()))
    return {
        "reads": sum(one["reads"] for one in found),
        "errors": sum(one["errors"] for one in found),
        "slowest_ms": max(one["slowest_ms"] for one in found),
    }


def one_reader(number, seconds, pause, paths):
    chance = random.Random(number)
    reads = errors = 0
    slowest = 0.0
    time.sleep(chance.random() * pause)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter_ns()
        try:
            read_all(chance.choice(paths), 1 << 30)
        except OSError:
            errors += 1
        slowest = max(slowest, (time.perf_counter_ns() - start) / 1e6)
        reads += 1
        time.sleep(pause)
    return {"reads": reads, "errors": errors, "slowest_ms": slowest}


ACTIONS = {
    "stream": stream,
    "first": first,
    "random": random_reads,
    "documents": documents,
    "heads": heads,
    "copy": copy,
    "backward": backward,
    "every-fourth": every_fourth,
    "interleaved": interleaved,
    "reopen": reopen,
    "mixed": mixed,
    "readers": readers,
}

if __name__ == "__main__":
    print(json.dumps(ACTIONS[sys.argv[1]](*sys.argv[2:])))
