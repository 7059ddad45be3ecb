"""pybind11: a module in C++ with classes that Python extends, callbacks, exceptions both ways, iterators."""

import pybind11
from results import build_extension, show, write

write(
    "pybind_sample.cpp",
    r"""
    #include <pybind11/functional.h>
    #include <pybind11/pybind11.h>
    #include <pybind11/stl.h>
    #include <stdexcept>
    namespace py = pybind11;

    struct Animal {
        virtual ~Animal() = default;
        virtual std::string speak(int times) = 0;
    };
    struct PyAnimal : Animal {
        std::string speak(int times) override { PYBIND11_OVERRIDE_PURE(std::string, Animal, speak, times); }
    };

    PYBIND11_MODULE(pybind_sample, m) {
        py::class_<Animal, PyAnimal>(m, "Animal").def(py::init<>()).def("speak", &Animal::speak);
        m.def("call", [](Animal& animal, int times) { return animal.speak(times); });
        m.def("apply", [](std::function<int(int)> f, std::vector<int> values) {
            for (int& value : values) value = f(value);
            return values;
        });
        m.def("fail", [](int index) { throw std::out_of_range("index " + std::to_string(index)); });
        m.def("catches", [](py::object f) {
            try { f(); } catch (py::error_already_set& error) { return std::string(error.what()).substr(0, 20); }
            return std::string("nothing");
        });
        m.def("total", [](py::iterable values) {
            long sum = 0;
            for (py::handle value : values) sum += value.cast<long>();
            return sum;
        });
    }
    """,
)
build_extension("pybind_sample", "pybind_sample.cpp", "-std=c++17", "-O1", f"-I{pybind11.get_include()}")
import pybind_sample


class Hen(pybind_sample.Animal):
    def speak(self, times):
        return "cluck" * times


show("override", pybind_sample.call(Hen(), 3))
show("apply", pybind_sample.apply(lambda n: n * n, list(range(20))))
show("generator", pybind_sample.total(n for n in range(1000)))
for action in (lambda: pybind_sample.fail(7), lambda: pybind_sample.apply(lambda n: n / 0, [1]), pybind_sample.call):
    try:
        action()
    except Exception as error:
        show(type(error).__name__, error)
show("catches", pybind_sample.catches(lambda: {}["missing"]))
try:
    pybind_sample.call(pybind_sample.Animal(), 1)
except RuntimeError as error:
    show("pure virtual", error)
