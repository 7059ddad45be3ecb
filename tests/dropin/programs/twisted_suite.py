"""Twisted: a part of its own tests, run by trial."""

import re

from results import run_python, show

MODULES = """
    twisted.test.test_defer twisted.test.test_defgen twisted.test.test_task twisted.test.test_failure
    twisted.test.test_threads twisted.test.test_threadpool twisted.test.test_internet twisted.test.test_cooperator
    twisted.test.test_policies twisted.test.test_reflect twisted.test.test_log twisted.test.test_amp
    twisted.internet.test.test_base twisted.internet.test.test_tcp twisted.internet.test.test_time
    twisted.internet.test.test_core twisted.internet.test.test_inlinecb twisted.internet.test.test_asyncioreactor
    twisted.web.test.test_http twisted.web.test.test_wsgi twisted.python.test.test_components
"""
output = run_python("-m", "twisted.trial", "--reporter=verbose", *MODULES.split())
print(output[-20000:], file=__import__("sys").stderr)
place, outcomes = [], []
for line in output.splitlines():
    if match := re.match(r"( *)(\S+)(?: \.\.\. *(?:\[(\w+)\])?)?$", line):
        depth = len(match[1]) // 2
        place[depth:] = [match[2]]
        if match[3]:
            outcomes.append((".".join(place), match[3]))
for name, outcome in sorted(outcomes):
    show(name, outcome)
show("tests", re.search(r"^Ran \d+ tests", output, re.MULTILINE)[0])
