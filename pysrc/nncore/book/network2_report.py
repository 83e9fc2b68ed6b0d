"""A `Report` prints the lines of network2's `SGD`, and keeps the lists that it returns."""

from __future__ import annotations

Measured = tuple[float | None, int | None, int]  # cost, number of right answers, number of examples


class Report:
    """A `Report` prints what `SGD` monitors, and keeps the lists that it returns.

    Its first four arguments say what is monitored. `early_stopping_n` is that of `SGD`.
    """

    evaluation_cost: bool
    evaluation_accuracy: bool
    training_cost: bool
    training_accuracy: bool
    epochs: int

    def __init__(
        self,
        evaluation_cost: bool,
        evaluation_accuracy: bool,
        training_cost: bool,
        training_accuracy: bool,
        early_stopping_n: int,
    ) -> None:
        self.evaluation_cost, self.evaluation_accuracy = evaluation_cost, evaluation_accuracy
        self.training_cost, self.training_accuracy = training_cost, training_accuracy
        self.early_stopping_n = early_stopping_n
        self.lists: tuple[list[float], list[int], list[float], list[int]] = [], [], [], []
        self.right: list[int] = []  # for early_stopping_n, even if they are not printed
        self.epochs = 0

    @property
    def counts_right(self) -> bool:
        """Whether the right answers to the evaluation data are counted."""
        return self.evaluation_accuracy or self.early_stopping_n > 0

    def add(self, training: Measured, evaluation: Measured | None) -> None:
        """Print and keep what was measured after an epoch, on the training and on the evaluation data."""
        evaluation_cost, evaluation_accuracy, training_cost, training_accuracy = self.lists
        print(f"Epoch {self.epochs} training complete")
        self.epochs += 1
        cost, right, n = training
        if self.training_cost and cost is not None:
            training_cost.append(cost)
            print(f"Cost on training data: {cost}")
        if self.training_accuracy and right is not None:
            training_accuracy.append(right)
            print(f"Accuracy on training data: {right} / {n}")
        if evaluation is not None:
            cost, right, n = evaluation
            if right is not None:
                self.right.append(right)
            if self.evaluation_cost and cost is not None:
                evaluation_cost.append(cost)
                print(f"Cost on evaluation data: {cost}")
            if self.evaluation_accuracy and right is not None:
                evaluation_accuracy.append(right)
                print(f"Accuracy on evaluation data: {right} / {n}")
        print()

    def reason_to_stop(self) -> str:
        """Return why the run ends now, or "" if it goes on."""
        if not self.early_stopping_n or not self.right:
            return ""
        waited = len(self.right) - 1 - self.right.index(max(self.right))
        return f"no improvement in {waited} epochs" if waited >= self.early_stopping_n else ""
