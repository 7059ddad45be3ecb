"""docs/embedding_reference.md is what the headers say."""

import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent


class Reference(unittest.TestCase):
    def test_is_made_from_the_headers_as_they_are(self):
        child = subprocess.run(
            [sys.executable, SOURCE / "tools/header_reference.py", "--check"], stdout=subprocess.PIPE, text=True
        )
        self.assertEqual(child.returncode, 0, child.stdout)

    def test_names_what_a_host_needs(self):
        page = (SOURCE / "docs/embedding_reference.md").read_text()
        for name in ("run_for", "PyTasklet_New", "stackless_define", "class Completion", "as() const"):
            self.assertIn(name, page)
        for name in ("private:", "namespace detail", "std::exchange"):
            self.assertNotIn(name, page)


if __name__ == "__main__":
    unittest.main()
