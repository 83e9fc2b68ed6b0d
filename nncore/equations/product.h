/* The matrix product, in tiles of registers; the transpose; dot products of one row with many.
 *
 * It is C because an array of registers stays in registers only if its loops are unrolled, which takes sizes that are
 * constants of the compiler and a pragma.
 *
 * Every number of a product is one chain of muladds over the inner index, in ascending order, whatever the register width and
 * the tile: all targets with FMA give the same bits. A dot product is 2 * LANES such chains, whose results are added by halves.
 */
#ifndef NNCORE_PRODUCT_H
#define NNCORE_PRODUCT_H

#include "nncore/machine/constant.h"
#include "nncore/machine/simd.h"

/* A matrix somewhere in memory: element (r, s) is x[r * row + s * column]. */
typedef struct {
    real *x;
    ptrdiff_t rows, columns, row, column;
} Matrix;

/* A tile of the product takes TILE_ROWS x TILE_COLS registers, or NARROW_ROWS x 1 .. TILE_COLS - 1; a register is WIDTH columns of the
 * result. Of 16 registers 4 x 3 are sums, 3 a row of b and 1 a number of a: fewer instructions for each muladd than 6 x 2. */
#if REGISTERS == 32
#define TILE_ROWS 5
#define TILE_COLS 4
#define NARROW_ROWS 5
#elif !defined(HAS_VECTORS)
#define TILE_ROWS 4
#define TILE_COLS 4
#define NARROW_ROWS 4
#elif VEC_BYTES == 32
#define TILE_ROWS 4
#define TILE_COLS 3
#define NARROW_ROWS 6
#else
#define TILE_ROWS 3
#define TILE_COLS 4
#define NARROW_ROWS 3
#endif
#define MOST_TILE_ROWS 6
#define PANEL (TILE_COLS * WIDTH > LANES ? TILE_COLS * WIDTH : LANES)     /* columns that fill a widest panel, a cache line at least */
#define MOST_COLS 8               /* registers of one row that are kept at once, where there is one row */
#define MOST_INNER 192            /* rows of b that a panel has at the most, for it to be copied */
#define ROWS_TO_COPY 40           /* rows of c that repay the copy */
#define TILE_TO_PREFETCH 32       /* rows of b, from which on a tile takes long enough to fetch the next one's part of c meanwhile */
#define LONG_ROW (1024 / (int)sizeof(real))

/* c = keep * start + a @ b, for the first `rows` rows and `cols` registers of columns of c. Both are literals of the caller. start
 * may be c, or one row for all (then start.row is 0). */
static ALWAYS_INLINE void tile(const int cols, const int rows, Matrix a, Matrix b, Matrix start, Matrix c, real keep) {
    vec sum[MOST_TILE_ROWS][MOST_COLS], b_row[MOST_COLS];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < cols; v++) sum[r][v] = splat(keep) * load(start.x + r * start.row + v * WIDTH);
    for (ptrdiff_t s = 0; s < a.columns; s++, a.x += a.column, b.x += b.row) {
        UNROLL for (int v = 0; v < cols; v++) b_row[v] = load(b.x + v * WIDTH);
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < cols; v++) sum[r][v] = muladd(splat(a.x[r * a.row]), b_row[v], sum[r][v]);
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < cols; v++) store(c.x + r * c.row + v * WIDTH, sum[r][v]);
}

#define tile_of_rows(rows, cols, a, b, start, c, keep) tile(cols, rows, a, b, start, c, keep)

/* The same for all rows of c, tile by tile; meanwhile the cache lines of b that the panel to the right will need, `far_lines` of them
 * from `right` on, are asked for in parts, and the next tile's lines of c. */
static ALWAYS_INLINE void tiles(const int cols, Matrix a, Matrix b, Matrix start, Matrix c, real keep, const real *right,
                                ptrdiff_t right_row, ptrdiff_t far_lines) {
    const int most = cols == TILE_COLS ? TILE_ROWS : NARROW_ROWS;
    const ptrdiff_t each = far_lines ? far_lines * most / c.rows + 1 : 0;        /* c may have no rows */
    const int far = c.row >= LONG_ROW && a.columns >= TILE_TO_PREFETCH;
    for (ptrdiff_t rows, left = c.rows; left > 0; left -= rows) {
        rows = part_of(left, most);
        if (far)
            for (ptrdiff_t r = rows; r < rows + most && r < left; r++)
                prefetch(c.x + r * c.row), prefetch(c.x + r * c.row + cols * WIDTH - 1);
        for (ptrdiff_t s = 0; s < each && far_lines; s++, far_lines--, right += right_row)
            prefetch(right), prefetch(right + cols * WIDTH - 1);
        if (cols == TILE_COLS) {
            WITH_CONSTANT(TILE_ROWS, rows, tile_of_rows, cols, a, b, start, c, keep)
        } else {
            WITH_CONSTANT(NARROW_ROWS, rows, tile_of_rows, cols, a, b, start, c, keep)
        }
        a.x += rows * a.row, start.x += rows * start.row, c.x += rows * c.row;
    }
}

/* The same for all rows of c and its first `cols` registers: TILE_COLS, or fewer. These are functions of their own, not inlined: a
 * compiler that has to keep a caller's variables too runs out of registers, and keeps sums in memory.
 *
 * The cache lines of a column of b are far apart where its rows are long: no processor foresees which comes next, and each may lie in
 * another page. So a panel of b that enough rows use is first copied side by side. */
static NEVER_INLINE void widest_panel(Matrix a, Matrix b, Matrix start, Matrix c, real keep) {
    enum { COPIED = TILE_COLS * WIDTH };
    real copy[MOST_INNER * COPIED] CACHE_ALIGNED;
    const real *right = b.x + COPIED;
    const ptrdiff_t right_row = b.row;
    const int copies = b.row >= LONG_ROW && c.rows >= ROWS_TO_COPY && a.columns <= MOST_INNER;
    if (copies) {
        for (ptrdiff_t s = 0; s < a.columns; s++)
            UNROLL for (int v = 0; v < TILE_COLS; v++) store(copy + s * COPIED + v * WIDTH, load(b.x + s * b.row + v * WIDTH));
        b.x = copy, b.row = COPIED;
    }
    tiles(TILE_COLS, a, b, start, c, keep, right, right_row, copies ? a.columns : 0);
}
static NEVER_INLINE void narrow_panel(ptrdiff_t cols, Matrix a, Matrix b, Matrix start, Matrix c, real keep) {
#if TILE_COLS > 3
    if (cols == 3) {
        tiles(3, a, b, start, c, keep, b.x, 0, 0);
        return;
    }
#endif
    if (cols == 2) tiles(2, a, b, start, c, keep, b.x, 0, 0);
    else tiles(1, a, b, start, c, keep, b.x, 0, 0);
}

/* The same for a single row, and `cols` registers, at most MOST_COLS: so wide that enough chains of muladds are in flight. */
static NEVER_INLINE void row_panel(ptrdiff_t cols, Matrix a, Matrix b, Matrix start, Matrix c, real keep) {
    WITH_CONSTANT(MOST_COLS, cols, tile, 1, a, b, start, c, keep)
}

/* b[s, r] = a[r, s]: by squares of 4 x 4 in registers, in two rounds of shuffles, and TURNED_COLUMNS of a at a time, so that their part
 * of b stays in the first-level cache. Both have columns that lie side by side. */
#if defined(HAS_VECTORS) && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define HAS_SHUFFLES
#endif
#endif
#define TURNED_COLUMNS 64
static inline void transpose(const real *a, ptrdiff_t a_row, real *b, ptrdiff_t b_row, ptrdiff_t rows, ptrdiff_t cols) {
    for (ptrdiff_t first = 0, end; first < cols; first = end) {
        ptrdiff_t r = 0, c;
        end = first + TURNED_COLUMNS < cols ? first + TURNED_COLUMNS : cols;
#ifdef HAS_SHUFFLES
        typedef real four __attribute__((vector_size(4 * sizeof(real))));
        for (; r + 4 <= rows; r += 4) {
            for (c = end; c < end + TURNED_COLUMNS && c < cols; c += LANES) /* the next ones */
                UNROLL for (int i = 0; i < 4; i++) prefetch(a + (r + i) * a_row + c);
            for (c = first; c + 4 <= end; c += 4) { /* first pairs, and then pairs of pairs */
                four in[4], out[4];
                UNROLL for (int i = 0; i < 4; i++) memcpy(&in[i], a + (r + i) * a_row + c, sizeof(four));
                four low = __builtin_shufflevector(in[0], in[1], 0, 4, 1, 5);
                four high = __builtin_shufflevector(in[0], in[1], 2, 6, 3, 7);
                four low2 = __builtin_shufflevector(in[2], in[3], 0, 4, 1, 5);
                four high2 = __builtin_shufflevector(in[2], in[3], 2, 6, 3, 7);
                out[0] = __builtin_shufflevector(low, low2, 0, 1, 4, 5);
                out[1] = __builtin_shufflevector(low, low2, 2, 3, 6, 7);
                out[2] = __builtin_shufflevector(high, high2, 0, 1, 4, 5);
                out[3] = __builtin_shufflevector(high, high2, 2, 3, 6, 7);
                UNROLL for (int i = 0; i < 4; i++) memcpy(b + (c + i) * b_row + r, &out[i], sizeof(four));
            }
            for (; c < end; c++)
                for (int i = 0; i < 4; i++) b[c * b_row + r + i] = a[(r + i) * a_row + c];
        }
#endif
        for (; r < rows; r++)
            for (c = first; c < end; c++) b[c * b_row + r] = a[r * a_row + c];
    }
}

/* Rows that go through a dot product together, so that each register of w is loaded once for all of them. */
#if defined(__AVX512F__) && defined(HAS_VECTORS)
#define DOT_ROWS 4
#elif defined(HAS_VECTORS) && (defined(__AVX2__) || defined(__ARM_NEON))
#define DOT_ROWS 2
#else
#define DOT_ROWS 1
#endif

/* The sum of a register's lanes, by halves. */
static ALWAYS_INLINE real sum_lanes(vec x) {
#ifdef HAS_VECTORS
    typedef real quarter __attribute__((vector_size(16)));
    enum { QUARTERS = VEC_BYTES / 16, N = 16 / sizeof(real) };
    quarter q[QUARTERS];
    memcpy(q, &x, sizeof q);
    UNROLL for (int half = QUARTERS / 2; half > 0; half /= 2)
        UNROLL for (int i = 0; i < half; i++) q[i] = q[i] + q[i + half];
    return N == 4 ? (q[0][0] + q[0][2 % N]) + (q[0][1] + q[0][3 % N]) : q[0][0] + q[0][1];
#else
    return x;
#endif
}

static ALWAYS_INLINE void dot_rows_tile(const int rows, const real *w, ptrdiff_t n, const real *d, ptrdiff_t stride,
                                        const uint16_t *index, real *dot) {
    enum { CHAIN = LANES / WIDTH };
    vec sum[DOT_ROWS][2 * CHAIN];
    const real *row[DOT_ROWS];
    ptrdiff_t j = 0;
    UNROLL for (int e = 0; e < rows; e++) row[e] = d + index[e] * stride;
    UNROLL for (int e = 0; e < rows; e++)
        UNROLL for (int v = 0; v < 2 * CHAIN; v++) sum[e][v] = splat(0);
    for (; j + 2 * LANES <= n; j += 2 * LANES)
        UNROLL for (int v = 0; v < 2 * CHAIN; v++) {
            vec w_v = load(w + j + v * WIDTH);
            UNROLL for (int e = 0; e < rows; e++) sum[e][v] = muladd(w_v, load(row[e] + j + v * WIDTH), sum[e][v]);
        }
    if (j < n)
        UNROLL for (int v = 0; v < CHAIN; v++) {
            vec w_v = load(w + j + v * WIDTH);
            UNROLL for (int e = 0; e < rows; e++) sum[e][v] = muladd(w_v, load(row[e] + j + v * WIDTH), sum[e][v]);
        }
    UNROLL for (int e = 0; e < rows; e++) {
        UNROLL for (int half = CHAIN; half > 0; half /= 2)
            UNROLL for (int v = 0; v < half; v++) sum[e][v] = sum[e][v] + sum[e][v + half];
        dot[e] = sum_lanes(sum[e][0]);
    }
}

/* dot[e] = w . d[index[e]] for e = 0 .. count - 1: w (n,), rows of d `stride` apart; n is a multiple of LANES. */
static void dot_rows(const real *w, ptrdiff_t n, const real *d, ptrdiff_t stride, const uint16_t *index, ptrdiff_t count,
                     real *dot) {
    ptrdiff_t e = 0;
    for (; e + DOT_ROWS <= count; e += DOT_ROWS) dot_rows_tile(DOT_ROWS, w, n, d, stride, index + e, dot + e);
#if DOT_ROWS == 4
    for (; e + 2 <= count; e += 2) dot_rows_tile(2, w, n, d, stride, index + e, dot + e);
#endif
    for (; e < count; e++) dot_rows_tile(1, w, n, d, stride, index + e, dot + e);
}

#endif
