"""black: files of the standard library, one after the other and in several processes."""

import hashlib
import shutil
from pathlib import Path

from results import run_python, show

NAMES = "argparse bisect contextlib heapq shlex textwrap".split()
Path("source").mkdir()
for name in NAMES:
    shutil.copy(f"/usr/lib/python3.11/{name}.py", "source")
diff = run_python("-m", "black", "--diff", "-q", "source/bisect.py")
show("diff", [line for line in diff.splitlines() if not line.startswith(("---", "+++"))])
show(
    "check", sorted(run_python("-m", "black", "--check", "source", env={"HOME": ".", "PATH": "/usr/bin"}).splitlines())
)
show("several processes", sorted(run_python("-m", "black", "--workers", "2", "source").splitlines()))
show("unchanged", sorted(run_python("-m", "black", "source").splitlines()))
for file in sorted(Path("source").iterdir()):
    show(file.name, hashlib.sha256(file.read_bytes()).hexdigest())
Path("wrong.py").write_text("def f(:\n")
show("wrong", run_python("-m", "black", "wrong.py"))
