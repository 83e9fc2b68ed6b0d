/* What this CPU and its operating system can run. */
#ifndef NNCORE_CPU_H
#define NNCORE_CPU_H

#if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
#define has(feature) __builtin_cpu_supports(feature)
#else
#define has(feature) 0
#endif
static int runs_avx2(void) { return has("avx2") && has("fma") && has("bmi") && has("bmi2"); }
static int runs_avx512(void) {
    return runs_avx2() && has("avx512f") && has("avx512bw") && has("avx512cd") && has("avx512dq") && has("avx512vl");
}
static int keeps_its_clock(void) { return has("avx512vbmi2"); } /* with 512-bit registers: Ice Lake and Zen 4, and later */

#endif
