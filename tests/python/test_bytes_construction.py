"""bytes() of memoryviews, whose memory is copied at once, and of whatever else."""

import array
import unittest


class Bytes(bytes):
    pass


class WithMethod:
    def __bytes__(self):
        return b"own"


class BytesConstructionTest(unittest.TestCase):
    def test_views(self):
        data = bytes(range(256)) * 2
        for exporter in data, bytearray(data), array.array("B", data):
            view = memoryview(exporter)
            for begin in range(0, 300, 7):
                for size in 0, 1, 2, 8, 100:
                    self.assertEqual(bytes(view[begin : begin + size]), data[begin : begin + size])

    def test_other_items(self):
        numbers = array.array("d", [1.5, -2.0, 3.25])
        self.assertEqual(bytes(memoryview(numbers)), numbers.tobytes())
        self.assertEqual(bytes(memoryview(numbers)[1:]), numbers[1:].tobytes())
        self.assertEqual(bytes(memoryview(bytes(range(12))).cast("B", (3, 4))), bytes(range(12)))

    def test_steps(self):
        view = memoryview(bytes(range(20)))
        self.assertEqual(bytes(view[::-1]), bytes(range(19, -1, -1)))
        self.assertEqual(bytes(view[1::3]), bytes(range(1, 20, 3)))

    def test_released_views(self):
        view = memoryview(b"abc")
        part = view[1:]
        view.release()
        with self.assertRaisesRegex(ValueError, "operation forbidden on released memoryview object"):
            bytes(view)
        self.assertEqual(bytes(part), b"bc")

    def test_a_copy_keeps_no_buffer(self):
        exporter = bytearray(b"abc")
        with memoryview(exporter) as view:
            copied = bytes(view)
        exporter.extend(b"def")
        self.assertEqual(copied, b"abc")

    def test_others(self):
        view = memoryview(b"abc")
        self.assertEqual(bytes(), b"")
        self.assertEqual(bytes(3), b"\0\0\0")
        self.assertEqual(bytes([1, 2]), b"\1\2")
        self.assertEqual(bytes("ä", "latin-1"), b"\xe4")
        self.assertEqual(bytes("ä", encoding="latin-1", errors="strict"), b"\xe4")
        self.assertEqual(bytes(source=view), b"abc")
        self.assertEqual(bytes(WithMethod()), b"own")
        self.assertEqual(bytes(*[view], **{}), b"abc")
        self.assertEqual([*map(bytes, [view, [1]])], [b"abc", b"\1"])
        self.assertIs(type(Bytes(view)), Bytes)
        self.assertEqual(Bytes(view), b"abc")
        self.assertEqual(type.__call__(bytes, view), b"abc")

    def test_errors(self):
        view = memoryview(b"abc")
        for args, keywords, error in (
            ((view, "utf-8"), {}, "encoding without a string argument"),
            (("a",), {}, "string argument without an encoding"),
            ((view, 1), {}, r"bytes\(\) argument 'encoding' must be str, not int"),
            ((1.5,), {}, "cannot convert 'float' object to bytes"),
            ((view,), {"other": 1}, "'other' is an invalid keyword argument for bytes"),
            ((1, 2, 3, 4), {}, r"bytes\(\) takes at most 3 arguments \(4 given\)"),
        ):
            with self.assertRaisesRegex(TypeError, error):
                bytes(*args, **keywords)


if __name__ == "__main__":
    unittest.main()
