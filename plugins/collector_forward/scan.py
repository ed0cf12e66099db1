"""Where MessagePack objects end, without making them: bytes in, offsets out.

msgpack's C extension does the walking: it allocates nothing for what it skips, whatever sizes
the bytes claim, and it can stop and go on. Its pure-Python stand-in is quadratic, so the
receiver does not start on it (`compiled`).
"""

from __future__ import annotations

import msgpack

from .failure import Undecodable

#: The first buffer of an unpacker; it grows. msgpack's own default is 1 MiB.
_FIRST_BUFFER = 4096
#: First bytes of an array: fixarray, array 16, array 32.
_ARRAY_16, _ARRAY_32 = 0xDC, 0xDD


def compiled() -> bool:
    """Whether msgpack has its C extension."""
    return str(msgpack.Unpacker.__module__).endswith("_cmsgpack")


def unpacker(data: bytes | memoryview = b"") -> msgpack.Unpacker:
    """One that only skips, so far fed with `data`. Its caller limits what it is fed."""
    found = msgpack.Unpacker(max_buffer_size=0, read_size=_FIRST_BUFFER)
    if data:
        found.feed(data)
    return found


def skip(scanner: msgpack.Unpacker) -> int | None:
    """Where the next object ends; None: not all of it is there. Raises Undecodable."""
    try:
        scanner.skip()
    except msgpack.OutOfData:
        return None
    except Exception as e:  # msgpack documents several, and more were seen
        raise _broken(e) from e
    return int(scanner.tell())


def _broken(error: Exception) -> Undecodable:
    return Undecodable("not_msgpack", f"not MessagePack ({type(error).__name__})")


def ends(data: bytes | memoryview, most: int) -> list[int]:
    """Where each of the first objects ends, up to `most` and as far as they are whole."""
    scanner = unpacker(data)
    found: list[int] = []
    step, tell, size, last = scanner.skip, scanner.tell, len(data), 0
    try:
        while last < size and len(found) < most:  # half a million times in a large frame
            step()
            found.append(last := tell())
    except msgpack.OutOfData:
        return found
    except Exception as e:
        raise _broken(e) from e
    return found


def is_array(first: int) -> bool:
    """Whether an object that begins with this byte is an array."""
    return 0x90 <= first <= 0x9F or first in {_ARRAY_16, _ARRAY_32}


def array(data: bytes, at: int) -> tuple[int, int]:
    """How many elements the array at `at` has, and where the first is. Raises Undecodable."""
    first = data[at] if at < len(data) else 0
    if 0x90 <= first <= 0x9F:
        return first & 0x0F, at + 1
    if first == _ARRAY_16:
        return int.from_bytes(data[at + 1 : at + 3]), at + 3
    if first == _ARRAY_32:
        return int.from_bytes(data[at + 1 : at + 5]), at + 5
    raise Undecodable("not_an_array", "not an array")


def is_container(first: int) -> bool:
    """Whether an object that begins with this byte is an array or a map."""
    return is_array(first) or 0x80 <= first <= 0x8F or first in _MAPS


def opened(data: bytes) -> tuple[int, int]:
    """How many objects the one at the start has inside, and the bytes up to them, or to its end.

    Its header is there. Raises Undecodable for what has nothing inside.
    """
    first = data[0]
    if is_array(first):
        return array(data, 0)
    if 0x80 <= first <= 0x8F:
        return 2 * (first & 0x0F), 1
    if first in _MAPS:
        size = _MAPS[first]
        return 2 * int.from_bytes(data[1 : 1 + size]), 1 + size
    content = text(data, 0)
    if content is not None:
        return 0, content[1]
    if first in _EXTENSIONS:
        size = _EXTENSIONS[first]
        return 0, 2 + size + int.from_bytes(data[1 : 1 + size])
    if first in _FIXED_EXTENSIONS:  # longer than a header, so it may not be whole
        return 0, 2 + _FIXED_EXTENSIONS[first]
    raise Undecodable("not_msgpack", "not MessagePack")


def text(data: bytes, at: int) -> tuple[int, int] | None:
    """Begin and end of the content of the str or bin at `at`; None: it is something else."""
    first = data[at] if at < len(data) else 0
    if 0xA0 <= first <= 0xBF:
        return at + 1, at + 1 + (first & 0x1F)
    size = _LENGTHS.get(first)
    if size is None:
        return None
    begin = at + 1 + size
    return begin, begin + int.from_bytes(data[at + 1 : begin])


#: Bytes of the length that follows: bin 8, 16, 32 and str 8, 16, 32.
_LENGTHS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
#: The same of map 16 and 32, and of ext 8, 16 and 32, whose type is one byte more.
_MAPS = {0xDE: 2, 0xDF: 4}
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
#: Ext of 8 and 16 bytes; a time is of the first kind.
_FIXED_EXTENSIONS = {0xD7: 8, 0xD8: 16}
