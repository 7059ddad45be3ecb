#include "eval/container_filling.hpp"

namespace stackless::eval {

namespace {

bool takes_from_python(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(1, 1) && is_iterated_in_python(ts, call.at(0));
}

bool takes_items_from_python(PyThreadState* ts, const Arguments& call) {
    return call.positional == 1 &&
           (is_python_mapping(call.at(0)) ||
            (!PyDict_Check(call.at(0)) && is_iterated_in_python(ts, call.at(0))));
}

constexpr Redirect list_filling = {takes_from_python, Hidden::init_list};
constexpr Redirect set_filling = {takes_from_python, Hidden::init_set};
constexpr Redirect dict_filling = {takes_items_from_python, Hidden::init_dict};

}  // namespace

const Redirect* find_filling(PyThreadState* ts, initproc init, const Arguments& arguments) {
    if (!is_filling_init(init) || ts->c_profilefunc != nullptr)
        return nullptr;
    const Redirect* filling = init == PyList_Type.tp_init  ? &list_filling
                              : init == PySet_Type.tp_init ? &set_filling
                                                           : &dict_filling;
    return filling->wanted(ts, arguments) ? filling : nullptr;
}

}  // namespace stackless::eval
