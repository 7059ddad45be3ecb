"""What pip, virtualenv and tox install: source trees, wheels, extensions in C.

Run by the program under test; python3.11 passes as well. Nothing is fetched: setuptools and wheel are those of
Debian's packages.
"""

import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

from support import (
    IS_STACKLESS,
    WHEELS,
    DirectoryTestCase,
    needs_module,
    needs_wheel,
    run,
    write,
    write_extension,
    write_project,
)


@needs_module("ensurepip", "python3.11-venv")
@needs_wheel("pip", "python3-pip-whl")
@needs_wheel("setuptools", "python3-setuptools-whl")
@needs_wheel("wheel", "python3-wheel-whl")
class PipTest(unittest.TestCase):
    """Each test has a directory of its own in one environment: pip takes long to install."""

    @classmethod
    def setUpClass(cls):
        cls.directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory())).resolve()
        cls.environment = cls.directory / "env"
        run(sys.executable, "-m", "venv", cls.environment)
        cls.pip("install", "wheel")

    @classmethod
    def pip(cls, command, *arguments):
        return run(cls.environment / "bin/pip", command, "--no-index", "--find-links", WHEELS, *arguments)

    def install(self, package, *arguments):
        """Installs what the arguments say for the duration of the test."""
        self.pip("install", "--no-build-isolation", *arguments)
        self.addCleanup(run, self.environment / "bin/pip", "uninstall", "-y", package)

    def setUp(self):
        self.source = self.directory / self.id()

    def assert_program_runs(self):
        self.assertEqual(run(self.environment / "bin/sample-program"), f"version 1 {sys.version}\n")

    def test_pip_is_of_the_environment(self):
        self.assertIn(f"{self.environment}/lib/python3.11", run(self.environment / "bin/pip", "--version"))

    def test_source_tree(self):
        self.install("sample", write_project(self.source))
        self.assert_program_runs()

    def test_editable_source_tree(self):
        self.install("sample", "--editable", write_project(self.source))
        self.assert_program_runs()
        package = self.source / "sample/__init__.py"
        package.write_text(package.read_text().replace("version 1", "version 2"))
        self.assertIn("version 2", run(self.environment / "bin/sample-program"))

    def test_wheel(self):
        self.pip("wheel", "--no-build-isolation", "--wheel-dir", self.source, write_project(self.source))
        (wheel,) = self.source.glob("*.whl")
        self.install("sample", wheel)
        self.assert_program_runs()

    def test_isolated_build(self):
        self.pip("install", write_project(self.source))
        self.addCleanup(run, self.environment / "bin/pip", "uninstall", "-y", "sample")
        self.assert_program_runs()

    def test_extension_in_c(self):
        self.install("sample-extension", write_extension(self.source))
        interpreter = self.environment / "bin/python"
        program = "import sample_extension; print(sample_extension.call_twice(lambda: 'called'))"
        self.assertEqual(run(interpreter, "-c", program), "called\n")
        if IS_STACKLESS:
            program = """
                import sample_extension, stackless
                channel = stackless.channel()
                def receive():
                    print(sample_extension.call_twice(channel.receive))
                stackless.tasklet(receive)()
                for number in (1, 2):
                    stackless.tasklet(channel.send)(number)
                stackless.run()
            """
            self.assertEqual(run(interpreter, "-c", textwrap.dedent(program)), "2\n")


@needs_module("virtualenv", "python3-virtualenv")
@needs_wheel("wheel", "python3-wheel-whl")
class VirtualenvTest(DirectoryTestCase):
    def test_environment(self):
        environment = self.directory / "env"
        run(sys.executable, "-m", "virtualenv", "--no-download", "--app-data", self.directory / "data", environment)
        for name in ("python", "python3"):
            self.assert_is_ours(environment / "bin" / name, environment)
        source = write_project(self.directory / "source")
        run(environment / "bin/pip", "install", "--no-index", "--no-build-isolation", source)
        self.assertEqual(run(environment / "bin/sample-program"), f"version 1 {sys.version}\n")


@needs_module("tox", "tox")
@needs_wheel("wheel", "python3-wheel-whl")
class ToxTest(DirectoryTestCase):
    def test_run(self):
        source = write_project(self.directory / "source")
        write(
            source / "tox.ini",
            """
            [tox]
            envlist = py
            isolated_build = false
            skipsdist = true

            [testenv]
            install_command = python -m pip install --no-index --no-build-isolation {opts} {packages}
            usedevelop = true
            commands = python -c "import sample; sample.main()"
            """,
        )
        # The workdir and HOME: nothing of it outlives the test.
        output = run("env", f"HOME={self.directory}", sys.executable, "-m", "tox", "-c", source / "tox.ini", cwd=source)
        self.assertIn(f"version 1 {sys.version}\n", output)


if __name__ == "__main__":
    unittest.main()
