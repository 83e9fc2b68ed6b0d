"""The screen Universality: networks built by hand approximate a function, and SGD tries the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nncore.book import universality
from nncore.network import Network
from nncore.play.screens.screen import Push, Screen, real, reals, whole
from nncore.play.screens.universality_attempt import Attempt
from nncore.play.workbench import Workbench

MOST_BUMPS = 200
MOST_TOWERS = 12  # along each input
DRAWN = 101  # a reader's function has this many points, evenly from 0 to 1, and straight lines between them
CURVE = 801  # points of a curve that the page draws, evenly from 0 to 1
MESH = 61  # points along each side of a surface
TALLEST = 10.0  # the largest height of a bump, and the largest value of a reader's function
FLATTEST, STEEPEST = 1.0, 1e6  # w
UPRIGHT = 200.0  # w for each bump: the steps then take a fiftieth of its width
FITTED = 600  # bumps, over all rounds of a fit
SMALLEST_RESIDUAL = 1e-3

Floats: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[..., Floats]


class Universality(Screen):
    """Universality shows chapter 4's proof: bumps of one input, towers of two, and what SGD makes of it."""

    attempts: Any

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.attempts = itertools.count(1)
        self.attempt: Attempt | None = None

    def ask_curve(
        self, N: Any, w: Any, own: Any = None, steps: Any = None, heights: Any = None, best: Any = False
    ) -> dict[str, Any]:
        """Return a network of N bumps, what it computes, and how far it is from its goal.

        Parameters
        ----------
        N : int
            The number of bumps; each is two hidden neurons.
        w : float
            The weight of the steps.
        own : list of 101 floats, optional
            The reader's goal, at x = 0, 0.01, ... 1. By default it is the inverse sigmoid of the book's f.
        steps : list of 2N floats, optional
            Where each neuron steps; by default the bumps are even and lie side by side.
        heights : list of N floats, optional
            By default the goal in the middle of each bump.
        best : bool
            Whether heights are sought that make the mean deviation as small as they can.

        Returns
        -------
        dict
            "steps" (2N), "heights" (N); "goal" and "output" at 801 points from 0 to 1; "mean" and "max", as
            in `nncore.book.universality.deviation`.
        """
        N, w, goal = whole("N", N, 1, MOST_BUMPS), real("w", w, FLATTEST, STEEPEST), goal_of(own)
        net = universality.approximate(goal, N, w=w)
        if steps is not None:
            places = exact("steps", steps, 2 * N, -1.0, 2.0)
            net.biases[0] = -w * places[:, None]
            net.weights[1] = paired(goal(places.clip(0, 1).reshape(N, 2).mean(axis=1)))
        if heights is not None:
            net.weights[1] = paired(exact("heights", heights, N))
        elif best:
            net.weights[1] = paired(best_heights(net, goal))
        x = np.linspace(0, 1, CURVE)
        deviation = universality.deviation(net, goal)
        return {
            "steps": places if steps is not None else edges(N),
            "heights": net.weights[1][0, ::2].copy(),
            "goal": goal(x),
            "output": net.feedforward(x[:, None])[:, 0],
            "mean": deviation.mean,
            "max": deviation.max,
        }

    def ask_surface(self, N: Any, w: Any, heights: Any = None) -> dict[str, Any]:
        """Return a network of N x N towers, what it computes, and how far it is from its goal.

        Parameters
        ----------
        N : int
            The number of towers along each input.
        w : float
            The weight of the steps.
        heights : list of N x N floats, optional
            Those of the towers, the second input fastest; by default the goal in the middle of each.

        Returns
        -------
        dict
            "heights" (N, N); "goal" and "output" at 61 x 61 points of the unit square, the second input
            fastest; "sizes" of the network; "mean" and "max", as in `ask_curve`.
        """
        N, w = whole("N", N, 1, MOST_TOWERS), real("w", w, FLATTEST, STEEPEST)
        net = universality.approximate_by_towers(surface, N, w=w)
        if heights is not None:
            net.weights[2] = exact("heights", heights, N * N)[None]
        points = square(np.linspace(0, 1, MESH))
        deviation = universality.deviation(net, surface)
        return {
            "heights": net.weights[2].reshape(N, N).copy(),
            "goal": surface(*points.T).reshape(MESH, MESH),
            "output": net.feedforward(points).reshape(MESH, MESH),
            "sizes": net.sizes,
            "mean": deviation.mean,
            "max": deviation.max,
        }

    def ask_sgd(self, N: Any, inputs: Any = 1, own: Any = None) -> dict[str, Any]:
        """Let SGD try the goal with as many hidden neurons; its frames are called "sgd": see `Attempt`."""
        self.ask_stop()
        inputs = whole("inputs", inputs, 1, 2)
        if inputs == 1:
            neurons = 2 * whole("N", N, 1, MOST_BUMPS)
            task = goal_of(own), np.linspace(0, 1, CURVE)[:, None]
        else:
            N = whole("N", N, 1, MOST_TOWERS)
            neurons, task = 2 * (N + 1) + N * N, (surface, square(np.linspace(0, 1, MESH)))
        self.attempt = Attempt(next(self.attempts), neurons, *task, self.push)
        return {"attempt": self.attempt.number, "neurons": neurons, "epochs": self.attempt.epochs}

    def ask_stop(self) -> dict[str, Any]:
        """Stop SGD, if it runs."""
        if self.attempt is not None:
            self.attempt.stop()
        return {}

    def close(self) -> None:
        """Stop SGD."""
        self.ask_stop()


def book_goal(x: Floats) -> Floats:
    """Return what must reach the output neuron, so that its output is the book's function."""
    return universality.inverse_sigmoid(universality.f(x))


def surface(x: Floats, y: Floats) -> Floats:
    """Return the function of two inputs that towers approximate."""
    from nncore.reproduction.experiments import universality_measurements

    return universality_measurements.surface(x, y)


def goal_of(own: Any) -> Function:
    """Return the reader's function, or the book's goal if there is none."""
    if own is None:
        return book_goal
    points = exact("own", own, DRAWN)
    return lambda x: np.asarray(np.interp(x, np.linspace(0, 1, DRAWN), points))


def exact(name: str, value: Any, n: int, least: float = -TALLEST, most: float = TALLEST) -> Floats:
    """Return n numbers from `least` to `most` as they came, in float64."""
    reals(name, value, n, least, most)
    return np.array(value, np.float64).reshape(n)


def edges(N: int) -> Floats:
    """Return where the 2N neurons of `universality.approximate` step."""
    between = np.arange(N + 1) / N
    between[0], between[-1] = -0.5 / N, 1 + 0.5 / N
    return np.repeat(between, 2)[1:-1]


def paired(heights: Floats) -> Floats:
    """Return the weights of the output neuron: h where a bump begins, -h where it ends.

    >>> paired(np.array([0.5, 2.0])).tolist()
    [[0.5, -0.5, 2.0, -2.0]]
    """
    return np.stack([heights, -heights], axis=1).reshape(1, -1)


def square(side: Floats) -> Floats:
    """Return the points of the square with these coordinates, the second input fastest."""
    return np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)


def best_heights(net: Network, goal: Function) -> Floats:
    """Return the heights with the least mean deviation from the goal.

    Where steps are upright, they are the medians of the goal within each bump. Where they are not, bumps
    reach into one another. A least-squares fit whose points are weighted by 1/|deviation| minimises the sum
    of |deviation|; the weights come from the fit before. Of all these fits the best is returned.
    """
    (w,), places = net.weights[0][0], -net.biases[0][:, 0] / net.weights[0][:, 0]
    N = len(places) // 2
    n = 10 * max(100, N)
    x = (np.arange(n) + 0.5) / n
    goals = goal(x)
    inside = [goals[(x > left) & (x < right)] for left, right in places.reshape(N, 2)]
    heights = np.array([np.median(values) if len(values) else 0.0 for values in inside])
    if w >= UPRIGHT * N:
        return heights
    rises = net.activations(x[:, None])[0]
    bumps, best, least = rises[:, ::2] - rises[:, 1::2], heights, np.inf
    for _ in range(max(3, min(25, FITTED // N))):
        residuals = np.abs(goals - bumps @ heights)
        if residuals.mean() < least:
            least, best = residuals.mean(), heights
        weighted = bumps / np.maximum(residuals, SMALLEST_RESIDUAL)[:, None]
        heights = solved(weighted.T @ bumps, weighted.T @ goals)
    return best


def solved(normal: Floats, right: Floats) -> Floats:
    """Solve the normal equations, whose heights are held back as little as keeps them below `TALLEST`."""
    scale = np.trace(normal) / len(normal)
    for held_back in (1e-9, 1e-6, 1e-4, 1e-2, 1.0):
        heights: Floats = np.linalg.solve(normal + held_back * scale * np.eye(len(normal)), right)
        if np.abs(heights).max() <= TALLEST:
            break
    return heights.clip(-TALLEST, TALLEST)
