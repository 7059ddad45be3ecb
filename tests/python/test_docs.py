"""The examples in docs/: each runs, and prints what stands below it."""

import re
import unittest
from pathlib import Path

from support import run_script

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


class DocumentationTest(unittest.TestCase):
    def test_examples(self):
        for page in sorted(DOCS.glob("*.md")):
            examples = BLOCK.findall(page.read_text())
            for number, (source, output) in enumerate(examples, 1):
                with self.subTest(page=page.name, example=number):
                    result = run_script(source)
                    self.assertEqual((result.returncode, result.stderr), (0, ""))
                    self.assertEqual(result.stdout, output)

    def test_pages_have_examples(self):
        for name in ("tasklets.md", "channels.md", "debugging.md", "asyncio_and_greenlet.md"):
            self.assertTrue(BLOCK.search((DOCS / name).read_text()), name)


if __name__ == "__main__":
    unittest.main()
