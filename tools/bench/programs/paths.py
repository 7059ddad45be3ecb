"""pathlib: pure paths taken apart and put together, and a walk through a package of the standard library."""

import email
from pathlib import Path, PurePosixPath, PureWindowsPath

TIMES = 180
NAMES = ["src/main.c", "../lib/util.tar.gz", "/usr/share/doc/./readme", "a//b/c.txt", "report.pdf", ""]


def take_apart(kind):
    base = kind("/home/someone")
    total = 0
    for name in NAMES:
        path = base / name
        total += len(path.parts) + len(path.suffixes) + len(path.stem) + len(str(path.parent))
        if path.name:
            changed = path.with_suffix(".bak").with_name("x" + path.name)
            total += changed.match("*.c") + (changed.parent == path.parent) + len(changed.as_posix())
        if path.is_relative_to(base):
            total += len(path.relative_to(base).parts)
        total += sum(len(parent.name) for parent in path.parents)
    return total


def walk(folder):
    files = [path for path in folder.rglob("*.py") if path.is_file()]
    return sorted(path.relative_to(folder).as_posix() for path in files)


def run():
    total = sum(take_apart(PurePosixPath) + take_apart(PureWindowsPath) for _ in range(TIMES))
    for _ in range(9):
        files = walk(Path(email.__file__).parent)
    paths = {PurePosixPath("/a", name) for name in files}
    return [total, len(paths), files[:2], str(min(paths))]
