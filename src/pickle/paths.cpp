#include "pickle/paths.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "eval/generators.hpp"
#include "eval/hidden_functions.hpp"
#include "pickle/generators.hpp"
#include "tasklet/channel.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless::pickle {

namespace {

/// How far to look: a program that pickles a world should not wait long for the message.
constexpr size_t most_steps = 1'000'000;

std::string text_of(PyObject* string) {
    const char* text =
        string != nullptr && PyUnicode_Check(string) ? PyUnicode_AsUTF8(string) : nullptr;
    PyErr_Clear();
    return text == nullptr ? "?" : text;
}

std::string type_name(PyObject* object) {
    const std::string name = Py_TYPE(object)->tp_name;
    return name.substr(name.rfind('.') + 1);
}

std::string quoted(const std::string& text) {
    return std::string("'").append(text).append("'");
}

std::string describe_frame(const Frame* frame) {
    const int line = PyCode_Addr2Line(
        frame->f_code, _PyInterpreterFrame_LASTI(frame) * static_cast<int>(sizeof(Instr)));
    return std::string("frame ")
        .append(text_of(frame->f_code->co_name))
        .append("() line ")
        .append(std::to_string(line));
}

Frame* innermost_frame(const Tasklet* tasklet) {
    return tasklet->is_current() ? tasklet->scheduler->thread()->cframe->current_frame
                                 : tasklet->fields.frame();
}

/// A tasklet has no name but that of what it runs.
std::string describe_tasklet(Tasklet* tasklet) {
    const Ref name = Ref::steal(PyObject_GetAttrString(tasklet->object(), "name"));
    PyErr_Clear();
    if (name && PyUnicode_Check(name.get()))
        return std::string("tasklet ").append(quoted(text_of(name.get())));
    std::string function = tasklet->is_main() ? "main" : "";
    for (const Frame* frame = innermost_frame(tasklet); frame != nullptr && !tasklet->is_main();
         frame = frame->previous) {
        if (!eval::is_hidden(frame)) {
            function = text_of(frame->f_code->co_name);
        }
    }
    return function.empty() ? "tasklet" : std::string("tasklet ").append(quoted(function));
}

/// Where the search has got to: an object, or a frame that has none.
struct Step {
    PyObject* object;
    Frame* frame;
    size_t from;
    std::string label;
};

/// From the beginning of a path outwards, the nearest first.
class Search {
public:
    explicit Search(PyObject* wanted) : wanted_(wanted) {}

    /// The path from `root`; empty if none is found. What has been seen on the way from another root does not lead to
    /// the object, and is left out: many roots cost no more than one.
    std::string path_from(PyObject* root) {
        current_ = steps_.size();
        reach(root, root_label(root));
        for (; current_ < steps_.size() && steps_.size() < most_steps; current_++) {
            if (steps_[current_].object == wanted_)
                return render(current_);
            expand(steps_[current_]);
        }
        return {};
    }

private:
    static std::string root_label(PyObject* root) {
        if (PyObject_TypeCheck(root, &tasklet_type))
            return describe_tasklet(as_tasklet(root));
        if (is_generator(root))
            return type_name(root) + " " +
                   quoted(text_of(reinterpret_cast<PyGenObject*>(root)->gi_name));
        return PyFrame_Check(root) ? describe_frame(reinterpret_cast<PyFrameObject*>(root)->f_frame)
                                   : type_name(root);
    }

    void reach(PyObject* object, std::string label) {
        if (object != nullptr && seen_.insert(object).second) {
            steps_.push_back({object, nullptr, current_, std::move(label)});
        }
    }
    void reach_frame(Frame* frame) {
        if (seen_.insert(frame).second) {
            steps_.push_back(
                {nullptr, frame, current_, eval::is_hidden(frame) ? "" : describe_frame(frame)});
        }
    }

    // NOLINTNEXTLINE(performance-unnecessary-value-param): steps_ may move
    void expand(Step step) {
        if (step.frame != nullptr) {
            expand_frame(step.frame);
        } else if (PyObject_TypeCheck(step.object, &tasklet_type)) {
            expand_tasklet(as_tasklet(step.object));
        } else if (PyObject_TypeCheck(step.object, &channel_type)) {
            expand_channel(as_channel(step.object));
        } else if (is_generator(step.object)) {
            expand_generator(reinterpret_cast<PyGenObject*>(step.object));
        } else if (PyFrame_Check(step.object)) {
            reach_frame(reinterpret_cast<PyFrameObject*>(step.object)->f_frame);
        } else if (!PyModule_Check(step.object) && !PyType_Check(step.object)) {
            expand_value(step.object);
        }
    }

    void expand_tasklet(Tasklet* tasklet) {
        for (Frame* frame = innermost_frame(tasklet); frame != nullptr; frame = frame->previous) {
            reach_frame(frame);
        }
        reach(tasklet->function, "its function");
        reach(tasklet->args, "its arguments");
        reach(tasklet->kwargs, "its arguments");
        reach(tasklet->tempval, "its tempval");
        reach(tasklet->channel == nullptr ? nullptr : tasklet->channel->object(), "its channel");
        expand_attributes(tasklet->object());
    }

    void expand_channel(Channel* channel) {
        for (Tasklet* tasklet = channel->waiting.first(); tasklet != nullptr;
             tasklet = tasklet->next) {
            reach(tasklet->object(), describe_tasklet(tasklet));
        }
        expand_attributes(channel->object());
    }

    void expand_generator(PyGenObject* generator) {
        if (generator->gi_frame_state < FRAME_COMPLETED) {
            reach_frame(eval::frame_of(generator));
        }
    }

    void expand_frame(Frame* frame) {
        const PyCodeObject* code = frame->f_code;
        const int count = std::max(frame->stacktop, code->co_nlocalsplus);
        for (int i = 0; i < count; i++) {
            PyObject* value = frame->localsplus[i];
            if (value == nullptr)
                continue;
            const bool is_local = i < code->co_nlocalsplus && !eval::is_hidden(frame);
            const std::string label =
                is_local ? std::string("local ").append(
                               quoted(text_of(PyTuple_GET_ITEM(code->co_localsplusnames, i))))
                         : "";
            reach(is_local && PyCell_Check(value) ? PyCell_GET(value) : value, label);
        }
        reach(frame->f_locals == frame->f_globals ? nullptr : frame->f_locals, "");
        reach(reinterpret_cast<PyObject*>(frame->f_func), "");
    }

    void expand_value(PyObject* object) {
        if (PyDict_CheckExact(object)) {
            expand_dict(object, "[", "]");
        } else if (PyList_CheckExact(object) || PyTuple_CheckExact(object)) {
            for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); i++) {
                reach(PySequence_Fast_GET_ITEM(object, i),
                      std::string("[").append(std::to_string(i)).append("]"));
            }
        } else if (PyFunction_Check(object)) {
            expand_function(object);
        } else {
            expand_attributes(object);
            if (traverseproc traverse = Py_TYPE(object)->tp_traverse;
                traverse != nullptr && PyObject_IS_GC(object)) {
                traverse(object, reach_unnamed, this);
            }
        }
    }

    void expand_dict(PyObject* dict, const char* before, const char* after) {
        PyObject *key, *value;
        Py_ssize_t position = 0;
        while (PyDict_Next(dict, &position, &key, &value)) {
            const bool is_item = before[0] == '[';
            const std::string name = PyUnicode_CheckExact(key)
                                         ? is_item ? quoted(text_of(key)) : text_of(key)
                                         : type_name(key);
            reach(value, before + name + after);
            reach(key, "a key");
        }
    }

    void expand_attributes(PyObject* object) {
        PyObject** dict = _PyObject_GetDictPtr(object);
        const Ref attributes =
            dict == nullptr && (Py_TYPE(object)->tp_flags & Py_TPFLAGS_MANAGED_DICT) == 0
                ? nullptr
                : Ref::steal(PyObject_GenericGetDict(object, nullptr));
        PyErr_Clear();
        if (attributes && PyDict_CheckExact(attributes.get())) {
            expand_dict(attributes.get(), ".", "");
            kept_.push_back(attributes);
        }
    }

    void expand_function(PyObject* object) {
        auto* function = reinterpret_cast<PyFunctionObject*>(object);
        const std::string name = text_of(function->func_name) + "()";
        for (Py_ssize_t i = 0;
             function->func_closure != nullptr && i < PyTuple_GET_SIZE(function->func_closure);
             i++) {
            PyObject* cell = PyTuple_GET_ITEM(function->func_closure, i);
            reach(PyCell_Check(cell) ? PyCell_GET(cell) : nullptr,
                  std::string("closure of ").append(name));
        }
        reach(function->func_defaults, std::string("defaults of ").append(name));
        PyObject* names = reinterpret_cast<PyCodeObject*>(function->func_code)->co_names;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
            PyObject* value = PyDict_GetItem(function->func_globals, PyTuple_GET_ITEM(names, i));
            reach(value,
                  std::string("global ").append(quoted(text_of(PyTuple_GET_ITEM(names, i)))));
        }
    }

    static int reach_unnamed(PyObject* object, void* self) {
        static_cast<Search*>(self)->reach(object, "");
        return 0;
    }

    /// The labels from the beginning to a step, those that say something.
    std::string render(size_t step) const {
        std::vector<std::string> labels;
        for (size_t i = step;; i = steps_[i].from) {
            if (!steps_[i].label.empty()) {
                labels.push_back(steps_[i].label);
            }
            if (steps_[i].from == i)
                break;
        }
        std::string path;
        for (size_t i = labels.size(); i-- > 0;) {
            path += labels[i];
            // What belongs to the label before it.
            const bool is_joined = i > 0 && (labels[i - 1][0] == '[' || labels[i - 1][0] == '.');
            path += i == 0 || is_joined ? "" : " → ";
        }
        return path + ": " + type_name(wanted_);
    }

    PyObject* wanted_;
    size_t current_ = 0;
    std::vector<Step> steps_;
    std::unordered_set<const void*> seen_;
    std::vector<Ref> kept_;
};

std::string find_path(PyObject* object, const Pickling& pickling) {
    Search search(object);
    for (Py_ssize_t i = 0;
         pickling.computations != nullptr && i < PyList_GET_SIZE(pickling.computations); i++) {
        std::string path = search.path_from(PyList_GET_ITEM(pickling.computations, i));
        if (!path.empty())
            return path;
    }
    return {};
}

}  // namespace

void add_path(PyObject* object, const Pickling& pickling) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    const std::string path = find_path(object, pickling);
    if (!path.empty()) {
        const Ref message = Ref::steal(PyUnicode_FromFormat("%S: %s", value, path.c_str()));
        const Ref args = message ? Ref::steal(PyTuple_Pack(1, message.get())) : nullptr;
        if (!args || PyObject_SetAttrString(value, "args", args.get()) != 0) {
            PyErr_Clear();
        }
    }
    PyErr_Restore(type, value, traceback);
}

}  // namespace stackless::pickle
