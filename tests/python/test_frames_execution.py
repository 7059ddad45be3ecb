"""exec(), eval(), imports, runpy and Context.run()."""

import builtins
import contextlib
import contextvars
import importlib
import importlib.abc
import importlib.util
import itertools
import os
import runpy
import sys
import tempfile
import types
import unittest
from pathlib import Path

import stackless
from stackless import schedule
from support import StacklessTestCase
from support_frames import ComparedTestCase, RowsTestCase, assert_recurses

numbers = itertools.count()
actions = {}


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules named as the keys of `actions`, which do that when they are loaded."""

    def find_spec(self, name, path, target=None):
        if name in actions:
            is_package = any(other.startswith(name + ".") for other in actions)
            return importlib.util.spec_from_loader(name, self, is_package=is_package)
        return None

    def exec_module(self, module):
        exec("action()", {"action": actions[module.__name__]})


def remove_finder():
    """Any is as good as the other: a copy of a tasklet has another one than its original, or none is left for it."""
    finders = [finder for finder in sys.meta_path if isinstance(finder, Finder)]
    if finders:
        sys.meta_path.remove(finders[0])


@contextlib.contextmanager
def module_that(action, submodule=None):
    """The name of a module that can be imported, and does `action`."""
    name = f"module_of_test_frames_{next(numbers)}"
    sys.meta_path.insert(0, Finder())
    actions[name] = action
    if submodule is not None:
        actions[f"{name}.submodule"] = submodule
    try:
        yield name
    finally:
        remove_finder()
        for known in (name, f"{name}.submodule"):
            sys.modules.pop(known, None)
            actions.pop(known, None)


@contextlib.contextmanager
def file_with(source):
    """The path of a Python file."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, f"file_of_test_frames_{next(numbers)}.py")
        Path(path).write_text(source)
        yield path


# What the modules in files call.
current = {}


def file_that(action):
    key = next(numbers)
    current[key] = action
    return file_with(f"import test_frames_execution\ntest_frames_execution.current[{key}]()\n")


sys.modules.setdefault("test_frames_execution", sys.modules[__name__])


def by_import(action):
    with module_that(action) as name:
        exec(f"import {name}")


def by_import_of_file(action):
    with file_that(action) as path:
        directory, file = os.path.split(path)
        sys.path.insert(0, directory)
        try:
            importlib.invalidate_caches()
            __import__(file[:-3])
        finally:
            # The original of a copied tasklet may have removed it.
            with contextlib.suppress(ValueError):
                sys.path.remove(directory)


def by_from_import(action):
    with module_that(action) as name:
        exec(f"from {name} import __name__")


def by_import_of_submodule(action):
    with module_that(int, action) as name:
        exec(f"import {name}.submodule")


def by_from_import_submodule(action):
    with module_that(int, action) as name:
        exec(f"from {name} import submodule")


def by_relative_import(action):
    with module_that(int, action) as name:
        exec("from . import submodule", {"__package__": name, "__name__": f"{name}.other"})
        sys.modules.pop(f"{name}.submodule")
        exec("from .submodule import __name__", {"__package__": name})


def by_dunder_import(action):
    with module_that(action) as name:
        __import__(name)


def by_dunder_import_with_keywords(action):
    with module_that(int, action) as name:
        __import__(name, fromlist=["submodule"], level=0)


def by_import_module(action):
    with module_that(action) as name:
        importlib.import_module(name)


def by_reload(action):
    with module_that(int) as name:
        module = importlib.import_module(name)
        actions[name] = action
        importlib.reload(module)


def by_find_spec(action):
    class Finding:
        @staticmethod
        def find_spec(name, path, target=None):
            if name.startswith("nowhere"):
                action()

    sys.meta_path.insert(0, Finding)
    try:
        with contextlib.suppress(ImportError):
            exec("import nowhere")
    finally:
        # A copy of a tasklet has a copy of the class.
        sys.meta_path[:] = [each for each in sys.meta_path if getattr(each, "__name__", "") != "Finding"]


def by_replaced_import(action):
    def replacement(*args):
        action()
        return original(*args)

    original = builtins.__import__
    exec("import sys", {"__builtins__": {"__import__": replacement}})


def by_run_path(action):
    with file_that(action) as path:
        runpy.run_path(path)


def by_run_module(action):
    with file_that(action) as path:
        directory, file = os.path.split(path)
        sys.path.insert(0, directory)
        try:
            importlib.invalidate_caches()
            runpy.run_module(file[:-3])
        finally:
            with contextlib.suppress(ValueError):
                sys.path.remove(directory)


def by_exec_with_closure(action):
    def function():
        action()

    exec(function.__code__, {}, closure=function.__closure__)


def by_exec_in_mapping(action):
    class Namespace:
        def __getitem__(self, name):
            raise KeyError(name)

    exec("action()", {"action": action}, Namespace())


def by_from_import_with_getattr(action):
    module = types.ModuleType("module_with_getattr")
    module.__getattr__ = lambda name: action()
    sys.modules[module.__name__] = module
    try:
        from module_with_getattr import computed
    finally:
        sys.modules.pop(module.__name__, None)
    return computed


ROWS = {
    "exec of a string": lambda action: exec("action()"),
    "exec of a string with globals": lambda action: exec("action()", {"action": action}),
    "exec of code": lambda action: exec(compile("action()", "file", "exec"), {"action": action}),
    "exec of code in a mapping": by_exec_in_mapping,
    "exec with a closure": by_exec_with_closure,
    "exec(*args)": lambda action: exec(*("action()", {"action": action})),
    "eval of a string": lambda action: eval(" action()"),
    "eval of code": lambda action: eval(compile("action()", "file", "eval"), {"action": action}),
    "import": by_import,
    "import of a file": by_import_of_file,
    "from module import": by_from_import,
    "from module import, of a module with __getattr__": by_from_import_with_getattr,
    "import of a submodule": by_import_of_submodule,
    "from package import submodule": by_from_import_submodule,
    "a relative import": by_relative_import,
    "__import__": by_dunder_import,
    "__import__ with keywords": by_dunder_import_with_keywords,
    "importlib.import_module": by_import_module,
    "importlib.reload": by_reload,
    "a finder in sys.meta_path": by_find_spec,
    "import by another builtins.__import__": by_replaced_import,
    "runpy.run_path": by_run_path,
    "runpy.run_module": by_run_module,
    "contextvars.Context.run": lambda action: contextvars.copy_context().run(lambda: action()),
    "contextvars.Context.run with arguments": lambda action: contextvars.copy_context().run(
        lambda value, key: action(), 1, key=2
    ),
    "contextvars.Context.run(*args)": lambda action: contextvars.copy_context().run(
        *(lambda value: action(), 1)
    ),
}

HARD_ROWS = {
    "sys.settrace functions, and atexit callbacks": (
        "CPython's tracing calls them from C, in the middle of an instruction; atexit's run when the interpreter ends"
    ),
    "destructors: __del__, weakref callbacks, what a dropped generator does, hooks for asynchronous ones": (
        "any C code that drops a reference calls them, and cannot wait"
    ),
    "C code of modules: pickle's __reduce__() and __getstate__(), warnings.warn() that calls showwarning(), ctypes "
    "callbacks, handlers of expat and sqlite3": (
        "the loop knows nothing of it"
    ),
}


class RowsTest(RowsTestCase, StacklessTestCase):
    rows = ROWS


class ContextTest(StacklessTestCase):
    def test_switches_inside(self):
        variable = contextvars.ContextVar("variable", default="unset")

        def inside(value):
            variable.set(value)
            schedule()
            self.log.append(variable.get())

        def work(value):
            context = contextvars.copy_context()
            for _ in range(20):
                context.run(inside, value)
            self.log.append((variable.get(), context[variable]))

        for value in "ab":
            self.start(work, value)
        stackless.run()
        self.assertEqual(
            self.log, ["a", "b"] * 19 + ["a", ("unset", "a"), "b", ("unset", "b")]
        )

    def test_entered_only_once(self):
        context = contextvars.copy_context()

        def enter_again():
            with self.assertRaisesRegex(RuntimeError, "is already entered"):
                context.run(lambda: None)
            schedule()

        def fail():
            raise KeyError("reason")

        self.start(context.run, enter_again)
        stackless.schedule()
        with self.assertRaisesRegex(RuntimeError, "is already entered"):
            context.run(lambda: None)
        stackless.run()
        with self.assertRaises(KeyError):
            context.run(fail)
        self.assertIsNone(context.run(lambda: None))

    def test_left_when_killed(self):
        context = contextvars.copy_context()
        waiting = self.pause(context.run, stackless.schedule_remove)
        waiting.kill()
        self.assertIsNone(context.run(lambda: None))


class ImportTest(StacklessTestCase):
    def test_switch_in_a_module(self):
        def act():
            self.log.append("begins")
            schedule()
            self.log.append("ends")

        with module_that(act) as name:
            self.start(importlib.import_module, name)
            self.start(lambda: self.log.append("other"))
            stackless.run()
            self.assertIn(name, sys.modules)
        self.assertEqual(self.log, ["begins", "other", "ends"])


class ComparisonTest(ComparedTestCase):
    def test_execution(self):
        self.compare(
            """
import sys
x = "global"
def free():
    y = 1
    def inner(): return y
    return inner
class Mapping:
    def __getitem__(self, key):
        if key == "x": return "mapped"
        raise KeyError(key)
class Dict(dict):
    def __missing__(self, key): return key * 2
def scenario_default(): y = 1; exec("z = y + 1; print(x, y, z)"); return sorted(locals())
def scenario_eval_default(): y = 1; return eval("x, y")
def scenario_locals(): d = {}; exec("a = x", None, d); return d
def scenario_globals(): d = {"x": 2}; exec("a = x", d); return sorted(d), d["a"]
def scenario_globals_none(): return eval("x", None, {"x": 5})
def scenario_mapping(): return eval("x", {}, Mapping())
def scenario_mapping_missing(): return eval("y", {}, Mapping())
def scenario_missing(): return eval("y", {}, Dict())
def scenario_globals_subclass(): return eval("y", Dict(y=1))
def scenario_bad_globals(): return exec("", 5)
def scenario_bad_locals(): return exec("", {}, 5)
def scenario_bad_source(): return exec(5)
def scenario_bad_eval_globals(): return eval("1", 5)
def scenario_mapping_eval_globals(): return eval("1", Mapping())
def scenario_bad_eval_locals(): return eval("1", {}, 5)
def scenario_bad_eval_source(): return eval(None)
def scenario_syntax(): return exec("a b")
def scenario_eval_syntax(): return eval("a = 1")
def scenario_null(): return eval("1\\0")
def scenario_bytes(): return eval(b" \\t1 + 1"), eval(bytearray(b"2")), eval(memoryview(b"3"))
def scenario_coding(): return eval(b"# coding: latin-1\\n'\\xe4'")
def scenario_string_coding(): return eval("# coding: latin-1\\n'\\xe4'")
def scenario_raises(): return exec("def f():\\n    1 / 0\\nf()")
def scenario_eval_raises(): return eval("1 / 0")
def scenario_code_raises(): return exec(compile("\\n\\n1 / 0", "file", "exec"))
def scenario_free(): return exec(free().__code__)
def scenario_eval_free(): return eval(free().__code__)
def scenario_closure(): return exec(free().__code__, closure=free().__closure__)
def scenario_closure_bad(): return exec(free().__code__, closure=(1,))
def scenario_closure_list(): return exec(free().__code__, closure=list(free().__closure__))
def scenario_closure_unwanted(): return exec(compile("1", "f", "exec"), closure=())
def scenario_closure_string(): return exec("1", closure=())
def scenario_closure_none(): return exec("1", closure=None)
def scenario_function(): return eval(scenario_default.__code__), exec((lambda: 1).__code__)
def scenario_arguments(): return exec((lambda a: 1).__code__)
def scenario_generator(): return list(eval((lambda: (yield 5)).__code__))
def scenario_keyword(): return exec(source="1")
def scenario_globals_keyword(): return exec("1", globals={})
def scenario_eval_keyword(): return eval("1", locals={})
def scenario_none(): return exec()
def scenario_many(): return eval(1, 2, 3, 4)
def scenario_builtins(): return eval("len", {"__builtins__": {"len": 3}}), eval("nope", {"__builtins__": {}})
def scenario_no_import(): exec("import sys", {"__builtins__": {}})
def scenario_bad_builtins(): return eval("len", {"__builtins__": 5})
def scenario_module_builtins(): return eval("len is __builtins__.len", {"__builtins__": __builtins__})
def scenario_nested(): return eval("eval('eval(\\"x\\")')")
def scenario_class():
    class C:
        exec("y = 1")
        z = eval("y")
    return C.y, C.z
def scenario_comprehension(): return [eval("i") for i in range(3)]
def scenario_frames(): return eval("[sys._getframe(i).f_code.co_name for i in range(3)]")
def scenario_locals_frames(): exec("print(sorted(locals()))", {"a": 1})
def scenario_map(): return list(map(eval, ["1", "x"]))
def scenario_star(): return eval(*["y"], **{}) if 0 else eval(*["x"])
def scenario_future():
    return eval("lambda x: y", {}).__annotations__, compile("1", "f", "eval").co_flags
def scenario_handled():
    try:
        1 / 0
    except ZeroDivisionError:
        exec("raise KeyError(1)")
"""
        )

    def test_future_is_inherited(self):
        self.compare(
            """
from __future__ import annotations
def scenario_annotations():
    d = {}
    exec("def f(a: b): pass", d)
    return d["f"].__annotations__
"""
        )

    def test_audit(self):
        self.compare(
            """
import sys
log = []
active = False
def hook(event, args):
    if active and event in ("exec", "compile", "import"):
        log.append((event, str(args[0])[:20], args[1:2]))
sys.addaudithook(hook)
def audited(action):
    global active
    log.clear()
    active = True
    try:
        action()
    finally:
        active = False
    return [(e, "code" if n.startswith("<code") else n, a) for e, n, a in log]
def scenario_exec(): return audited(lambda: exec("x = 1", {}))
def scenario_eval(): return audited(lambda: eval("1", {}))
def scenario_code():
    code = compile("1", "f", "exec")
    return audited(lambda: exec(code))
def scenario_import():
    sys.modules.pop("this_is", None)
    def action():
        try:
            import this_is
        except ImportError:
            pass
    return audited(action)
def scenario_import_again(): return audited(lambda: exec("import sys"))
"""
        )

    def test_imports(self):
        self.compare(
            """
import sys, os, importlib, warnings
files = {
    "good": "value = 1",
    "fails": "def f():\\n    1 / 0\\nf()\\n",
    "syntax": "a b",
    "inner": "import fails",
    "missing_inner": "import not_there",
    "pack/__init__": "from . import sub\\nfrom .sub import value as v",
    "pack/sub": "value = 2\\nfrom .. import good" if 0 else "value = 2",
    "pack/bad": "from ... import x",
    "pack/sibling": "from .sub import value\\nfrom . import sub as s, missing",
    "pack/deep/__init__": "",
    "pack/deep/module": "from ..sub import value\\nfrom .. import sub\\nimport pack.deep.module as me",
    "circular_a": "import circular_b\\nx = 1",
    "circular_b": "from circular_a import x",
    "gone": "import sys\\ndel sys.modules[__name__]",
    "replaced": "import sys, good\\nsys.modules[__name__] = 5",
    "lazy": "def __getattr__(name):\\n    if name == 'x': return 7\\n    raise AttributeError(name)",
    "framed": "import sys\\nnames = []\\nf = sys._getframe()\\nwhile f: names.append(f.f_code.co_name); f = f.f_back",
}
for name, text in files.items():
    os.makedirs(os.path.dirname(name + ".py") or ".", exist_ok=True)
    with open(name + ".py", "w") as file:
        file.write(text)
def fresh():
    for name in [n for n in sys.modules if n.partition("/")[0].partition(".")[0] in {f.partition("/")[0] for f in files}]:
        del sys.modules[name]
def fresh_run(source, **names):
    fresh()
    namespace = {"__name__": "program", **names}
    exec(source, namespace)
    namespace.pop("__builtins__")
    return sorted(namespace, key=str)
def scenario_good(): return fresh_run("import good"), fresh_run("from good import value"), fresh_run("from good import *")
def scenario_function():
    fresh()
    import good
    from good import value
    import pack.deep.module
    import pack.deep.module as m
    from pack.deep import module
    return value, pack.__name__, m.__name__, module is m, pack.v
def scenario_fails():
    fresh()
    import fails
def scenario_inner():
    fresh()
    import inner
def scenario_syntax():
    fresh()
    import syntax
def scenario_missing():
    import not_there
def scenario_missing_sub():
    import pack.not_there
def scenario_missing_in_module():
    import good.not_there
def scenario_missing_name():
    from good import not_there
def scenario_missing_in_package():
    from pack import not_there
def scenario_missing_inner():
    fresh()
    import missing_inner
def scenario_bad_relative():
    fresh()
    import pack.bad
def scenario_sibling():
    fresh()
    import pack.sibling
def scenario_circular():
    fresh()
    import circular_a
def scenario_gone():
    fresh()
    import gone
def scenario_replaced():
    fresh()
    import replaced
    return replaced
def scenario_lazy():
    fresh()
    from lazy import x
    return x
def scenario_lazy_missing():
    fresh()
    from lazy import y
def scenario_none():
    sys.modules["halted"] = None
    import halted
def scenario_relative_without_package(): return fresh_run("from . import x")
def scenario_relative_main(): return fresh_run("from . import x", __package__="")
def scenario_relative_bad_package(): return fresh_run("from . import x", __package__=5)
def scenario_relative_missing_package(): return fresh_run("from . import x", __package__="nowhere")
def scenario_relative_by_name():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = fresh_run("import pack\\nfrom . import sub\\nfrom .sub import value", __name__="pack.x")
    return result, [str(w.message) for w in caught]
def scenario_spec_differs():
    fresh()
    import good
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = fresh_run("from .deep import module", __package__="pack", __spec__=good.__spec__)
    return result, [str(w.message) for w in caught]
def scenario_dunder(): fresh(); return __import__("pack.sub").__name__, __import__("pack.sub", fromlist=("x",)).__name__
def scenario_dunder_keywords(): fresh(); return __import__(name="pack.deep", fromlist=["module"]).module.__name__
def scenario_dunder_relative(): fresh(); return __import__("deep.module", {"__package__": "pack", "__name__": "pack"}, None, (), 1).__name__
def scenario_dunder_relative_missing(): fresh(); return __import__("nope.module", {"__package__": "pack", "__name__": "pack"}, None, (), 1).__name__
def scenario_dunder_empty(): return __import__("")
def scenario_dunder_bad(): return __import__(5)
def scenario_dunder_negative(): return __import__("good", level=-1)
def scenario_dunder_star(): fresh(); return __import__("pack", None, None, ["*"], 0).__name__
def scenario_dunder_bad_fromlist(): fresh(); return __import__("pack", fromlist=[5])
def scenario_dunder_globals(): return __import__("nope", 5, 6, (), 1)
def scenario_import_module(): fresh(); return importlib.import_module(".sub", "pack").__name__
def scenario_import_module_missing(): return importlib.import_module(".nope", "pack").__name__
def scenario_framed():
    fresh()
    import framed
    return framed.names[: framed.names.index("main")]
def scenario_dots():
    import nothing.at.all
def scenario_handled():
    fresh()
    try:
        1 / 0
    except ZeroDivisionError:
        import fails
def scenario_meta_path():
    class Finder:
        def find_spec(*args): raise ValueError("finder")
    sys.meta_path.insert(0, Finder)
    try:
        import anything
    finally:
        sys.meta_path.remove(Finder)
def scenario_import_error():
    class Finder:
        def find_spec(*args): raise ImportError("finder")
    sys.meta_path.insert(0, Finder)
    try:
        import anything
    finally:
        sys.meta_path.remove(Finder)
def scenario_replaced_import():
    def replacement(name, globals, locals, fromlist, level): raise ValueError((name, locals, fromlist, level))
    exec("from .. import x", {"__builtins__": {"__import__": replacement}})
def scenario_replaced_import_result():
    d = {"__builtins__": {"__import__": lambda *args: args[3:]}}
    exec("import x as y", d)
    return d["y"]
def scenario_uncallable_import(): exec("import x", {"__builtins__": {"__import__": 5}})
"""
        )

    def test_context(self):
        self.compare(
            """
import contextvars
v = contextvars.ContextVar("v", default=0)
c = contextvars.copy_context()
def fail(): raise ValueError("fail")
def add(): v.set(v.get() + 1); return v.get()
def scenario_run(): return c.run(add), v.get()
def scenario_fails(): return c.run(fail)
def scenario_keywords(): return c.run(lambda *a, **k: (a, k), 1, context=2, callable=3)
def scenario_again(): return c.run(c.run, add)
def scenario_nested(): return c.run(contextvars.Context().run, add)
def scenario_none(): return c.run()
def scenario_keyword_only(): return c.run(callable=1)
def scenario_bad(): return c.run(5)
def scenario_unbound(): return contextvars.Context.run(5, add)
def scenario_builtin(): return c.run(len, "abc")
def scenario_left():
    try:
        c.run(fail)
    except ValueError:
        return c.run(v.get)
def scenario_star(): return c.run(*(add,)), c.run(*(lambda x: x, 1))
"""
        )


class RecursionTest(unittest.TestCase):
    def test_eval(self):
        assert_recurses(
            self,
            "def f(n): return n and eval(code)\n"
            "code = compile('f(n - 1)', 'file', 'eval')\n"
            "f(30_000)\nprint('done')",
        )

    def test_exec(self):
        assert_recurses(
            self,
            "code = compile('n -= 1\\nif n: exec(code)', 'file', 'exec')\n"
            "n = 30_000\nexec(code)\nprint('done')",
        )

    def test_context_run(self):
        assert_recurses(
            self,
            "import contextvars\n"
            "def f(n): n and contextvars.Context().run(f, n - 1)\n"
            "f(30_000)\nprint('done')",
        )


if __name__ == "__main__":
    unittest.main()
