"""Runs tests with a program that counts what it executes: train.py PROGRAM PROFILE.

Writes the profile that the release build is compiled with. The program is built with clang's
-fprofile-generate. The tests need not pass: that is for `make check` to say.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent

OURS = [
    "test_channel", "test_contexts", "test_exceptions", "test_frames_attributes", "test_frames_blocks",
    "test_frames_calls", "test_frames_classes", "test_frames_consumers", "test_frames_conversions",
    "test_frames_coroutines", "test_frames_generators", "test_frames_iteration", "test_frames_operators",
    "test_loop_attributes", "test_loop_calls", "test_loop_generators", "test_pickle_tasklets", "test_scheduler",
    "test_tasklet", "test_tasklet_control",
]  # fmt: skip

CPYTHONS = [
    "test_grammar", "test_builtin", "test_class", "test_generators", "test_patma", "test_list", "test_dict", "test_set",
    "test_exceptions", "test_with", "test_fstring", "test_coroutines", "test_json", "test_re", "test_heapq", "test_sort",
    "test_itertools", "test_richcmp", "test_descr", "test_functools", "test_collections", "test_decimal",
    "test_dataclasses", "test_enum", "test_ast", "test_copy", "test_logging", "test_pprint", "test_textwrap",
]  # fmt: skip


def run(command, **variables):
    subprocess.run(
        command, env=os.environ | variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def train(program, counts):
    # %m: processes add to what those before them have counted.
    counting = {"LLVM_PROFILE_FILE": f"{counts}/%4m.profraw"}
    for name in OURS:
        test = SOURCE / "tests" / "python" / f"{name}.py"
        run([program, SOURCE / "tests" / "unittest_main.py", test], PYTHONPATH=str(test.parent), **counting)
    run([program, "-m", "test", *CPYTHONS], **counting)


def main(program, profile):
    with tempfile.TemporaryDirectory() as counts:
        train(program, counts)
        files = list(Path(counts).glob("*.profraw"))
        if not files:
            sys.exit(f"train.py: {program} has counted nothing; is it built with -fprofile-generate?")
        subprocess.run(["llvm-profdata-19", "merge", "-o", profile, *files], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
