"""The activation functions: how exact they are over all the numbers there are, and where they end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nncore as nn

EXP_LIMIT = {"float32": 87.0, "float64": 708.0}

# How exact: sigmoid takes e^-|z| (the reduced exponent, the series and the scaling round within 1.2 eps
# together), adds 1 and divides (half an eps each); tanh takes e^-2|z| - 1, adds 2 and divides, and its slope
# in e amplifies e's error by up to 2 / (e + 2). So both are within 3 eps of their value. Measured in units of
# the last place, which are half an eps to one: every 41st float32 below 100 in size, sigmoid 2.30 and tanh
# 2.50; a million float64, 2.23 and 2.71.
MOST_ULPS = 3.0


def exact(activation, z):
    """The function in a longer float than z's."""
    e = np.exp(-np.abs(z))
    if activation == "sigmoid":
        return np.where(z < 0, e, 1) / (1 + e)
    return np.tanh(z)


def ulps(got, wanted):
    """How many units in the last place of `wanted` lie between."""
    spacing = np.spacing(np.abs(wanted).astype(got.dtype))
    return np.abs(got - wanted) / spacing.astype(wanted.dtype)


def patterns(dtype):
    """Numbers of every size, sign and kind, most of them where the functions bend; sorted, NaNs last."""
    if dtype == "float32":
        every = np.arange(0, 2**32, 4093, dtype=np.uint64).astype(np.uint32).view(np.float32)  # a prime
        low, high = np.array([1e-4, 100], np.float32).view(np.int32)
        bent = np.arange(low, high, 401, dtype=np.int32).view(np.float32)
    else:
        rng = np.random.default_rng(0)
        every = rng.integers(0, 2**64, 100_000, dtype=np.uint64).view(np.float64)
        bent = np.exp(rng.uniform(np.log(1e-9), np.log(750), 100_000))
    info = np.finfo(dtype)
    edges = [0.0, info.smallest_subnormal, info.smallest_normal, 1.0, 88.0, 709.0, info.max, np.inf]
    z = np.concatenate([every, bent, -bent, np.array(edges, dtype), -np.array(edges, dtype)])
    z[np.isnan(z)] = np.nan  # not a signalling one, of which NumPy warns
    return np.sort(z)


@pytest.fixture(scope="module")
def z_and_a(kernels):
    """For each activation: z, and what these kernels make of it."""
    z = patterns(kernels.dtype)
    results = {}
    for activation in ("sigmoid", "tanh", "relu", "linear"):
        a = z.copy()
        kernels.activate(activation, a.reshape(1, -1))
        results[activation] = (z, a)
    return results


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_within_three_ulps_everywhere(kernels, z_and_a, activation):
    longer = np.float64 if kernels.dtype == "float32" else np.longdouble
    if np.finfo(longer).nmant < np.finfo(kernels.dtype).nmant + 8:
        pytest.skip("NumPy's longdouble is float64 here: nothing to compare float64 with")
    z, a = z_and_a[activation]
    finite = np.isfinite(z)
    if activation == "sigmoid":  # further down it stays at e^-limit, which the next test sees
        finite &= z >= -EXP_LIMIT[kernels.dtype]
    apart = ulps(a[finite], exact(activation, z[finite].astype(longer)))
    worst = apart.argmax()
    assert apart[worst] <= MOST_ULPS, f"{activation}({z[finite][worst]!r}) = {a[finite][worst]!r}"
    assert apart[worst] > 0.5  # else this test compares the kernels with themselves


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_nan_stays_nan_and_nothing_else_becomes_one(z_and_a, activation):
    z, a = z_and_a[activation]
    assert np.isnan(z).any()
    np.testing.assert_array_equal(np.isnan(a), np.isnan(z))


def test_sigmoid_far_out(kernels, z_and_a):
    z, a = z_and_a["sigmoid"]
    limit = EXP_LIMIT[kernels.dtype]
    low = np.exp(np.longdouble(-limit))
    assert (a[z <= -limit] == a[0]).all()  # minus infinity is the first
    assert abs(a[0] - low) <= 3 * np.finfo(kernels.dtype).eps * low
    assert a[0] >= np.finfo(kernels.dtype).smallest_normal  # no subnormal, which would be slow
    assert (a[z >= 40] == 1).all()  # e^-40 is below half an eps of both dtypes
    assert (a[~np.isnan(z)] <= 1).all()


def test_tanh_far_out(z_and_a):
    z, a = z_and_a["tanh"]
    assert (a[z >= 20] == 1).all()
    assert (a[z <= -20] == -1).all()
    assert (np.abs(a[~np.isnan(z)]) <= 1).all()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_never_falls(z_and_a, activation):
    # The patterns stand hundreds of floats apart: where the function rises, it rises by more than its error.
    z, a = z_and_a[activation]
    a = a[~np.isnan(z)]
    assert (np.diff(a) >= 0).all()
    assert len(np.unique(a)) > 10_000


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("start", [-60.0, -5.0, -0.7, -1e-3, 1e-3, 0.9, 2.5, 8.0])
def test_neighbours_fall_by_one_ulp_at_most(kernels, activation, start):
    # Each is within 3 ulps of the truth, so 6 would be the bound; measured: 1 for sigmoid, none for tanh.
    integer = np.int32 if kernels.dtype == "float32" else np.int64
    bits = np.array(start, kernels.dtype).view(integer) + np.arange(20_000, dtype=integer)
    z = np.sort(bits.view(kernels.dtype))
    assert len(np.unique(z)) == 20_000
    a = z.copy()
    kernels.activate(activation, a.reshape(1, -1))
    assert (np.diff(a) >= -np.spacing(np.abs(a[1:]))).all()


def test_tanh_is_odd_to_the_bit(kernels, z_and_a):
    z, a = z_and_a["tanh"]
    there = -z
    kernels.activate("tanh", there.reshape(1, -1))
    np.testing.assert_array_equal(there, -a)


def test_tanh_of_a_small_number_is_that_number(kernels, z_and_a):
    z, a = z_and_a["tanh"]
    small = np.abs(z) < np.sqrt(np.finfo(kernels.dtype).eps) / 2  # z - z^3/3: z, nearly
    assert (np.abs(z[small]) < np.finfo(kernels.dtype).smallest_normal).any()  # subnormal ones too
    assert (ulps(a[small], z[small]) <= MOST_ULPS).all()


def test_relu_and_linear_are_exact(z_and_a):
    z, a = z_and_a["relu"]
    np.testing.assert_array_equal(a, np.where(z < 0, 0, z))  # a NaN is not below 0
    z, a = z_and_a["linear"]
    np.testing.assert_array_equal(a, z)


def test_values_known_by_hand(kernels):
    ln3 = np.log(3.0)  # 1 / (1 + 1/3), tanh(ln(3)/2) = (3 - 1) / (3 + 1)
    z = np.array([[-ln3, 0.0, ln3]], kernels.dtype)
    for activation, wanted, scale in (("sigmoid", [0.25, 0.5, 0.75], 1.0), ("tanh", [-0.5, 0.0, 0.5], 0.5)):
        a = (z * scale).astype(kernels.dtype)
        kernels.activate(activation, a)
        np.testing.assert_allclose(a[0], wanted, rtol=4 * np.finfo(kernels.dtype).eps, atol=0)
        assert a[0, 1] == wanted[1]


@given(n=st.integers(1, 70), m=st.integers(1, 5), spread=st.sampled_from([0.1, 5.0, 300.0]))
def test_softmax_is_the_exact_one_and_sums_to_one(kernels, rounding, n, m, spread):
    z = (np.random.default_rng(n).standard_normal((m, n)) * spread).astype(kernels.dtype)
    a = z.copy()
    kernels.activate("softmax", a)
    bound = rounding(kernels.dtype)
    wanted = bound.activated("softmax", bound.exactly(z))
    bound.check(a, wanted.value, wanted.error)
    # The kernel's own sum has n - 1 roundings and each quotient one; e^-limit is no matter.
    np.testing.assert_allclose(a.sum(axis=1, dtype=np.float64), 1, rtol=bound.gamma(n + 1), atol=0)
    assert (a >= 0).all()


def test_softmax_of_one_is_one(kernels):
    a = np.array([[-1000.0], [0.0], [1000.0]], kernels.dtype)
    kernels.activate("softmax", a)
    np.testing.assert_array_equal(a, 1)


def test_softmax_does_not_overflow(kernels):
    most = np.finfo(kernels.dtype).max
    z = np.array([[1000.0, 1000.0, -1000.0], [most, -most, 0.0], [-most, -most, -most]], kernels.dtype)
    kernels.activate("softmax", z)
    wanted = [[0.5, 0.5, 0], [1, 0, 0], np.full(3, 1 / 3)]
    np.testing.assert_allclose(z, wanted, rtol=4 * np.finfo(kernels.dtype).eps, atol=1e-37)


def test_softmax_is_the_same_wherever_z_stands(kernels):
    z = np.array([[1.0, 2.0, 5.0, -3.0]], kernels.dtype)
    near, far = z.copy(), z + np.array(2**10, kernels.dtype)  # exact in both dtypes
    kernels.activate("softmax", near)
    kernels.activate("softmax", far)
    assert near.tobytes() == far.tobytes()


@pytest.mark.parametrize("place", [0, 1, 36])
def test_softmax_of_a_nan_is_nan_in_its_row_alone(kernels, place):
    z = np.zeros((3, 37), kernels.dtype)
    z[1, place] = np.nan
    kernels.activate("softmax", z)
    assert np.isnan(z[1]).all()
    np.testing.assert_allclose(z[[0, 2]], 1 / 37, rtol=1e-6)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "linear", "softmax"])
@given(n=st.integers(1, 70), m=st.integers(1, 6))
def test_each_row_alone_gives_the_same_bits(kernels, activation, n, m):
    z = np.random.default_rng(n).standard_normal((m, n)).astype(kernels.dtype)
    together = z.copy()
    kernels.activate(activation, together)
    for i in range(m):
        alone = z[i : i + 1].copy()
        kernels.activate(activation, alone)
        assert alone.tobytes() == together[i].tobytes()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "linear", "softmax"])
def test_the_same_bits_on_all_targets_with_fma(fused_kernels, activation):
    dtype, modules = fused_kernels
    z = patterns(dtype).reshape(1, -1)
    if activation == "softmax":  # rows that a NaN or an infinity would fill
        z = z[np.isfinite(z)][:37_000].reshape(-1, 37)
    results = []
    for kernels in modules:
        results.append(z.copy())
        kernels.activate(activation, results[-1])
    assert results[0].tobytes() == results[1].tobytes()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "linear"])
def test_slopes(kernels, network_on, rounding, activation):
    """sigma'(z) as training takes it from a: for an input of 0, z is the bias; BP1 is (a - y) sigma'(z)."""
    z = np.linspace(-6, 6, 97)  # 0 among them, where relu bends
    net = network_on(kernels, [1, 97], [activation], "quadratic")
    net.weights = [np.zeros((97, 1))]
    net.biases = [z.reshape(-1, 1)]
    z = net.biases[0][:, 0].astype(float)
    y = np.full(97, -2.0)  # a - y is never 0
    a, slope = {
        "sigmoid": (1 / (1 + np.exp(-z)), np.exp(-z) / (1 + np.exp(-z)) ** 2),
        "tanh": (np.tanh(z), 1 / np.cosh(z) ** 2),
        "relu": (np.maximum(z, 0), (z > 0) * 1.0),
        "linear": (z, np.ones(97)),
    }[activation]
    error = rounding(kernels.dtype).backprop(net, [[0.0]], [y])[0][0].error[:, 0].copy()
    error[z == 0] = min(error)  # where relu bends: z is 0 there without any rounding
    assert (error < 300 * np.finfo(kernels.dtype).eps).all()
    nabla_b, _ = net.backprop([[0.0]], [y])
    rounding.check(nabla_b[0][:, 0], (a - y) * slope, error)


FUNCTIONS = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
}


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("shape", [(), (1,), (5,), (0,), (3, 0), (0, 3), (2, 3), (2, 3, 4)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_public_functions_keep_shape_and_dtype(activation, shape, dtype):
    z = np.asarray(np.random.default_rng(1).standard_normal(shape), dtype)
    before = z.tobytes()
    a = getattr(nn.functions, activation)(z)
    wanted = FUNCTIONS[activation](np.atleast_1d(z).astype(float)).reshape(shape)
    assert a.shape == shape
    assert a.dtype == dtype
    np.testing.assert_allclose(
        a, wanted, rtol=20 * np.finfo(dtype).eps
    )  # softmax: |z| eps more in the exponent
    assert z.tobytes() == before


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_public_functions_take_any_array(activation):
    z = np.random.default_rng(2).integers(-3, 4, (6, 8)).astype(np.float64)
    frozen = z.copy()
    frozen.flags.writeable = False
    forms = [
        z.tolist(),
        frozen,
        np.asfortranarray(z),
        *(z.astype(kind) for kind in ("int8", "float16", ">f8")),
    ]
    function = getattr(nn.functions, activation)
    for form in forms:
        a = function(form)
        assert a.dtype == np.float64
        np.testing.assert_array_equal(a, function(z))
    np.testing.assert_array_equal(function(z[::2, ::-2]), function(z[::2, ::-2].copy()))
    assert function(z.astype(">f4")).dtype == np.float32
    assert function(np.array([True, False])).dtype == np.float64
