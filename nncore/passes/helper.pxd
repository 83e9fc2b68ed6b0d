"""Helpers: threads that do a share of a call, and linger for the next one. entry/work.pxi starts and calls them."""

cdef extern from "nncore/passes/helper.h" nogil:
    ctypedef struct HelperState "Helper":
        int state
        int* working                    # how many helpers of the call that it serves are not done
    enum:
        LINGERS                         # is done, and waits for the next call
        TAKEN                           # a call has taken it, but not yet said what to do
        WORKS
        LEFT                            # its thread ends
    void set_state(HelperState* helper, int state)
    bint change_state(HelperState* helper, int was, int becomes)        # return False if it was another
    bint has_work(HelperState* helper)              # called by the helper: wait for work; return False when it has left instead
    void end_work(HelperState* helper)              # called by the helper: its share is done
    void wait_for_helpers(int* working)             # called by who called: until all have ended their work
