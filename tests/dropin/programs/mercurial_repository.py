"""Mercurial: commits, branches, merges, a clone over HTTP from its own server."""

import os
import subprocess
import sys
import time

from results import show, write

write("hgrc", "[ui]\nusername = Tester <t@example.org>\nmerge = :merge3\n[extensions]\nrebase =\nmq =\nstrip =\n")
os.environ |= {"HGRCPATH": os.path.abspath("hgrc"), "HGPLAIN": "1"}


def hg(*arguments):
    process = subprocess.run([sys.executable, "/usr/bin/hg", *arguments], capture_output=True, text=True)
    show(" ".join(arguments), (process.returncode, process.stdout, process.stderr))


os.mkdir("first")
os.chdir("first")
hg("init")
for number in range(4):
    write("file", "".join(f"line {n} {number if n == number else 0}\n" for n in range(30)))
    hg("commit", "-A", "-q", "-m", f"change {number}", "-d", f"{number} 0")
hg("log", "--template", "{rev}:{node|short} {desc} {files}\n")
hg("update", "-q", "1")
write("file", "".join(f"line {n} {5 if n > 25 else 0}\n" for n in range(30)))
hg("branch", "other")
hg("commit", "-q", "-m", "on another branch", "-d", "9 0")
hg("merge", "default")
hg("resolve", "--list")
hg("diff", "--nodates")
hg("revert", "-q", "--all", "-r", "default")
hg("resolve", "-q", "--all", "--mark")
hg("commit", "-m", "merged", "-d", "10 0")
hg("log", "-G", "--template", "{rev} {branch} {desc}")
hg("annotate", "file")
hg("verify", "-q")
hg("log", "-r", "ancestors(.) and not merge() and desc('change')", "--template", "{rev} ")
hg("bundle", "--all", "../bundle", "-q")
server = subprocess.Popen(
    [sys.executable, "/usr/bin/hg", "serve", "-a", "127.0.0.1", "-p", "0", "--print-url"],
    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
)  # fmt: skip
try:
    url = server.stdout.readline().strip()
    os.chdir("..")
    process = subprocess.run(
        [sys.executable, "/usr/bin/hg", "clone", "-q", url, "second"], capture_output=True, text=True
    )
    show("clone", (process.returncode, process.stderr))
    os.chdir("second")
    hg("log", "--template", "{rev}:{node|short}\n")
    hg("manifest", "-v")
finally:
    server.terminate()
    server.wait()
