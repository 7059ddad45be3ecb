"""The files that snapshots are in: what stands before and behind the pickle, and how they are written.

    magic             8 bytes
    format            2 bytes
    flags             2 bytes, SIGNED or 0
    Python            3 bytes: major, minor, micro
    bytecode          4 bytes, importlib.util.MAGIC_NUMBER
    length            8 bytes, of the payload
    checksum          32 bytes, SHA-256 of all of the above and the payload
    payload
    signature         32 bytes, if signed: HMAC-SHA-256 of all of the above

Numbers are big-endian.
"""

import contextlib
import os
import pickle
import struct
import sys
from collections import namedtuple

# As that of PNG: whoever takes it for text, and changes ends of lines, destroys it.
MAGIC = b"\x89SLS\r\n\x1a\n"
FORMAT = 1
SIGNED = 1
HEADER = struct.Struct(">8sHH3s4sQ32s")
DIGEST_SIZE = 32
CHUNK_SIZE = 1 << 20


class SnapshotError(pickle.UnpicklingError):
    """A file is not a snapshot that can be restored: truncated, altered, of another version, or not signed."""

    __module__ = "stackless"


Header = namedtuple("Header", "format flags python bytecode length checksum")


def bytecode_of_this_python():
    # Not by importlib.util, which takes a while to import.
    from _frozen_importlib_external import MAGIC_NUMBER

    return MAGIC_NUMBER


def pack_header(flags, length, checksum=bytes(DIGEST_SIZE)):
    python = bytes(sys.version_info[:3])
    return HEADER.pack(MAGIC, FORMAT, flags, python, bytecode_of_this_python(), length, checksum)


def checksum_of(header_bytes, payload):
    """SHA-256 of the header up to the checksum, and the payload."""
    import hashlib

    digest = hashlib.sha256(header_bytes[:-DIGEST_SIZE])
    digest.update(payload)
    return digest.digest()


def signature_of(key, header_bytes, payload):
    import hashlib
    import hmac

    digest = hmac.new(key, header_bytes, hashlib.sha256)
    digest.update(payload)
    return digest.digest()


def check_key(key):
    """A key as bytes, or None. TypeError, ValueError: it cannot be one."""
    if key is None:
        return None
    if not isinstance(key, (bytes, bytearray, memoryview)):
        raise TypeError(f"key must be bytes, not {type(key).__name__}")
    if len(key) == 0:
        raise ValueError("key must not be empty")
    return bytes(key)


# ---- Writing


def pack(payload, key):
    """The parts of a file, as a list of bytes-like objects."""
    flags = 0 if key is None else SIGNED
    unfinished = pack_header(flags, len(payload))
    header = pack_header(flags, len(payload), checksum_of(unfinished, payload))
    parts = [header, payload]
    if key is not None:
        parts.append(signature_of(key, header, payload))
    return parts


def write(file, parts):
    """Writes to a path, or to a binary file object. With a path, the old file stays until the new one is complete."""
    if hasattr(file, "write"):
        write_parts(file, parts)
    else:
        replace_file(os.fspath(file), parts)


def write_parts(file, parts):
    for part in parts:
        view = memoryview(part)
        while len(view):
            # What is not buffered may write less.
            written = file.write(view)
            view = view[len(view) if written is None else written :]
    if hasattr(file, "flush"):
        file.flush()


def replace_file(path, parts):
    # Where a symbolic link leads to, so that the link stays.
    path = os.path.realpath(path)
    temporary, descriptor = make_temporary(path)
    try:
        with open(descriptor, "wb") as file:
            with contextlib.suppress(FileNotFoundError):
                os.chmod(descriptor, os.stat(path).st_mode & 0o7777)
            write_parts(file, parts)
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync_directory(os.path.dirname(path))


def make_temporary(path):
    """A new file beside another one, as (path, descriptor). Not by tempfile, whose files only the owner may read."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    while True:
        suffix = f".{os.urandom(6).hex()}.tmp"
        temporary = path + (os.fsencode(suffix) if isinstance(path, bytes) else suffix)
        with contextlib.suppress(FileExistsError):
            return temporary, os.open(temporary, flags, 0o666)


def sync_directory(path):
    """Makes sure that the new name is on the disk as well."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ---- Reading


@contextlib.contextmanager
def opened(file):
    """The file object for a path or a file object, and whether it has to end with the snapshot."""
    if hasattr(file, "read"):
        yield file, False
    else:
        with open(file, "rb") as own:
            yield own, True


def read_bytes(file, count):
    """As many bytes as there are, at most `count`. A damaged header must not make one ask for all memory at once."""
    parts = []
    while count > 0 and (part := file.read(min(count, CHUNK_SIZE))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_parts(file):
    """(header as bytes, Header, payload, signature or None) of a path or a binary file object.

    SnapshotError: it is not a complete snapshot of this format. Nothing else is checked.
    """
    with opened(file) as (stream, ends):
        header_bytes = read_bytes(stream, HEADER.size)
        if not isinstance(header_bytes, bytes):
            raise TypeError("snapshots are in binary files")
        header = unpack_header(header_bytes)
        payload = read_bytes(stream, header.length)
        signature = read_bytes(stream, DIGEST_SIZE) if header.flags & SIGNED else None
        if len(payload) < header.length or (signature is not None and len(signature) < DIGEST_SIZE):
            raise SnapshotError("the snapshot is truncated")
        if ends and stream.read(1):
            raise SnapshotError("there is something behind the end of the snapshot")
    return header_bytes, header, payload, signature


def unpack_header(header_bytes):
    if header_bytes[: len(MAGIC)] != MAGIC[: len(header_bytes)] or not header_bytes:
        raise SnapshotError("this is not a snapshot")
    if len(header_bytes) < HEADER.size:
        raise SnapshotError("the snapshot is truncated")
    header = Header(*HEADER.unpack(header_bytes)[1:])
    if header.format != FORMAT:
        raise SnapshotError(f"the snapshot has format {header.format}; this program reads format {FORMAT}")
    if header.flags & ~SIGNED:
        raise SnapshotError("the snapshot is damaged: it has unknown flags")
    return header


def check_checksum(header_bytes, header, payload):
    if checksum_of(header_bytes, payload) != header.checksum:
        raise SnapshotError("the snapshot is damaged: its checksum is wrong")


def check_signature(key, header_bytes, payload, signature):
    import hmac

    if signature is None:
        raise SnapshotError("the snapshot is not signed, and a key was given")
    if not hmac.compare_digest(signature, signature_of(key, header_bytes, payload)):
        raise SnapshotError("the signature is wrong: the snapshot was altered, or signed with another key")


def version(python, bytecode):
    return f"Python {'.'.join(map(str, python))}, bytecode {int.from_bytes(bytecode[:2], 'little')}"


def check_version(header):
    own = bytes(sys.version_info[:3])
    bytecode = bytecode_of_this_python()
    if header.python[:2] != own[:2] or header.bytecode != bytecode:
        raise SnapshotError(
            f"the snapshot was written by {version(header.python, header.bytecode)}; "
            f"this is {version(own, bytecode)}"
        )


def read(file, key):
    """The payload of a snapshot that may be unpickled here. SnapshotError: it may not."""
    header_bytes, header, payload, signature = read_parts(file)
    if key is not None:
        check_signature(key, header_bytes, payload, signature)
    elif signature is not None:
        raise SnapshotError("the snapshot is signed: give its key")
    check_checksum(header_bytes, header, payload)
    check_version(header)
    return payload
