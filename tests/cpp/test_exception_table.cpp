// Finding the handler of an exception in tables of all sizes.
#include <gtest/gtest.h>

#include "python_code.hpp"

namespace stackless::test {

namespace {

TEST(ExceptionTable, FindsOneHandlerOfMany) {
    EXPECT_TRUE(run(R"py(
statement = """
    try:
        if n == {0}:
            raise KeyError
    except KeyError:
        return {0}
"""

for count in 1, 2, 3, 4, 5, 10, 100, 1000:
    names = {}
    exec("def f(n):" + "".join(statement.format(i) for i in range(count)), names)
    assert [names["f"](n) for n in range(-1, count)] == [None, *range(count)]
)py"));
}

TEST(ExceptionTable, FindsTheInnermostHandler) {
    EXPECT_TRUE(run(R"py(
def f(error):
    try:
        try:
            try:
                raise error
            except KeyError:
                return 1
        except IndexError:
            return 2
        finally:
            order.append("finally")
    except Exception:
        return 3

order = []
assert [f(KeyError()), f(IndexError()), f(OSError())] == [1, 2, 3]
assert order == ["finally"] * 3
)py"));
}

TEST(ExceptionTable, LeavesTheStackAsTheHandlerNeedsIt) {
    EXPECT_TRUE(run(R"py(
def fails():
    raise ValueError

def f():
    found = []
    for i in range(3):
        for j in [1, 2]:
            try:
                found += [i, (j, "x", fails(), i)]
            except ValueError:
                found.append((i, j))
    return found

assert f() == [(i, j) for i in range(3) for j in (1, 2)]
)py"));
}

}  // namespace

}  // namespace stackless::test
