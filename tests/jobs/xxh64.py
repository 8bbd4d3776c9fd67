"""XXH64 as its specification has it, slow and obvious: a reference for weir's native one."""
MASK = (1 << 64) - 1
P1, P2, P3, P4, P5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


def rotate(value, bits):
    return (value << bits | value >> (64 - bits)) & MASK


def round_(accumulator, lane):
    return rotate((accumulator + lane * P2) & MASK, 31) * P1 & MASK


def merge(accumulator, lane):
    return ((accumulator ^ round_(0, lane)) * P1 + P4) & MASK


def xxh64(data, seed=0):
    rest = data
    if len(data) >= 32:
        lanes = [(seed + P1 + P2) & MASK, (seed + P2) & MASK, seed, (seed - P1) & MASK]
        while len(rest) >= 32:
            lanes = [round_(lane, int.from_bytes(rest[8 * i:8 * i + 8], "little")) for i, lane in enumerate(lanes)]
            rest = rest[32:]
        total = sum(rotate(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            total = merge(total, lane)
    else:
        total = (seed + P5) & MASK
    total = (total + len(data)) & MASK
    while len(rest) >= 8:
        total = (rotate(total ^ round_(0, int.from_bytes(rest[:8], "little")), 27) * P1 + P4) & MASK
        rest = rest[8:]
    if len(rest) >= 4:
        total = (rotate(total ^ (int.from_bytes(rest[:4], "little") * P1 & MASK), 23) * P2 + P3) & MASK
        rest = rest[4:]
    for byte in rest:
        total = rotate(total ^ (byte * P5 & MASK), 11) * P1 & MASK
    total = (total ^ total >> 33) * P2 & MASK
    total = (total ^ total >> 29) * P3 & MASK
    return total ^ total >> 32


assert xxh64(b"") == 0xEF46DB3751D8E999 and xxh64(b"abc") == 0x44BC2CF5AD770999
assert xxh64(b"xxhash", 20141025) == 13067679811253438005
assert xxh64(b"Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1
