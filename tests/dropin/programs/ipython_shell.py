"""IPython without a terminal: magics, tracebacks, completion, history, await at the top level."""

import re

from results import run_python, show, write

write(
    "sample.ipy",
    """
    a = 6
    %time b = a * 7
    files = !echo one two
    print(files, b)
    %precision 3
    await __import__("asyncio").sleep(0, "awaited")
    """,
)
output = run_python("-m", "IPython", "--no-banner", "--colors=NoColor", "--ipython-dir=ipython", "sample.ipy")
show("file", [line for line in output.splitlines() if "time" not in line and "CPU" not in line])
show(
    "command",
    run_python("-m", "IPython", "--ipython-dir=ipython", "--colors=NoColor", "-c", "def f():\n    1 / 0\nf()"),
)

from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance(colors="NoColor", ipython_dir="ipython")
for cell in ("x = {'hen': 1}", "x['hen'] + 1", "_ * 10", "%who", "import os\nos.path.join('a', 'b')", "x.missing"):
    result = shell.run_cell(cell, store_history=True)
    show(cell, (result.success, result.result))
show("completed", shell.complete("x.po", "x.po"))
show("history", shell.user_ns["In"])
show("inspected", re.sub(r"0x\w+", "0x", shell.object_inspect_text("x")))
show(
    "asynchronous",
    shell.run_cell("import asyncio\nawait asyncio.gather(*(asyncio.sleep(0, n) for n in range(5)))").result,
)
