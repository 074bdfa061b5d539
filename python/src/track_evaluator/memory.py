"""Freed memory stays with the process while a model computes, and goes back to the machine between models."""

import ctypes
import platform

# malloc.h of glibc
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
DEFAULT_THRESHOLD = 128 * 1024
NEVER = 2**31 - 1


def keep() -> None:
    """For a forward pass. Its tensors have 6 to 64 MB and live for an instant; glibc gives such blocks back at once and takes them
    anew, page by page and zeroed: a fifth of the time of a body of 768 units, and a third of that of a head of 128,000 rows."""
    _set(NEVER)


def give_back() -> None:
    """Before a model is loaded: what the last one left goes back, and the new weights get blocks that will go back whole."""
    if libc := _set(DEFAULT_THRESHOLD):
        libc.malloc_trim(0)


def _set(threshold: int) -> ctypes.CDLL | None:
    """The library that took the thresholds, in bytes; None where memory comes from another one."""
    if platform.libc_ver()[0] != "glibc":
        return None
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_THRESHOLD, threshold)
    libc.mallopt(M_TRIM_THRESHOLD, threshold)
    return libc
