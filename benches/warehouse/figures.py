"""What a question cost this process: time, processor, memory, bytes (Linux)."""

import glob
import os
import time
from dataclasses import dataclass


@dataclass
class Cost:
    """One run."""

    seconds: float
    cpu: float
    read_bytes: int
    rchar: int


def files_of(folder):
    """The data files of a folder."""
    return sorted(glob.glob(os.path.join(glob.escape(folder), "*.parquet")))


def evict(files):
    """Drop the files from the page cache, so that the next run reads from storage."""
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            # only pages that are on storage can be dropped
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def reset_peak():
    """Let the peak of resident memory begin at what is resident now."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as refs:
        refs.write("5")


def peak_mib():
    """Peak of resident memory since the reset, in MiB."""
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _read():
    with open("/proc/self/io", encoding="ascii") as io:
        counts = dict(line.split(": ") for line in io.read().splitlines())
    return int(counts["read_bytes"]), int(counts["rchar"])


def timed(ask):
    """The cost of `ask()` and what it returned."""
    bytes_before, chars_before = _read()
    cpu, clock = time.process_time(), time.perf_counter()
    answer = ask()
    seconds, cpu = time.perf_counter() - clock, time.process_time() - cpu
    bytes_after, chars_after = _read()
    return Cost(seconds, cpu, bytes_after - bytes_before, chars_after - chars_before), answer
