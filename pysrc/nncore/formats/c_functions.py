"""The functions of C that a network is made of, with REAL in place of float or double."""

from __future__ import annotations

DENSE = """\
/* z_j = sum_k w_jk a_k + b_j, for n neurons j and n_in inputs k */
static void dense(const REAL *a, int n_in, const REAL *w, const REAL *b, int n, REAL *z)
{
    for (int j = 0; j < n; j++) {
        double sum = b[j];
        for (int k = 0; k < n_in; k++)
            sum += (double)w[(long)j * n_in + k] * a[k];
        z[j] = (REAL)sum;
    }
}
"""

CONV2D = """\
/* z[f][y][x] = b[f] + sum over i, t, c of w[f][i][t][c] a[i][y + t - above][x + c - left], where i counts the
   maps before, and (t, c) the rows and columns of a filter; outside of a map there are zeros */
static void conv2d(const REAL *a, int maps, int height, int width, const REAL *w, const REAL *b, int filters,
                   int rows, int columns, int above, int left, int height_after, int width_after, REAL *z)
{
    for (int f = 0; f < filters; f++)
        for (int y = 0; y < height_after; y++)
            for (int x = 0; x < width_after; x++) {
                double sum = b[f];
                for (int i = 0; i < maps; i++)
                    for (int t = 0; t < rows; t++)
                        for (int c = 0; c < columns; c++) {
                            int v = y + t - above, u = x + c - left;
                            if (v >= 0 && v < height && u >= 0 && u < width)
                                sum += (double)w[(((long)f * maps + i) * rows + t) * columns + c]
                                       * a[((long)i * height + v) * width + u];
                        }
                z[((long)f * height_after + y) * width_after + x] = (REAL)sum;
            }
}
"""

MAX_POOL = """\
/* the largest activation of each window of rows x columns; what fills no window is left out */
static void max_pool(const REAL *a, int maps, int height, int width, int rows, int columns, REAL *largest)
{
    int height_after = height / rows, width_after = width / columns;
    for (int i = 0; i < maps; i++)
        for (int y = 0; y < height_after; y++)
            for (int x = 0; x < width_after; x++) {
                const REAL *window = a + ((long)i * height + y * rows) * width + x * columns;
                REAL most = window[0];
                for (int t = 0; t < rows; t++)
                    for (int c = 0; c < columns; c++)
                        if (window[t * width + c] > most)
                            most = window[t * width + c];
                largest[((long)i * height_after + y) * width_after + x] = most;
            }
}
"""

ACTIVATIONS = {
    "sigmoid": """\
/* a_j = 1 / (1 + e^-z_j), by e^-|z_j|, which is never above 1 */
static void sigmoid_of(REAL *z, int n)
{
    for (int j = 0; j < n; j++) {
        REAL e = exp(z[j] < 0 ? z[j] : -z[j]);
        z[j] = (z[j] < 0 ? e : 1.0) / (1.0 + e);
    }
}
""",
    "tanh": """\
/* a_j = tanh(z_j) */
static void tanh_of(REAL *z, int n)
{
    for (int j = 0; j < n; j++)
        z[j] = tanh(z[j]);
}
""",
    "relu": """\
/* a_j = max(0, z_j) */
static void relu_of(REAL *z, int n)
{
    for (int j = 0; j < n; j++)
        if (z[j] < 0)
            z[j] = 0;
}
""",
    "softmax": """\
/* a_j = e^z_j / sum_k e^z_k; the largest z is subtracted first, which changes no ratio */
static void softmax_of(REAL *z, int n)
{
    REAL largest = z[0];
    double sum = 0;
    for (int j = 1; j < n; j++)
        if (z[j] > largest)
            largest = z[j];
    for (int j = 0; j < n; j++) {
        z[j] = exp(z[j] - largest);
        sum += z[j];
    }
    for (int j = 0; j < n; j++)
        z[j] = (REAL)(z[j] / sum);
}
""",
}
