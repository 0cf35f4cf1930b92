"""The machine as the benchmark sees it: page cache, mount table, processes, readahead."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from pathlib import Path

CLOCK_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


def drop_page_cache(near: Path) -> None:
    """Writes out what is dirty on the file system of `near`, then empties the page cache (root)."""
    subprocess.run(["sync", "-f", str(near)], check=True, timeout=300)
    Path("/proc/sys/vm/drop_caches").write_text("3\n")


def mounts() -> dict[str, str]:
    """Mountpoint to "major:minor", from the mount table: never touches a file system that hangs."""
    table = {}
    for line in Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines():
        fields = line.split(" ")
        table[fields[4].replace("\\040", " ")] = fields[2]
    return table


def is_mounted(mountpoint: Path) -> bool:
    return str(mountpoint) in mounts()


def readahead_file(mountpoint: Path) -> Path:
    """Where the kernel keeps the readahead of this mount, in KiB."""
    return Path(f"/sys/class/bdi/{mounts()[str(mountpoint)]}/read_ahead_kb")


def abort_fuse(mountpoint: Path) -> None:
    """Ends a FUSE connection whose daemon hangs, so that its readers come back with an error."""
    device = mounts().get(str(mountpoint))
    if device is None:
        return
    switch = Path(f"/sys/fs/fuse/connections/{device.split(':')[1]}/abort")
    if switch.exists():
        switch.write_text("1\n")


def processor_seconds(pid: int) -> float:
    """User and system time that a process has used so far, its waited-for children not counted."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS_PER_SECOND


def resident_mib(pid: int) -> dict[str, float]:
    """Resident memory now (VmRSS) and at most so far (VmHWM), in MiB."""
    wanted = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("VmRSS", "VmHWM", "RssAnon"):
            wanted[name] = int(rest.split()[0]) / 1024
    return wanted


def find_process(executable: str, argument: Path) -> int | None:
    """The daemon of this name that has this path among its arguments."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        named = os.path.basename(words[0]) == executable.encode()
        if named and os.fsencode(argument) in words[1:]:
            return int(entry.name)
    return None


def bytes_on_disk(directory: Path) -> int:
    """What a directory really occupies (allocated blocks), as `du` counts it."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


def wait_until_quiet(directory: Path, timeout: float, quiet: float = 1.5) -> int:
    """Waits until what `directory` occupies no longer changes; returns it."""
    deadline = time.monotonic() + timeout
    size, since = bytes_on_disk(directory), time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - since < quiet:
        time.sleep(0.25)
        now = bytes_on_disk(directory)
        if now != size:
            size, since = now, time.monotonic()
    return size


def first_line(*command: str) -> str:
    """The first line a tool prints about itself, or "" where it is missing."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    return lines[0].strip() if lines else ""


def processor_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def describe_machine(larder: str | None) -> dict[str, str]:
    """What a reader needs to know to compare these figures with others."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    machine = {
        "processor": f"{os.cpu_count()} × {processor_name()}",
        "memory": f"{memory:.0f} GiB",
        "kernel": platform.release(),
        "libfuse": first_line("pkg-config", "--modversion", "fuse3"),
        "rclone": first_line("rclone", "version").removeprefix("rclone "),
        "sshfs": first_line("sshfs", "--version").rpartition(" ")[2],
    }
    if larder:
        machine["larder"] = first_line(larder, "--version").removeprefix("larder ")
    return machine
