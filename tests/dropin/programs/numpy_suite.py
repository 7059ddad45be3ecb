"""numpy: a part of its own tests."""

import os

import numpy
from results import show_pytest

place = os.path.dirname(numpy.__file__)
# Without hypothesis' time limits, which a loaded machine does not keep.
os.environ["CI"] = "1"
files = "numeric regression array_coercion indexing nditer errstate casting_unittests records shape_base".split()
show_pytest(
    "--rootdir", place, *[f"{place}/core/tests/test_{name}.py" for name in files],
    f"{place}/lib/tests/test_function_base.py", f"{place}/lib/tests/test_io.py",
    f"{place}/ma/tests/test_core.py", f"{place}/polynomial/tests/test_classes.py", f"{place}/random/tests/test_random.py",
)  # fmt: skip
