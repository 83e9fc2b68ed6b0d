"""`python` writes the lines that train the network of some settings, and ask the doctor."""

from __future__ import annotations

from nncore.play.screens.setups import RARE, RARE_IMAGES, SATURATED_BIAS, Settings

USUAL = Settings()
LONGEST = 54  # letters of a line that the page shows whole


def python(settings: Settings) -> str:
    """Return the lines; `train` and `validation` are those of ``nn.datasets.load_sample()``."""
    lines = [*data_lines(settings), *network_lines(settings)]
    if settings.init == "saturated":
        lines.append(f"net.biases[-1][...] = {SATURATED_BIAS:g}")
    data = "train" if not data_lines(settings) else "data"
    given = [data, str(settings.epochs), str(settings.mini_batch_size), f"{settings.eta:g}"]
    given += [f"lmbda={settings.lmbda:g}"] * (settings.lmbda != 0)
    given += ["shuffle=False"] * (not settings.shuffle)
    given += [f'class_weight="{settings.class_weight}"'] * (settings.class_weight is not None)
    return "\n".join(
        [*lines, f"net.SGD({', '.join(given)})", f"nn.diagnose(net, {data}, evaluation_data=validation)"]
    )


def data_lines(settings: Settings) -> list[str]:
    """Return the lines that make the data of `train`."""
    if settings.n != USUAL.n:
        return [f"data = train[:{settings.n}]"]
    if settings.divisor == 1:
        return ["X = train.images.reshape(-1, 784).astype(np.float32)", "data = X, train.labels"]
    if settings.rows_off:
        return [
            f"y = np.roll(train.labels, {settings.rows_off})",
            "data = nn.datasets.Dataset(train.images, y)",
        ]
    if settings.sorted:
        return ['data = train[np.argsort(train.labels, kind="stable")]']
    if settings.few:
        return [
            f"y = train.labels == {RARE}",
            f"data = train[~y | (np.cumsum(y) <= {RARE_IMAGES})]",
        ]
    return []


def network_lines(settings: Settings) -> list[str]:
    """Return the lines that make the network."""
    hidden, options = settings.hidden, []
    layers = f"[784, {', '.join(map(str, hidden))}, 10]"
    if len(hidden) > 3:
        layers = f"[784] + [{hidden[0]}] * {len(hidden)} + [10]"
    before = []
    if settings.activation != USUAL.activation:
        made = [f'nn.Dense({n}, "{settings.activation}")' for n in hidden]
        before, layers = [f"layers = [{', '.join(made)}, nn.Softmax(10)]"], "layers"
        options.append("input_shape=784")
    elif settings.cost != USUAL.cost:
        options.append(f'cost="{settings.cost}"')
    if settings.init not in ("scaled", "saturated"):
        options.append(f'init="{settings.init}"')
    options.append("seed=1")
    line = f"net = nn.Network({layers}, {', '.join(options)})"
    if len(line) <= LONGEST:
        return [*before, line]
    return [*before, f"net = nn.Network({layers},", f"    {', '.join(options)})"]
