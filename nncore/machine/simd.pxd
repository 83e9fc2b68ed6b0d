"""The declarations of simd.h for Cython. It takes `real`, `vec` and `hvec` for float; in C they are what the build says."""

cdef extern from "nncore/machine/simd.h" nogil:
    ctypedef float real
    ctypedef int bits                   # an integer of the size of a real
    ctypedef float vec                  # WIDTH reals in one register
    ctypedef float hvec                 # HWIDTH reals in one register of at most 32 bytes
    ctypedef int hivec                  # HWIDTH bits
    enum:
        LANES                           # rows are padded to a multiple of this: 64 bytes
        WIDTH
        HWIDTH

    vec load(const real* p)
    void store(real* p, vec x)
    vec splat(real x)                   # x in every lane
    vec muladd(vec a, vec b, vec c)     # a * b + c
    vec square_root(vec x)
    vec where_negative(vec x, vec a, vec b)         # a where x < 0, else b
    vec where_less(vec x, vec y, vec a, vec b)      # a where x < y, else b
    hvec hload(const real* p)
    void hstore(real* p, hvec x)
    hvec hsplat(real x)
    hivec hisplat(bits x)
    void histore(bits* p, hivec x)

    void prefetch(const void* address)  # this cache line will be read soon
    int lowest_bit(unsigned long long word)         # the number of the lowest bit that is set
