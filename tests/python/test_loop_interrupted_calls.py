"""A call that an exception interrupts half-way leaves nothing behind for the next one."""

import dis
import sys
import unittest


def pair(first, second=None):
    return first, second


class InterruptedCallTest(unittest.TestCase):
    def test_trace_function_raises_between_the_keywords_and_the_call(self):
        def caller():
            try:
                pair(second=1, first=2)
            except ZeroDivisionError:
                return pair(3, 4)

        [keywords] = [i.offset for i in dis.get_instructions(caller) if i.opname == "KW_NAMES"]

        def trace(frame, event, _):
            if frame.f_code is not caller.__code__:
                return None
            frame.f_trace_opcodes = True
            if event == "opcode" and frame.f_lasti == keywords + 2:
                raise ZeroDivisionError
            return trace

        sys.settrace(trace)
        try:
            result = caller()
        finally:
            sys.settrace(None)
        self.assertEqual(result, (3, 4))


if __name__ == "__main__":
    unittest.main()
