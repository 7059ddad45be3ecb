#include "cpython/ref.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace stackless::test {

namespace {

Ref new_object() {
    return Ref::steal(PyList_New(0));
}

TEST(Ref, IsEmptyAtFirst) {
    const Ref none;
    EXPECT_FALSE(none);
    EXPECT_EQ(none.get(), nullptr);
    EXPECT_FALSE(Ref::steal(nullptr));
    EXPECT_FALSE(Ref::borrow(nullptr));
}

TEST(Ref, StealTakesTheReferenceOver) {
    PyObject* object = PyList_New(0);
    Py_INCREF(object);
    {
        const Ref ref = Ref::steal(object);
        EXPECT_EQ(Py_REFCNT(object), 2);
    }
    EXPECT_EQ(Py_REFCNT(object), 1);
    Py_DECREF(object);
}

TEST(Ref, BorrowTakesOneOfItsOwn) {
    const Ref owner = new_object();
    {
        const Ref ref = Ref::borrow(owner.get());
        EXPECT_EQ(Py_REFCNT(owner.get()), 2);
    }
    EXPECT_EQ(Py_REFCNT(owner.get()), 1);
}

TEST(Ref, CopyCountsAndMoveDoesNot) {
    Ref first = new_object();
    PyObject* object = first.get();
    Ref copy = first;
    EXPECT_EQ(Py_REFCNT(object), 2);
    const Ref moved = std::move(copy);
    EXPECT_FALSE(copy);  // NOLINT(bugprone-use-after-move): that is what is tested
    EXPECT_EQ(moved.get(), object);
    EXPECT_EQ(Py_REFCNT(object), 2);
    first = nullptr;
    EXPECT_EQ(Py_REFCNT(object), 1);
}

TEST(Ref, AssignmentDropsTheOldObject) {
    const Ref old = new_object();
    const Ref other = new_object();
    Ref ref = old;
    ref = other;
    EXPECT_EQ(ref.get(), other.get());
    EXPECT_EQ(Py_REFCNT(old.get()), 1);
    EXPECT_EQ(Py_REFCNT(other.get()), 2);
}

TEST(Ref, AssignmentToItselfKeepsTheObject) {
    Ref ref = new_object();
    const Ref& same = ref;
    ref = same;
    ASSERT_TRUE(ref);
    EXPECT_EQ(Py_REFCNT(ref.get()), 1);
}

TEST(Ref, ReleaseGivesTheReferenceAway) {
    const Ref owner = new_object();
    Ref ref = owner;
    PyObject* object = ref.release();
    EXPECT_FALSE(ref);
    EXPECT_EQ(object, owner.get());
    EXPECT_EQ(Py_REFCNT(object), 2);
    Py_DECREF(object);
}

/// What a destructor sees of the reference that is just dropped.
struct Observed {
    Ref ref;
    bool was_empty = false;
};

void observe(PyObject* capsule) {
    auto* observed = static_cast<Observed*>(PyCapsule_GetPointer(capsule, nullptr));
    observed->was_empty = !observed->ref;
}

TEST(Ref, IsEmptyBeforeADestructorRuns) {
    Observed observed;
    observed.ref = Ref::steal(PyCapsule_New(&observed, nullptr, observe));
    observed.ref.reset();
    EXPECT_TRUE(observed.was_empty);

    observed = {};
    observed.ref = Ref::steal(PyCapsule_New(&observed, nullptr, observe));
    observed.ref = nullptr;
    EXPECT_TRUE(observed.was_empty);
}

TEST(Ref, OfAnotherTypeThanPyObject) {
    auto list = RefTo<PyListObject>::steal(reinterpret_cast<PyListObject*>(PyList_New(0)));
    EXPECT_EQ(list->allocated, 0);
    const auto copy = list;
    list = nullptr;
    EXPECT_EQ(Py_REFCNT(copy.get()), 1);
}

}  // namespace

}  // namespace stackless::test
