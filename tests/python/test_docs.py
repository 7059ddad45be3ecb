"""The examples in docs/: each runs, and prints what stands below it."""

import re
import unittest
from pathlib import Path

from support import run_script

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = (
    "tasklets.md",
    "channels.md",
    "scheduler.md",
    "threads.md",
    "exceptions.md",
    "pickling.md",
    "debugging.md",
    "asyncio_and_greenlet.md",
)
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")
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
        for name in PAGES:
            self.assertTrue(BLOCK.search((DOCS / name).read_text()), name)

    def test_index_names_all_pages(self):
        index = LINK.findall((DOCS / "README.md").read_text())
        self.assertEqual({page.name for page in DOCS.glob("*.md")} - {"README.md"} - set(index), set())
        internals = LINK.findall((DOCS / "internals/README.md").read_text())
        names = {page.name for page in (DOCS / "internals").glob("*.md")}
        self.assertEqual(names - {"README.md"} - set(internals), set())

    def test_links_lead_somewhere(self):
        for page in DOCS.rglob("*.md"):
            for target in LINK.findall(CODE.sub("", page.read_text())):
                with self.subTest(page=page.name, target=target):
                    self.assertTrue((page.parent / target).exists())


if __name__ == "__main__":
    unittest.main()
