// Objects of Python in C++.
#include <gtest/gtest.h>

#include <stackless/stackless.hpp>

using stackless::Error;
using stackless::Value;

namespace {

class Values : public testing::Test {
protected:
    stackless::Runtime runtime;

    template <class T>
    T through_python(const T& value) {
        return runtime.eval("lambda x: x")(value).template as<T>();
    }
    /// The type of the exception that something throws.
    template <class F>
    static std::string error_of(F call) {
        try {
            call();
        } catch (const Error& error) {
            return error.type();
        }
        return "none";
    }
};

TEST_F(Values, PassUnchangedThroughPython) {
    EXPECT_EQ(through_python(true), true);
    EXPECT_EQ(through_python(-5), -5);
    EXPECT_EQ(through_python(std::numeric_limits<int64_t>::min()),
              std::numeric_limits<int64_t>::min());
    EXPECT_EQ(through_python(std::numeric_limits<uint64_t>::max()),
              std::numeric_limits<uint64_t>::max());
    EXPECT_EQ(through_python(1.5), 1.5);
    EXPECT_EQ(through_python(std::string("Grüße\0!", 9)), std::string("Grüße\0!", 9));
    EXPECT_EQ(through_python(std::vector<int>{1, 2, 3}), (std::vector<int>{1, 2, 3}));
    using Row = std::tuple<std::string, double, bool>;
    EXPECT_EQ(through_python(Row("x", 2.0, false)), Row("x", 2.0, false));
    using Table = std::map<std::string, std::vector<int>>;
    EXPECT_EQ(through_python(Table{{"a", {1}}, {"b", {}}}), (Table{{"a", {1}}, {"b", {}}}));
    EXPECT_EQ(through_python(std::optional<int>()), std::nullopt);
    EXPECT_EQ(through_python(std::optional<int>(3)), 3);
    EXPECT_EQ(through_python(stackless::Bytes{std::string("\0\xff", 2)}).data,
              std::string("\0\xff", 2));
}

TEST_F(Values, AreWhatPythonExpects) {
    EXPECT_EQ(Value(std::vector<int>{1, 2}).repr(), "[1, 2]");
    EXPECT_EQ(Value(std::pair(1, "a")).repr(), "(1, 'a')");
    EXPECT_EQ(Value(stackless::Bytes{"ab"}).repr(), "b'ab'");
    EXPECT_EQ(Value(nullptr).repr(), "None");
    EXPECT_EQ(Value(3.0f).repr(), "3.0");
}

TEST_F(Values, OfTheWrongTypeAreRefused) {
    EXPECT_EQ(error_of([] { Value("text").as<int>(); }), "TypeError");
    EXPECT_EQ(error_of([] { Value(1.5).as<int>(); }), "TypeError");
    EXPECT_EQ(error_of([] { Value(1).as<std::string>(); }), "TypeError");
    EXPECT_EQ(error_of([] { Value("x").as<double>(); }), "TypeError");
    EXPECT_EQ(error_of([] { Value(300).as<uint8_t>(); }), "OverflowError");
    EXPECT_EQ(error_of([] { Value(-1).as<unsigned>(); }), "OverflowError");
    EXPECT_EQ((error_of([] { Value(std::tuple(1, 2, 3)).as<std::pair<int, int>>(); })),
              "ValueError");
    EXPECT_EQ(error_of([] { stackless::Tasklet tasklet{Value(1)}; }), "TypeError");
    EXPECT_EQ(error_of([] { stackless::Channel<int> channel{Value(1)}; }), "TypeError");
}

TEST_F(Values, HaveAttributesItemsAndCalls) {
    runtime.exec("class Door:\n  def __init__(self, name): self.name = name\n");
    const Value door = runtime.eval("Door")("red");
    EXPECT_EQ(door.attr("name").as<std::string>(), "red");
    door.set_attr("open", true);
    EXPECT_TRUE(door.attr("open").is_true());
    EXPECT_EQ(door.type_name(), "Door");
    const Value table = runtime.eval("{}");
    table.set_item("doors", std::vector<Value>{door});
    EXPECT_TRUE(table.item("doors").item(0).is(door));
    EXPECT_EQ(table.size(), 1u);
    EXPECT_TRUE(Value(1).equals(1.0));
    EXPECT_EQ(runtime.eval("sorted")
                  .call(Value::tuple(std::vector<int>{1, 3, 2}), runtime.eval("{'reverse': True}"))
                  .repr(),
              "[3, 2, 1]");
    EXPECT_EQ(error_of([&] { door.attr("colour"); }), "AttributeError");
    EXPECT_EQ(error_of([&] { table.item("windows"); }), "KeyError");
}

TEST_F(Values, OwnTheirReferences) {
    const Value list = runtime.eval("[]");
    const Value count = runtime.import("sys").attr("getrefcount");
    const int before = count(list).as<int>();
    {
        Value copy = list;
        const Value moved = std::move(copy);
        EXPECT_TRUE(copy.is_empty());
        EXPECT_EQ(count(list).as<int>(), before + 1);
        copy = moved;
        EXPECT_EQ(count(list).as<int>(), before + 2);
    }
    EXPECT_EQ(count(list).as<int>(), before);
}

TEST_F(Values, AnErrorTellsAllOfTheException) {
    runtime.exec("class Lost(Exception): pass\ndef fail(): raise Lost('which way?')\n", "map.py");
    try {
        runtime.eval("fail")();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.type(), "__main__.Lost");
        EXPECT_EQ(error.message(), "which way?");
        EXPECT_STREQ(error.what(), "__main__.Lost: which way?");
        EXPECT_NE(error.traceback().find("File \"map.py\", line 2, in fail"), std::string::npos)
            << error.traceback();
        EXPECT_EQ(error.value().type_name(), "Lost");
    }
}

TEST_F(Values, AnExceptionThatCannotBeShownIsAnErrorNevertheless) {
    runtime.exec("class Mute(Exception):\n  def __str__(self): raise RuntimeError\n");
    EXPECT_EQ(error_of([&] { runtime.exec("raise Mute"); }), "__main__.Mute");
    EXPECT_EQ(error_of([&] { runtime.exec("1 +"); }), "SyntaxError");
    EXPECT_EQ(error_of([&] { runtime.exec("raise SystemExit(3)"); }), "SystemExit");
}

}  // namespace
