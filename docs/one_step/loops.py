"""One step as plain loops: chapters 1 and 2 written out, one number at a time."""

from math import exp


def sigmoid(z):
    return 1.0 / (1.0 + exp(-z))


def step(weights, biases, mini_batch, eta):
    """Change weights[l][j][k] and biases[l][j] by one step over `mini_batch`, a list of pairs (x, y)."""
    nabla_w = [[[0.0] * len(w_j) for w_j in w] for w in weights]
    nabla_b = [[0.0] * len(b) for b in biases]
    for x, y in mini_batch:
        a = [x]
        for w, b in zip(weights, biases, strict=True):  # forward: a' = sigma(w a + b)
            a_prev = a[-1]
            z = [sum(w[j][k] * a_prev[k] for k in range(len(a_prev))) + b[j] for j in range(len(b))]
            a.append([sigmoid(z_j) for z_j in z])
        delta = [a_j - y_j for a_j, y_j in zip(a[-1], y, strict=True)]  # BP1, for the cross-entropy
        for l in reversed(range(len(weights))):
            for j in range(len(delta)):
                nabla_b[l][j] += delta[j]  # BP3
                for k in range(len(a[l])):
                    nabla_w[l][j][k] += a[l][k] * delta[j]  # BP4
            if l > 0:
                w = weights[l]
                delta = [
                    sum(w[j][k] * delta[j] for j in range(len(delta))) * a[l][k] * (1 - a[l][k])  # BP2
                    for k in range(len(a[l]))
                ]
    for l in range(len(weights)):  # the step of gradient descent
        for j in range(len(biases[l])):
            biases[l][j] -= eta / len(mini_batch) * nabla_b[l][j]
            for k in range(len(weights[l][j])):
                weights[l][j][k] -= eta / len(mini_batch) * nabla_w[l][j][k]
