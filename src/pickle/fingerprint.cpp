#include "pickle/fingerprint.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

extern "C" {
#include <internal/pycore_pyhash.h>
}

#include "eval/hidden_functions.hpp"
#include "pickle/code_facts.hpp"

namespace stackless::pickle {

namespace {

/// Puts down, in bytes that are the same on each machine, what a code object consists of.
class Encoder {
public:
    [[nodiscard]] bool add_code(PyCodeObject* code) {
        for (const int number : {code->co_argcount, code->co_posonlyargcount,
                                 code->co_kwonlyargcount, code->co_stacksize, code->co_flags}) {
            add_number(static_cast<uint64_t>(number));
        }
        add_instructions(code);
        return add(code->co_consts) && add(code->co_names) && add(code->co_localsplusnames) &&
               add(code->co_localspluskinds) && add(code->co_exceptiontable) &&
               add(code->co_name) && add(code->co_qualname);
    }

    uint64_t hash() const { return stable_hash(bytes_); }

private:
    void add_number(uint64_t number) {
        for (int shift = 0; shift < 64; shift += 8) {
            bytes_.push_back(static_cast<char>(number >> shift));
        }
    }

    void add_bytes(char tag, const char* bytes, Py_ssize_t size) {
        bytes_.push_back(tag);
        add_number(static_cast<uint64_t>(size));
        bytes_.append(bytes, static_cast<size_t>(size));
    }

    /// As the compiler wrote them: without what the loop has learned.
    void add_instructions(PyCodeObject* code) {
        const Instr* unit = _PyCode_CODE(code);
        const Instr* end = unit + Py_SIZE(code);
        while (unit < end) {
            const int opcode = _PyOpcode_Deopt[_Py_OPCODE(*unit)];
            bytes_.push_back(static_cast<char>(opcode));
            bytes_.push_back(static_cast<char>(_Py_OPARG(*unit)));
            unit += 1 + _PyOpcode_Caches[opcode];
        }
    }

    [[nodiscard]] bool add(PyObject* object) {
        if (Py_EnterRecursiveCall(" in a code object") != 0)
            return false;
        const bool done = add_constant(object);
        Py_LeaveRecursiveCall();
        return done;
    }

    [[nodiscard]] bool add_constant(PyObject* object) {
        if (object == Py_None || object == Py_Ellipsis || PyBool_Check(object)) {
            bytes_.push_back(object == Py_None       ? 'N'
                             : object == Py_Ellipsis ? '.'
                             : object == Py_True     ? 'T'
                                                     : 'F');
            return true;
        }
        if (PyUnicode_CheckExact(object))
            return add_text(object);
        if (PyLong_CheckExact(object))
            return add_int(object);
        if (PyBytes_CheckExact(object)) {
            add_bytes('b', PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object));
            return true;
        }
        if (PyTuple_CheckExact(object))
            return add_tuple(object);
        if (PyCode_Check(object))
            return add_inner(reinterpret_cast<PyCodeObject*>(object));
        if (PyFloat_CheckExact(object)) {
            add_double('f', PyFloat_AS_DOUBLE(object));
            return true;
        }
        if (PyComplex_CheckExact(object)) {
            add_double('c', PyComplex_RealAsDouble(object));
            add_double('c', PyComplex_ImagAsDouble(object));
            return true;
        }
        if (PyFrozenSet_CheckExact(object))
            return add_set(object);
        PyErr_Format(PyExc_TypeError, "cannot pickle code with a constant of type %s",
                     Py_TYPE(object)->tp_name);
        return false;
    }

    [[nodiscard]] bool add_text(PyObject* text) {
        Py_ssize_t size;
        if (const char* utf8 = PyUnicode_AsUTF8AndSize(text, &size)) {
            add_bytes('s', utf8, size);
            return true;
        }
        // It has surrogates.
        PyErr_Clear();
        const Ref encoded = Ref::steal(PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass"));
        if (!encoded)
            return false;
        add_bytes('s', PyBytes_AS_STRING(encoded.get()), PyBytes_GET_SIZE(encoded.get()));
        return true;
    }

    [[nodiscard]] bool add_int(PyObject* number) {
        const size_t size = _PyLong_NumBits(number) / 8 + 1;
        std::string bytes(size, '\0');
        if (_PyLong_AsByteArray(reinterpret_cast<PyLongObject*>(number),
                                reinterpret_cast<unsigned char*>(bytes.data()), size, 1, 1) != 0)
            return false;
        add_bytes('i', bytes.data(), static_cast<Py_ssize_t>(size));
        return true;
    }

    void add_double(char tag, double number) {
        bytes_.push_back(tag);
        add_number(std::bit_cast<uint64_t>(number));
    }

    [[nodiscard]] bool add_tuple(PyObject* tuple) {
        bytes_.push_back('(');
        add_number(static_cast<uint64_t>(PyTuple_GET_SIZE(tuple)));
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
            if (!add(PyTuple_GET_ITEM(tuple, i)))
                return false;
        }
        return true;
    }

    [[nodiscard]] bool add_inner(PyCodeObject* code) {
        uint64_t inner;
        if (!fingerprint_of(code, inner))
            return false;
        bytes_.push_back('o');
        add_number(inner);
        return true;
    }

    /// The order of a set depends on the process.
    [[nodiscard]] bool add_set(PyObject* set) {
        std::vector<uint64_t> hashes;
        PyObject* item;
        Py_ssize_t position = 0;
        Py_hash_t hash;
        while (_PySet_NextEntry(set, &position, &item, &hash) != 0) {
            Encoder encoder;
            if (!encoder.add(item))
                return false;
            hashes.push_back(encoder.hash());
        }
        std::sort(hashes.begin(), hashes.end());
        bytes_.push_back('{');
        add_number(hashes.size());
        for (const uint64_t each : hashes) {
            add_number(each);
        }
        return true;
    }

    std::string bytes_;
};

bool compute(PyCodeObject* code, uint64_t& fingerprint) {
    Encoder encoder;
    if (!encoder.add_code(code))
        return false;
    fingerprint = encoder.hash();
    return true;
}

/// The loop has rewritten the code that is used.
bool compute_hidden(PyCodeObject* code, uint64_t& fingerprint) {
    const Ref pristine = Ref::steal(eval::pristine_hidden_code(code->co_name));
    return pristine && compute(reinterpret_cast<PyCodeObject*>(pristine.get()), fingerprint);
}

}  // namespace

uint64_t stable_hash(std::string_view bytes) {
    // SipHash. The key is the same whichever way its bytes are read.
    constexpr uint64_t key = 0x5a3c'7e81'817e'3c5a;
    return _Py_KeyedHash(key, bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
}

bool fingerprint_of(PyCodeObject* code, uint64_t& fingerprint) {
    CodeFacts* facts = facts_of(code);
    if (facts == nullptr)
        return false;
    if (!facts->has_fingerprint) [[unlikely]] {
        if (!(eval::is_hidden(code) ? compute_hidden(code, facts->fingerprint)
                                    : compute(code, facts->fingerprint)))
            return false;
        facts->has_fingerprint = true;
    }
    fingerprint = facts->fingerprint;
    return true;
}

Ref fingerprint_object(uint64_t fingerprint) {
    // With a sign it takes a byte less.
    return Ref::steal(PyLong_FromLongLong(static_cast<int64_t>(fingerprint)));
}

bool read_fingerprint(PyObject* object, uint64_t& fingerprint) {
    int overflow = 1;
    const long long value =
        PyLong_CheckExact(object) ? PyLong_AsLongLongAndOverflow(object, &overflow) : 0;
    fingerprint = static_cast<uint64_t>(value);
    return overflow == 0;
}

Ref fingerprint_object_of(PyCodeObject* code) {
    uint64_t fingerprint;
    return fingerprint_of(code, fingerprint) ? fingerprint_object(fingerprint) : nullptr;
}

}  // namespace stackless::pickle
