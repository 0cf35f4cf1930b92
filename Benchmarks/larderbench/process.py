"""Commands with a hard timeout, and daemons that never outlive the run."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

from . import system

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class BenchError(Exception):
    """Something did not work; the message is what the table's reader is told."""


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def tail(path: Path, lines: int = 3) -> str:
    """The last lines of a log, on one line."""
    if not path.exists():
        return ""
    text = path.read_text(errors="replace").strip().splitlines()
    return " / ".join(text[-lines:])


def _kill_group(process: subprocess.Popen) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(command: list[str], timeout: float, title: str = "", **options) -> str:
    """Runs a command and returns what it printed; on timeout kills it with all its children."""
    title = title or Path(command[0]).name
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=_die_with_parent,
        **options,
    )
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        _kill_group(process)
        raise BenchError(f"{title}: no end after {timeout:.0f} s") from None
    except BaseException:
        _kill_group(process)
        raise
    if process.returncode != 0:
        last = " / ".join(errors.strip().splitlines()[-2:])
        raise BenchError(f"{title} failed ({process.returncode}): {last}")
    return output or ""


class Daemon:
    """A process in the foreground of its own session, its output in a log file."""

    def __init__(self, command: list[str], log: Path, stdout: int | None = None):
        self.name = Path(command[0]).name
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output if stdout is None else stdout,
                stderr=output,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        code = self.process.poll()
        how = f"signal {-code}" if code and code < 0 else f"exit code {code}"
        return f"{self.name} ended with {how}: {tail(self.log)}"

    def wait(self, timeout: float) -> bool:
        try:
            self.process.wait(timeout)
            return True
        except subprocess.TimeoutExpired:
            return False

    def stop(self) -> None:
        """Asks, waits, insists."""
        for sign, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            if not self.is_running:
                return
            self.process.send_signal(sign)
            if self.wait(patience):
                return


def wait_for_mount(mountpoint: Path, daemon: Daemon, timeout: float = 30) -> None:
    """Returns once the kernel knows the mount and it answers, or raises with the daemon's words."""
    deadline = time.monotonic() + timeout
    while not system.is_mounted(mountpoint):
        if not daemon.is_running:
            raise BenchError(f"{daemon.name} ended at once: {tail(daemon.log)}")
        if time.monotonic() > deadline:
            raise BenchError(f"{daemon.name}: no mount after {timeout:.0f} s: {tail(daemon.log)}")
        time.sleep(0.002)
    run(["stat", "-c", "%i", str(mountpoint)], timeout)


def unmount(mountpoint: Path, daemon: Daemon | None, patience: float = 10) -> None:
    """Unmounts politely while the mount is busy, then by force; ends the daemon."""
    deadline = time.monotonic() + patience
    while system.is_mounted(mountpoint) and time.monotonic() < deadline:
        try:
            run(["fusermount3", "-u", str(mountpoint)], patience)
        except BenchError:
            time.sleep(0.2)
    if system.is_mounted(mountpoint):
        force_unmount(mountpoint)
    if daemon is not None and not daemon.wait(patience):
        daemon.stop()


def force_unmount(mountpoint: Path) -> None:
    """Ends the connection first, so that nobody stays stuck in it."""
    system.abort_fuse(mountpoint)
    try:
        run(["umount", "-l", str(mountpoint)], 10)
    except BenchError:
        pass
