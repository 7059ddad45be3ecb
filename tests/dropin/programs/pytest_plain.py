"""pytest: fixtures, parameters, marks, captured output, rewritten assertions."""

from results import run_python, show, show_pytest, write

write(
    "test_sample.py",
    """
    import os, sys, warnings
    import pytest

    @pytest.fixture(params=[1, 2, 3])
    def number(request):
        yield request.param

    @pytest.fixture
    def chain(number, tmp_path, monkeypatch):
        monkeypatch.setenv("SAMPLE", str(number))
        return tmp_path / str(number)

    def test_fixture(chain):
        chain.write_text(os.environ["SAMPLE"])
        assert chain.read_text() in "123"

    @pytest.mark.parametrize("left, right", [(a, b) for a in range(20) for b in range(20)])
    def test_product(left, right):
        assert left * right == right * left

    def test_raises():
        with pytest.raises(ZeroDivisionError, match="division"):
            1 / 0

    def test_warns():
        with pytest.warns(DeprecationWarning):
            warnings.warn("old", DeprecationWarning)

    def test_captured(capsys):
        print("text")
        assert capsys.readouterr().out == "text\\n"

    @pytest.mark.xfail
    def test_expected_failure():
        assert 0

    @pytest.mark.skip
    def test_skipped():
        pass

    def test_message():
        values = {"key": [1, 2, 3]}
        assert values == {"key": [1, 2, 4]}

    class TestClass:
        @classmethod
        def setup_class(cls):
            cls.count = 0

        def test_setup(self):
            assert self.count == 0

        def test_failure(self):
            def inner(value):
                raise ValueError(value)
            inner("seen in the traceback")
    """,
)
show_pytest("test_sample.py")
output = run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_sample.py", "--color=no")
show(
    "report",
    "".join(line for line in output.splitlines(True) if " in " not in line or "==" not in line).split(" in ")[0],
)
