"""Small disks in a mount namespace of this run's own, and filling them to the last byte."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MARK = "TRACK_CHAOS_NAMESPACE"
_UNSHARE = "/usr/bin/unshare"


def enter_namespace() -> None:
    """As root: this program again, in namespaces of its own, so that mounts and processes end with it. Returns in the new one.

    Its first process takes the place of init and reaps orphans. Without it they would stay as zombies, and look alive.
    """
    if os.geteuid() != 0 or os.environ.get(MARK):
        return
    try:
        subprocess.run([_UNSHARE, "--mount", "--pid", "--fork", "--mount-proc", "/bin/true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return
    command = [_UNSHARE, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, *sys.argv]
    os.execve(_UNSHARE, command, os.environ | {MARK: "1"})  # noqa: S606 - an argument list


def be_init() -> None:
    """In the namespace's first process: reaps until the program proper, a child, has ended, and ends with its status."""
    if os.getpid() != 1:
        return
    child = os.fork()
    if child == 0:
        return
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def are_available() -> bool:
    """Whether small disks can be mounted."""
    return os.geteuid() == 0 and bool(os.environ.get(MARK))


def mount(folder: Path, mebibytes: int, mode: int = 0o755) -> None:
    """A disk of that size."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode={mode:o}", "track-chaos", str(folder)], check=True)


class Ballast:
    """A file that takes all the room there is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        self._length = 0

    def top_up(self) -> None:
        """Takes what has become free."""
        state = os.statvfs(self._path)
        piece = state.f_bavail * state.f_frsize
        while piece >= 4096:
            try:
                os.posix_fallocate(self._descriptor, self._length, piece)
                self._length += piece
            except OSError:
                piece //= 2

    def remove(self) -> None:
        """Gives the room back."""
        os.close(self._descriptor)
        self._path.unlink()


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[Ballast]:
    """A disk without a free byte."""
    ballast = Ballast(folder / "ballast")
    try:
        ballast.top_up()
        yield ballast
    finally:
        ballast.remove()
