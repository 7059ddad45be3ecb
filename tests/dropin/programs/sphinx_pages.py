"""Sphinx: a small project with autodoc, built as HTML and as text."""

import os
import re

from results import run_python, show, write

write(
    "conf.py",
    """
    import os, sys
    sys.path.insert(0, os.path.dirname(__file__))
    project = "Sample"
    extensions = ["sphinx.ext.autodoc", "sphinx.ext.doctest", "sphinx.ext.viewcode"]
    html_theme = "basic"
    """,
)
write(
    "farm.py",
    '''
    """About hens."""

    class Hen:
        """A hen.

        >>> Hen().speak(2)
        'cluckcluck'
        """

        def speak(self, times: int = 1) -> str:
            """What it says.

            :param times: how often
            """
            return "cluck" * times
    ''',
)
write(
    "index.rst",
    """
    Sample
    ======

    .. automodule:: farm
       :members:

    .. code-block:: python

       for hen in hens:
           print(f"{hen!r}")

    ======= ====
    table   cell
    ======= ====
    a       :py:meth:`farm.Hen.speak`
    b       :ref:`missing`
    ======= ====
    """,
)
for builder in ("text", "html", "doctest"):
    output = run_python("-m", "sphinx", "-N", "-b", builder, ".", f"_{builder}")
    show(
        builder,
        [line for line in output.splitlines() if "WARNING" in line or "exit status" in line or "succeeded" in line],
    )
show("text", open("_text/index.txt").read())
show("html", re.findall("<body>.*</body>", open("_html/index.html").read(), re.DOTALL))
show("files", sorted(name for name in os.listdir("_html") if not name.startswith(".")))
show("doctest", re.findall(r"\d+ tests?", open("_doctest/output.txt").read()))
