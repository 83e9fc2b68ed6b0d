"""Counter-based random numbers: number `counter` of a stream is a function of (key, counter) alone.

So a shuffle, a mask or a distortion is the same on any number of threads and after a resume: no state is carried along.
The function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014)
over a Weyl sequence. A key is made of (seed, epoch, stream); stream 0 shuffles, stream 1 + l draws the dropout masks of layer l;
AUGMENT gives each example a key of its own, by its position in the epoch.
"""
ctypedef unsigned long long word                # 64 bits

cdef enum Stream:
    SHUFFLE
    DROPOUT
    AUGMENT = 0x7FFFFFFF            # behind all layers

cdef inline word mix(word x) noexcept nogil:
    """Scramble the bits of x: the finaliser of SplitMix64."""
    x = (x ^ (x >> 30)) * <word>0xBF58476D1CE4E5B9
    x = (x ^ (x >> 27)) * <word>0x94D049BB133111EB
    return x ^ (x >> 31)

cdef inline word stream_key(word seed, word epoch, word stream) noexcept nogil:
    """The key of a stream of random numbers, a function of (seed, epoch, stream)."""
    return mix(mix(mix(seed) + epoch) + stream)

cdef inline word random_bits(word key, word counter) noexcept nogil:
    """The 64 random bits of number `counter` of the stream with this key."""
    return mix(key + counter * <word>0x9E3779B97F4A7C15)

cdef inline word random_below(word key, word counter, word n) noexcept nogil:
    """A whole number from 0 to n - 1, for n < 2^32."""
    return ((random_bits(key, counter) >> 32) * n) >> 32

cdef inline double random_sign(word key, word counter) noexcept nogil:
    """A number in [-1, 1)."""
    return (random_bits(key, counter) >> 11) * (1 / 4503599627370496.0) - 1

cdef inline void shuffle(Py_ssize_t* order, Py_ssize_t n, word key) noexcept nogil:
    """order (n,) = 0 .. n-1, shuffled (Fisher and Yates): each, from the last down, swaps with one at or before it. n < 2^32."""
    cdef Py_ssize_t i, j
    for i in range(n):
        order[i] = i
    for i in range(n - 1, 0, -1):
        j = random_below(key, i, i + 1)
        order[i], order[j] = order[j], order[i]
