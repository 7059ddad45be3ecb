def not_equal(equal, self, other):
    result = equal(self, other)
    return result if result is NotImplemented else not result


def contains_by_comparing(sequence, value):
    for item in sequence:
        if item is value or item == value:
            return True
    return False


def contains_by_iteration(container, value):
    for item in checked_iterator(container).c_itself:
        if item is value or item == value:
            return True
    return False


def checked_iterator(iterable):
    try:
        return iter(iterable)
    except TypeError:
        pass
    raise TypeError(f"argument of type '{type_name(iterable)}' is not iterable")


def abs_by_method(x, /):
    return special(x, "__abs__")()


def round_by_method(number, ndigits=None):
    method = special(number, "__round__")
    return method() if ndigits is None else method(ndigits)


def power(base, exp, mod=None):
    if mod is None:
        return base**exp
    result = special(base, "__pow__")(exp, mod)
    if result is not NotImplemented:
        return result
    names = f"'{type_name(base)}', '{type_name(exp)}', '{type_name(mod)}'"
    raise TypeError(f"unsupported operand type(s) for ** or pow(): {names}")


def divmod_by_methods(x, y, /):
    for method, operand in divmod_attempts(x, y):
        result = method(operand)
        if result is not NotImplemented:
            return result
    names = f"'{type_name(x)}' and '{type_name(y)}'"
    raise TypeError(f"unsupported operand type(s) for divmod(): {names}")


def missing_in_defaultdict(self, key, /):
    value = self.c_default_factory()
    self[key] = value
    return value


# The functions of the module operator.


def operator_truth(a, /):
    return True if a else False


def operator_not(a, /):
    return not a


def operator_contains(a, b, /):
    return b in a


def operator_count_of(a, b, /):
    count = 0
    for item in checked_iterator(a).c_itself:
        if item is b or item == b:
            count += 1
    return count


def operator_index_of(a, b, /):
    index = 0
    for item in checked_iterator(a).c_itself:
        if item is b or item == b:
            return index
        index += 1
    raise ValueError("sequence.index(x): x not in sequence")


def operator_getitem(a, b, /):
    return a[b]


def operator_setitem(a, b, c, /):
    a[b] = c


def operator_delitem(a, b, /):
    del a[b]


def operator_call(obj, /, *args, **kwargs):
    return obj(*args, **kwargs)


def operator_neg(a, /):
    return -a


def operator_pos(a, /):
    return +a


def operator_invert(a, /):
    return ~a


def operator_lt(a, b, /):
    return a < b


def operator_le(a, b, /):
    return a <= b


def operator_eq(a, b, /):
    return a == b


def operator_ne(a, b, /):
    return a != b


def operator_gt(a, b, /):
    return a > b


def operator_ge(a, b, /):
    return a >= b


def operator_add(a, b, /):
    return a + b


def operator_sub(a, b, /):
    return a - b


def operator_mul(a, b, /):
    return a * b


def operator_matmul(a, b, /):
    return a @ b


def operator_floordiv(a, b, /):
    return a // b


def operator_truediv(a, b, /):
    return a / b


def operator_mod(a, b, /):
    return a % b


def operator_pow(a, b, /):
    return a**b


def operator_lshift(a, b, /):
    return a << b


def operator_rshift(a, b, /):
    return a >> b


def operator_and(a, b, /):
    return a & b


def operator_or(a, b, /):
    return a | b


def operator_xor(a, b, /):
    return a ^ b


def operator_iadd(a, b, /):
    a += b
    return a


def operator_isub(a, b, /):
    a -= b
    return a


def operator_imul(a, b, /):
    a *= b
    return a


def operator_imatmul(a, b, /):
    a @= b
    return a


def operator_ifloordiv(a, b, /):
    a //= b
    return a


def operator_itruediv(a, b, /):
    a /= b
    return a


def operator_imod(a, b, /):
    a %= b
    return a


def operator_ipow(a, b, /):
    a **= b
    return a


def operator_ilshift(a, b, /):
    a <<= b
    return a


def operator_irshift(a, b, /):
    a >>= b
    return a


def operator_iand(a, b, /):
    a &= b
    return a


def operator_ior(a, b, /):
    a |= b
    return a


def operator_ixor(a, b, /):
    a ^= b
    return a
