// The map of the value stack, and what frames can be suspended where.
#include "pickle/stack_map.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cpython/call_sites.hpp"
#include "cpython/ref.hpp"
#include "eval/hidden_functions.hpp"
#include "python_code.hpp"

namespace stackless::test {

namespace {

using pickle::fits;
using pickle::Instruction;
using pickle::join;
using pickle::Kind;
using pickle::Slot;
using pickle::StackMap;

/// Calls `look` for a code object and those among its constants.
template <class Look>
void for_each_code(PyObject* object, const Look& look) {
    auto* code = reinterpret_cast<PyCodeObject*>(object);
    look(code);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject* constant = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(constant)) {
            for_each_code(constant, look);
        }
    }
}

void check_consistent(PyCodeObject* code) {
    const StackMap map(code);
    const std::string name = std::string(PyUnicode_AsUTF8(code->co_filename)) + " " +
                             PyUnicode_AsUTF8(code->co_qualname);
    Instruction found;
    ASSERT_TRUE(map.find_beginning(0, &found)) << name;
    int reached = 0;
    for (int i = 0; i < Py_SIZE(code); i++) {
        if (!map.find_beginning(i, &found))
            continue;
        reached++;
        EXPECT_EQ(static_cast<int>(found.before.size()), stack_depth_before(code, i)) << name << i;
        EXPECT_LE(static_cast<int>(found.before.size()), code->co_stacksize) << name << i;
        Instruction same;
        EXPECT_TRUE(map.find_ending(found.last(), &same)) << name << i;
        EXPECT_EQ(same.first, i) << name;
    }
    EXPECT_GT(reached, 0);
}

/// The code of a function `f`.
Ref compile(const char* source) {
    const Ref names = run(source);
    PyObject* function = variable(names, "f");
    return Ref::borrow(reinterpret_cast<PyFunctionObject*>(function)->func_code);
}

PyCodeObject* as_code(const Ref& code) {
    return reinterpret_cast<PyCodeObject*>(code.get());
}

/// What is on the stack before the first instruction with that opcode.
std::vector<Slot> before(const Ref& code, int opcode) {
    const StackMap map(as_code(code));
    Instruction found;
    for (int i = 0; i < Py_SIZE(code.get()); i++) {
        if (map.find_beginning(i, &found) && found.opcode == opcode)
            return {found.before.begin(), found.before.end()};
    }
    ADD_FAILURE() << "no instruction with opcode " << opcode;
    return {};
}

using Slots = std::vector<Slot>;

}  // namespace

TEST(StackMap, Calls) {
    const Ref code = compile("def f(a):\n    return g(a, b.c(1, x='y'))\n");
    EXPECT_EQ(before(code, LOAD_METHOD),
              (Slots{{Kind::null}, {Kind::object}, {Kind::object}, {Kind::object}}));
    EXPECT_EQ(before(code, KW_NAMES), (Slots{{Kind::null},
                                             {Kind::object},
                                             {Kind::object},
                                             {Kind::maybe},
                                             {Kind::object},
                                             {Kind::object},
                                             {Kind::str}}));
    const StackMap map(as_code(code));
    Instruction found;
    int with_keywords = 0;
    for (int i = 0; i < Py_SIZE(code.get()); i++) {
        if (map.find_beginning(i, &found) && found.has_keywords) {
            with_keywords++;
            EXPECT_TRUE(found.opcode == PRECALL || found.opcode == CALL);
        }
    }
    EXPECT_EQ(with_keywords, 2);
}

TEST(StackMap, Containers) {
    EXPECT_EQ(before(compile("def f(a):\n    return [*a]\n"), LIST_EXTEND),
              (Slots{{Kind::list}, {Kind::object}}));
    EXPECT_EQ(before(compile("def f(a):\n    return {*a}\n"), SET_UPDATE),
              (Slots{{Kind::set}, {Kind::object}}));
    EXPECT_EQ(before(compile("def f(a):\n    return {**a}\n"), DICT_UPDATE),
              (Slots{{Kind::dict}, {Kind::object}}));
    EXPECT_EQ(before(compile("def f(a):\n    return g(*a, b, **a)\n"), CALL_FUNCTION_EX),
              (Slots{{Kind::null}, {Kind::object}, {Kind::tuple, -1}, {Kind::dict}}));
}

TEST(StackMap, Functions) {
    const Ref code = compile(
        "def f(a):\n"
        "    def g(b: int = 1, *, c: str = 2):\n"
        "        return a\n");
    EXPECT_EQ(
        before(code, MAKE_FUNCTION),
        (Slots{
            {Kind::tuple, 1}, {Kind::dict}, {Kind::tuple, 4}, {Kind::cells, 1}, {Kind::code, 1}}));
}

TEST(StackMap, Exceptions) {
    const Ref code = compile(
        "def f(a):\n"
        "    with a:\n"
        "        try:\n"
        "            a()\n"
        "        except* ValueError:\n"
        "            pass\n");
    EXPECT_EQ(before(code, WITH_EXCEPT_START),
              (Slots{{Kind::object}, {Kind::place}, {Kind::handled}, {Kind::exception}}));
    EXPECT_EQ(before(code, PREP_RERAISE_STAR),
              (Slots{{Kind::object}, {Kind::handled}, {Kind::exception}, {Kind::list}}));
}

TEST(StackMap, Generators) {
    const Ref code = compile("def f(a):\n    x = yield from a\n");
    EXPECT_EQ(before(code, RETURN_GENERATOR), Slots{});
    EXPECT_EQ(before(code, POP_TOP), Slots{{Kind::object}});
    EXPECT_EQ(before(code, SEND), (Slots{{Kind::object}, {Kind::object}}));
    EXPECT_EQ(before(code, YIELD_VALUE), (Slots{{Kind::object}, {Kind::object}}));
    EXPECT_EQ(before(code, STORE_FAST), Slots{{Kind::object}});
}

TEST(StackMap, ExtendedArguments) {
    const Ref code =
        compile("exec('def f(a):\\n    while a:\\n' + '        a.b = a.c\\n' * 500)\n");
    const StackMap map(as_code(code));
    Instruction found;
    int extended = 0;
    for (int i = 0; i < Py_SIZE(code.get()); i++) {
        if (map.find_beginning(i, &found) && found.first != found.index) {
            extended++;
            EXPECT_EQ(found.argument,
                      full_argument(as_code(code), _PyCode_CODE(as_code(code)) + found.index));
            Instruction none;
            EXPECT_FALSE(map.find_beginning(found.index, &none));
        }
    }
    EXPECT_GT(extended, 0);
}

TEST(StackMap, Joins) {
    EXPECT_EQ(join({Kind::null}, {Kind::object}), Slot{Kind::maybe});
    EXPECT_EQ(join({Kind::tuple, 1}, {Kind::tuple, 2}), (Slot{Kind::tuple, -1}));
    EXPECT_EQ(join({Kind::cells, 1}, {Kind::tuple, 1}), (Slot{Kind::tuple, 1}));
    EXPECT_EQ(join({Kind::exception}, {Kind::handled}), Slot{Kind::handled});
    EXPECT_EQ(join({Kind::list}, {Kind::dict}), Slot{Kind::object});
}

TEST(StackMap, Values) {
    const Ref names =
        run("def f():\n    pass\n"
            "empty, one, big, error, text = (), (1,), 1 << 80, ValueError(), 'a'\n"
            "class Derived(list):\n    pass\nderived = Derived()\n");
    const auto* code = reinterpret_cast<PyCodeObject*>(
        reinterpret_cast<PyFunctionObject*>(variable(names, "f"))->func_code);
    const auto fit = [&](Slot slot, const char* name) {
        return fits(slot, variable(names, name), code);
    };
    EXPECT_TRUE(fits({Kind::null}, nullptr, code));
    EXPECT_TRUE(fits({Kind::maybe}, nullptr, code));
    EXPECT_FALSE(fits({Kind::object}, nullptr, code));
    EXPECT_FALSE(fit({Kind::null}, "one"));
    EXPECT_TRUE(fit({Kind::tuple, 1}, "one"));
    EXPECT_TRUE(fit({Kind::tuple}, "one"));
    EXPECT_FALSE(fit({Kind::tuple, 1}, "empty"));
    EXPECT_FALSE(fit({Kind::cells, 1}, "one"));
    EXPECT_FALSE(fit({Kind::list}, "derived"));
    EXPECT_FALSE(fit({Kind::place}, "big"));
    EXPECT_FALSE(fit({Kind::place}, "text"));
    EXPECT_TRUE(fit({Kind::exception}, "error"));
    EXPECT_FALSE(fit({Kind::handled}, "text"));
    EXPECT_TRUE(fits({Kind::handled}, Py_None, code));
    EXPECT_TRUE(fit({Kind::str}, "text"));
}

// The analysis of call_sites.cpp, which goes by CPython's own table of effects, comes to the same depths.
TEST(StackMap, StandardLibrary) {
    const Ref names = run(R"py(
import os
lib = os.path.dirname(os.__file__)
codes = []
for directory in "", "asyncio", "unittest", "importlib", "collections":
    for entry in sorted(os.scandir(os.path.join(lib, directory)), key=lambda entry: entry.name):
        if entry.name.endswith(".py"):
            with open(entry.path, "rb") as file:
                codes.append(compile(file.read(), entry.path, "exec"))
)py");
    PyObject* codes = variable(names, "codes");
    ASSERT_GT(PyList_GET_SIZE(codes), 150);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(codes); i++) {
        for_each_code(PyList_GET_ITEM(codes, i), check_consistent);
    }
}

// That of hidden functions has instructions of our own.
TEST(StackMap, HiddenFunctions) {
    PyThreadState* ts = PyThreadState_Get();
    for (size_t i = 0; i < std::size(eval::frozen_functions); i++) {
        PyFunctionObject* function = eval::hidden_function(ts, static_cast<eval::Hidden>(i));
        ASSERT_NE(function, nullptr);
        auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
        const StackMap map(code);
        Instruction found;
        EXPECT_TRUE(map.find_beginning(0, &found)) << eval::frozen_functions[i].name;
    }
}

}  // namespace stackless::test
