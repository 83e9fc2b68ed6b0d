"""What this CPU and its operating system can run."""

cdef extern from "nncore/machine/cpu.h" nogil:
    bint runs_avx2()
    bint runs_avx512()
    bint keeps_its_clock()              # whether the clock stays as it is when 512-bit registers are in use
