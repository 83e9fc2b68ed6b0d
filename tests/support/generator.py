"""SplitMix64 in Python's whole numbers: the oracle of the core's counter-based random numbers."""


def mix(x):
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    return x ^ x >> 31


def key_of(seed, epoch, stream):
    """The key of a stream of random numbers in an epoch."""
    return mix((mix((mix(seed) + epoch) % 2**64) + stream) % 2**64)


def bits_of(key, counter):
    """The 64 bits that a key and a counter stand for."""
    return mix((key + counter * 0x9E3779B97F4A7C15) % 2**64)
