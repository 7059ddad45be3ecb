"""Tools of the standard library, and coverage: what they say about a program is the same."""

import sys

from results import run_python, show, write

write(
    "sample.py",
    """
    import functools

    @functools.lru_cache
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    class Hen:
        def __init__(self, name):
            self.name = name

        def speak(self, times):
            for _ in range(times):
                if times > 100:
                    raise ValueError(times)
                yield f"{self.name}: cluck"

    def main():
        print(fibonacci(30), list(Hen("one").speak(3)))

    if __name__ == "__main__":
        main()
    """,
)


def without_times(output):
    return [line[:9] + " ".join(line.split()[5:]) for line in output.splitlines() if "function calls" not in line]


show("cProfile", sorted(without_times(run_python("-m", "cProfile", "-s", "name", "sample.py"))))
show(
    "trace", run_python("-m", "trace", "--count", "--missing", "--coverdir=.", "--ignore-dir", sys.prefix, "sample.py")
)
show("counted", open("sample.cover").read())
show("dis", run_python("-m", "dis", "sample.py"))
show(
    "timeit", run_python("-m", "timeit", "-n", "1", "-r", "1", "-s", "import sample", "sample.fibonacci(9)").split()[:4]
)
show("doctest", run_python("-m", "doctest", "sample.py"))
show(
    "pdb",
    run_python(
        "-m",
        "pdb",
        "-c",
        "break fibonacci",
        "-c",
        "continue",
        "-c",
        "where",
        "-c",
        "step",
        "-c",
        "args",
        "-c",
        "quit",
        "sample.py",
    ),
)
show("compiled", run_python("-m", "compileall", "-q", "sample.py"))
show("inspect", run_python("-m", "inspect", "sample:Hen"))
program = """
import tracemalloc
tracemalloc.start(5)
data = [bytes(1000) for _ in range(100)]
snapshot = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "<string>")])
for statistic in snapshot.statistics("lineno"):
    print(statistic.traceback, statistic.count)
"""
show("tracemalloc", run_python("-c", program))
program = "import faulthandler, sys; faulthandler.dump_traceback(sys.stdout)"
show("faulthandler", run_python("-c", program).splitlines()[1:])
show("coverage", run_python("-m", "coverage", "run", "--branch", "sample.py"))
show("covered", run_python("-m", "coverage", "report", "-m", "sample.py"))
