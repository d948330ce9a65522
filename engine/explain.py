"""How a number on the screen follows from other numbers on the screen, one level of the chain rule at a time.

An explanation is a formula as a tree whose leaves are quantities, each with its symbol, its value at the cursor and its
place; every leaf that is itself computed can be explained in turn, down to the loss, the inputs and the weights.
Symbols count layers and neurons from 1, as people do; names and indices count from 0, as arrays do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from engine.events import PlannedEvent
from engine.layers.dense import DenseOnTape
from engine.layers.dropout import DropoutOnTape
from engine.program import Program

if TYPE_CHECKING:
    from engine.timeline import Timeline

Index = tuple[int, ...]
Op = Literal["quantity", "number", "sum", "product", "mean", "negative", "difference", "quotient", "power", "call"]

NAME: Final = re.compile(r"(?:layer(\d+)\.)?(\w+)")
MOST_TERMS: Final = 64
"""Of a mean over samples; the value is always that of all of them."""


SMALLEST_NORMAL: Final = float(np.finfo(np.float64).tiny)
LARGEST: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Quantity:
    """One number with its symbol and its place.

    Attributes:
        name: of the array, e.g. `layer0.W`.
        index: where in it.
        latex: its symbol.
        words: what it is.
        value: at the cursor; None while it is not computed.
        unfolds: it has an explanation of its own.
    """

    name: str
    index: Index
    latex: str
    words: str
    value: float | None
    unfolds: bool


@dataclass(frozen=True)
class Expression:
    """A node of a formula.

    Attributes:
        op: what it does with its arguments; `mean` adds them up and divides by how many there are.
        args: the arguments.
        value: the result; None while an argument is not computed.
        quantity: for a leaf.
        name: of the function, for a `call`.
        latex: its sign, for a `call`.
    """

    op: Op
    args: tuple[Expression, ...] = ()
    value: float | None = None
    quantity: Quantity | None = None
    name: str = ""
    latex: str = ""


@dataclass(frozen=True)
class Explanation:
    """One level of the chain rule.

    Attributes:
        quantity: what is explained.
        rule: the general formula, in LaTeX.
        expression: the same with the numbers of this moment.
        words: a sentence.
        alternatives: other ways to the same number.
    """

    quantity: Quantity
    rule: str
    expression: Expression
    words: str
    alternatives: tuple[Explanation, ...] = ()


def number(value: float) -> Expression:
    """A plain number."""
    return Expression("number", (), value)


def combine(op: Op, *args: Expression, name: str = "", latex: str = "", value: float | None = None) -> Expression:
    """A node; its value follows from its arguments (a call's is given)."""
    values = [arg.value for arg in args]
    if op == "call":
        return Expression(op, args, value, None, name, latex)
    if any(one is None for one in values) or not values:
        return Expression(op, args, None)
    numbers = np.array(values, dtype=np.float64)
    with np.errstate(all="ignore"):
        results: dict[str, Any] = {
            "sum": numbers.sum,
            "product": numbers.prod,
            "mean": numbers.mean,
            "negative": lambda: -numbers[0],
            "difference": lambda: numbers[0] - numbers[1],
            "quotient": lambda: numbers[0] / numbers[1],
            "power": lambda: numbers[0] ** numbers[1],
        }
        return Expression(op, args, float(results[op]()))


def is_absent(target: Expression, probability: Expression) -> bool:
    """Whether target / probability is 0 / 0: the loss has no such term, so it adds nothing to the gradient."""
    return target.value == 0.0 and probability.value == 0.0


def passable(way: Explanation) -> tuple[Explanation, ...]:
    """A longer way, unless it leads through infinity: an output that is exactly wrong has δ in the short way only."""
    value = way.expression.value
    return (way,) if value is None or math.isfinite(value) else ()


class Explainer:
    """Explains numbers of one step; see `explain`.

    Args:
        timeline: where the values are read.
        program: of the step at the cursor.
    """

    def __init__(self, timeline: Timeline, program: Program) -> None:
        self.timeline = timeline
        self.program = program
        self.experiment = timeline.experiment

    # ------------------------------------------------------------------ quantities

    def value(self, name: str, index: Index) -> float | None:
        """A number at the cursor; None while it is not computed."""
        try:
            return float(self.timeline.read(name)[index])
        except KeyError:
            return None

    def quantity(self, name: str, *index: int) -> Quantity:
        """A number with its symbol."""
        latex, words = symbol_of(name, index)
        return Quantity(name, index, latex, words, self.value(name, index), self.unfolds(name))

    def leaf(self, name: str, *index: int) -> Expression:
        """A quantity as part of a formula."""
        quantity = self.quantity(name, *index)
        return Expression("quantity", (), quantity.value, quantity)

    def unfolds(self, name: str) -> bool:
        """Whether a number is computed in this step, and so has an explanation."""
        if name in ("x", "y", "learning_rate") or name.endswith((".W", ".b", ".mask")):
            return False
        return name.rpartition(".")[2] in EXPLAINED

    def incoming(self, layer: int, sample: int, neuron: int) -> Expression:
        """The activation that a layer is given."""
        return self.leaf("x", sample, neuron) if layer == 0 else self.leaf(f"layer{layer - 1}.a", sample, neuron)

    def dense(self, layer: int) -> DenseOnTape:
        """A dense layer of the program."""
        found = self.program.layers[layer]
        if not isinstance(found, DenseOnTape):
            raise KeyError(f"layer {layer} is no dense layer")
        return found

    # ------------------------------------------------------------------ explanations

    def explain(self, name: str, index: Index) -> Explanation:
        """See engine.explain.explain."""
        if name.endswith((".W", ".b")):
            head, _, part = name.rpartition(".")
            name = f"{head}.grad_{part}"
        match = NAME.fullmatch(name)
        if match is None or match[2] not in EXPLAINED:
            raise KeyError(f"{name} is given, not computed; explained are {', '.join(EXPLAINED)}")
        layer, field = -1 if match[1] is None else int(match[1]), match[2]
        self.check_index(name, layer, field, index)
        return EXPLAINED[field](self, name, layer, index)

    def check_index(self, name: str, layer: int, field: str, index: Index) -> None:
        """An index that the array has."""
        layers = self.program.layers
        if layer >= len(layers):
            raise KeyError(f"there is no layer {layer}; there are {len(layers)}")
        n = self.program.n
        shape: Index = ()
        if layer >= 0:
            on_tape = layers[layer]
            if isinstance(on_tape, DropoutOnTape) and field not in ("a", "grad_a"):
                raise KeyError(f"layer {layer} is dropout: it has no {field}")
            if field == "slope" and isinstance(on_tape, DenseOnTape) and on_tape.activation.slope is None:
                raise KeyError(f"{on_tape.activation.label} has no slope of a single neuron")
            units = self.experiment.layers[layer].units
            shape = (n, units)
            if field.endswith("_W"):
                shape = (units, self.experiment.layers[layer].fan_in)
            elif field.endswith("_b"):
                shape = (units,)
        elif field == "sample_loss":
            shape = (n,)
        if len(index) != len(shape) or any(not 0 <= at < size for at, size in zip(index, shape, strict=True)):
            raise KeyError(f"{name} has no index {list(index)}; its shape is {list(shape)}")

    def explain_z(self, name: str, layer: int, index: Index) -> Explanation:
        """z = Σ w a + b."""
        sample, neuron = index
        fan_in = self.dense(layer).layer.fan_in
        terms = [
            combine("product", self.leaf(f"layer{layer}.W", neuron, i), self.incoming(layer, sample, i))
            for i in range(fan_in)
        ]
        expression = combine("sum", *terms, self.leaf(f"layer{layer}.b", neuron))
        rule = r"z_j = \sum_i w_{ji}\,a_i + b_j"
        return self.told(name, index, rule, expression, "Each input times its weight, added up, plus the bias.")

    def explain_a(self, name: str, layer: int, index: Index) -> Explanation:
        """a = f(z), or a·m behind dropout."""
        sample, neuron = index
        on_tape = self.program.layers[layer]
        if isinstance(on_tape, DropoutOnTape):
            expression = combine(
                "product", self.incoming(layer, sample, neuron), self.leaf(f"layer{layer}.mask", *index)
            )
            return self.told(name, index, r"a_j = a_j \cdot m_j", expression, "The activation times its dropout mask.")
        activation = on_tape.activation
        value = self.value(name, index)
        rule = rf"a_j = {activation.latex.replace('z', 'z_j') if activation.slope else activation.latex}"
        if activation.slope is None:
            exponentials = [
                combine(
                    "call",
                    self.leaf(f"layer{layer}.z", sample, k),
                    name="exp",
                    latex=r"\exp",
                    value=self.exp(layer, sample, k),
                )
                for k in range(on_tape.layer.units)
            ]
            total = combine("sum", *exponentials)
            if total.value is not None and not SMALLEST_NORMAL <= total.value <= LARGEST:
                return self.explain_shifted_softmax(name, layer, index)
            expression = combine("quotient", exponentials[neuron], total)
            words = "e to the power of z, divided by the sum of them over the layer."
            return self.told(name, index, rule, expression, words)
        if not activation.sign:
            return self.told(name, index, rule, self.leaf(f"layer{layer}.z", *index), activation.words)
        expression = combine(
            "call", self.leaf(f"layer{layer}.z", *index), name=activation.label, latex=activation.sign, value=value
        )
        return self.told(name, index, rule, expression, activation.words)

    def explain_shifted_softmax(self, name: str, layer: int, index: Index) -> Explanation:
        """A softmax whose exponentials no float can hold: from how far each z lies below the largest."""
        sample, neuron = index
        z = [self.leaf(f"layer{layer}.z", sample, k) for k in range(self.dense(layer).layer.units)]
        largest = max(z, key=lambda leaf: -math.inf if leaf.value is None else leaf.value)
        exponentials = []
        for leaf in z:
            below = combine("difference", leaf, largest)
            value = None if below.value is None else math.exp(below.value)
            exponentials.append(combine("call", below, name="exp", latex=r"\exp", value=value))
        expression = combine("quotient", exponentials[neuron], combine("sum", *exponentials))
        rule = r"a_j = \frac{e^{z_j - m}}{\sum_k e^{z_k - m}} \quad m = \max_k z_k"
        words = (
            "As e to the power of each z would be too large or too small to compute, the largest z is subtracted first."
        )
        return self.told(name, index, rule, expression, words)

    def exp(self, layer: int, sample: int, neuron: int) -> float | None:
        """e^z of a neuron, where z is known."""
        z = self.value(f"layer{layer}.z", (sample, neuron))
        with np.errstate(all="ignore"):
            return None if z is None else float(np.exp(z))

    def explain_slope(self, name: str, layer: int, index: Index) -> Explanation:
        """f′(z)."""
        activation = self.dense(layer).activation
        a, z = self.leaf(f"layer{layer}.a", *index), self.leaf(f"layer{layer}.z", *index)
        if activation.name == "sigmoid":
            expression = combine("product", a, combine("difference", number(1.0), a))
        elif activation.name == "tanh":
            expression = combine("difference", number(1.0), combine("power", a, number(2.0)))
        elif activation.name == "identity":
            expression = number(1.0)
        else:
            expression = combine("call", z, name=f"{activation.label}′", latex="f'", value=self.value(name, index))
        words = f"How much {activation.label} would change if z were a little larger: is this neuron listening?"
        return self.told(name, index, rf"f'(z) = {activation.slope_latex}", expression, words)

    def explain_delta(self, name: str, layer: int, index: Index) -> Explanation:
        """δ = ∂l/∂a · f′(z), or p − y for a fused cross-entropy."""
        sample, neuron = index
        on_tape = self.dense(layer)
        last = layer == len(self.program.layers) - 1
        if last and self.experiment.fused:
            return self.explain_fused_delta(name, layer, index)
        grad = f"layer{layer}.grad_a"
        if on_tape.activation.slope is None:
            terms = [
                combine("product", self.jacobian(layer, sample, k, neuron), self.leaf(grad, sample, k))
                for k in range(on_tape.layer.units)
            ]
            rule = r"\delta_j = \sum_k \frac{\partial a_k}{\partial z_j} \frac{\partial \ell}{\partial a_k}"
            words = "Softmax mixes the neurons: every output's error reaches every z, by the Jacobian."
            return self.told(name, index, rule, combine("sum", *terms), words)
        expression = combine("product", self.leaf(grad, *index), self.leaf(f"layer{layer}.slope", *index))
        words = "The error that arrived at the neuron, times the slope there: how wrong × is it listening?"
        return self.told(name, index, r"\delta_j = \frac{\partial \ell}{\partial a_j} \cdot f'(z_j)", expression, words)

    def explain_fused_delta(self, name: str, layer: int, index: Index) -> Explanation:
        """δ = a − y, and the long way to the same number."""
        sample, neuron = index
        on_tape = self.dense(layer)
        a, y = self.leaf(f"layer{layer}.a", *index), self.leaf("y", *index)
        prediction = a
        if on_tape.layer.activation == "identity":
            fused = self.experiment.loss.fused or ""
            z = [self.value(f"layer{layer}.z", (sample, k)) for k in range(on_tape.layer.units)]
            sign = r"\sigma" if fused == "sigmoid" else r"\mathrm{softmax}"
            delta, target = self.value(name, index), y.value
            chance = None if delta is None or target is None or None in z else delta + target
            prediction = combine("call", a, name=fused, latex=sign, value=chance)
        short = combine("difference", prediction, y)
        words = "With cross-entropy, the slope cancels: δ is the prediction minus the target."
        alternatives: tuple[Explanation, ...] = ()
        quantity = self.quantity(name, *index)
        if on_tape.layer.activation == "sigmoid":
            grad = self.binary_gradient(a, y)
            slope = combine("product", a, combine("difference", number(1.0), a))
            rule = r"\delta = \left(\frac{1 - y}{1 - a} - \frac{y}{a}\right) \cdot a\,(1 - a)"
            long = Explanation(quantity, rule, combine("product", grad, slope), "The long way: ∂l/∂a times the slope.")
            alternatives = passable(long)
        elif on_tape.layer.activation == "softmax":
            terms = []
            for k in range(on_tape.layer.units):
                y_k, a_k = self.leaf("y", sample, k), self.leaf(f"layer{layer}.a", sample, k)
                if is_absent(y_k, a_k):
                    continue
                share = combine("negative", combine("quotient", y_k, a_k))
                terms.append(combine("product", self.jacobian(layer, sample, k, neuron), share))
            rule = r"\delta_j = \sum_k \frac{\partial a_k}{\partial z_j} \cdot \left(-\frac{y_k}{a_k}\right)"
            words_long = "The long way: ∂l/∂a of every output, through softmax's Jacobian."
            alternatives = passable(Explanation(quantity, rule, combine("sum", *terms), words_long))
        return self.told(name, index, r"\delta_j = a_j - y_j", short, words, alternatives)

    def jacobian(self, layer: int, sample: int, k: int, j: int) -> Expression:
        """∂a_k/∂z_j of a softmax: a_k (1 − a_k) where k = j, else −a_k a_j."""
        a_k, a_j = self.leaf(f"layer{layer}.a", sample, k), self.leaf(f"layer{layer}.a", sample, j)
        if k == j:
            return combine("product", a_k, combine("difference", number(1.0), a_k))
        return combine("negative", combine("product", a_k, a_j))

    def explain_grad_a(self, name: str, layer: int, index: Index) -> Explanation:
        """∂l/∂a: from the loss, or from the layer behind."""
        sample, neuron = index
        last = len(self.program.layers) - 1
        if layer == last:
            return self.explain_loss_gradient(name, layer, index)
        behind = self.program.layers[layer + 1]
        if isinstance(behind, DropoutOnTape):
            expression = combine(
                "product", self.leaf(f"layer{layer + 1}.grad_a", *index), self.leaf(f"layer{layer + 1}.mask", *index)
            )
            words = "The gradient passes where the activation has passed."
            return self.told(name, index, r"\frac{\partial \ell}{\partial a_j} \cdot m_j", expression, words)
        terms = [
            combine(
                "product", self.leaf(f"layer{layer + 1}.W", j, neuron), self.leaf(f"layer{layer + 1}.delta", sample, j)
            )
            for j in range(behind.layer.units)
        ]
        rule = r"\frac{\partial \ell}{\partial a_k} = \sum_j w_{jk}\,\delta_j"
        words = "Every path on to the loss counts: each weight times the δ it leads to, added up."
        return self.told(name, index, rule, combine("sum", *terms), words)

    def explain_loss_gradient(self, name: str, layer: int, index: Index) -> Explanation:
        """∂l/∂a of an output."""
        loss = self.experiment.loss
        a, y = self.leaf(f"layer{layer}.a", *index), self.leaf("y", *index)
        gap = combine("difference", a, y)
        outputs = self.experiment.output.units
        if loss.name == "half_squared_error":
            expression = gap
        elif loss.name == "mean_squared_error":
            expression = combine("product", number(2.0 / outputs), gap)
        elif loss.name == "binary_cross_entropy":
            expression = self.binary_gradient(a, y)
        elif loss.name == "categorical_cross_entropy":
            expression = number(0.0) if is_absent(y, a) else combine("negative", combine("quotient", y, a))
        else:
            value = self.value(name, index)
            expression = combine("call", a, y, name="l′", latex=r"\ell'", value=value)
        rule = rf"\frac{{\partial \ell}}{{\partial a_k}} = {loss.gradient_latex}"
        words = "How the loss of this sample would change if the output were a little larger."
        return self.told(name, index, rule, expression, words)

    def binary_gradient(self, a: Expression, y: Expression) -> Expression:
        """(1 − y) / (1 − a) − y / a, without the term that would be 0 / 0."""
        one = number(1.0)
        rest_y, rest_a = combine("difference", one, y), combine("difference", one, a)
        if is_absent(y, a):
            return combine("quotient", rest_y, rest_a)
        miss = combine("quotient", y, a)
        if is_absent(rest_y, rest_a):
            return combine("negative", miss)
        return combine("difference", combine("quotient", rest_y, rest_a), miss)

    def explain_grad(self, name: str, layer: int, index: Index) -> Explanation:
        """∂L/∂w: the mean over the batch of δ·a, with what the penalty and clipping make of it."""
        part = name[-1]
        neuron = index[0]
        samples = range(min(self.program.n, MOST_TERMS))
        if part == "W":
            terms = [
                combine("product", self.leaf(f"layer{layer}.delta", s, neuron), self.incoming(layer, s, index[1]))
                for s in samples
            ]
            rule = r"\frac{\partial L}{\partial w_{ji}} = \frac{1}{n} \sum_s \delta_j\,a_i"
            words = "δ of the neuron times the input of the weight, averaged over the batch."
        else:
            terms = [self.leaf(f"layer{layer}.delta", s, neuron) for s in samples]
            rule = r"\frac{\partial L}{\partial b_j} = \frac{1}{n} \sum_s \delta_j"
            words = "δ of the neuron, averaged over the batch; the input of a bias is 1."
        expression = combine("mean", *terms) if self.program.n > 1 else terms[0]
        if self.program.n > MOST_TERMS:
            expression = Expression("mean", expression.args, self.value(name, index))
        expression, rule, words = self.with_stages(expression, rule, words, layer, part, index)
        return self.told(name, index, rule, expression, words)

    def with_stages(
        self, expression: Expression, rule: str, words: str, layer: int, part: str, index: Index
    ) -> tuple[Expression, str, str]:
        """Add what the penalty and clipping have done so far at the cursor."""
        ran = [planned.kind for planned in self.timeline.plan[: self.timeline.cursor.event]]
        if "penalty_gradient" in ran and part == "W":
            penalty = self.timeline.hyperparameters()
            weight = self.leaf(f"layer{layer}.W", *index)
            parts = [expression]
            if penalty["l2"]:
                parts.append(combine("product", number(penalty["l2"]), weight))
            if penalty["l1"] and weight.value is not None:
                sign = combine("call", weight, name="sign", latex=r"\mathrm{sign}", value=float(np.sign(weight.value)))
                parts.append(combine("product", number(penalty["l1"]), sign))
            expression = combine("sum", *parts)
            rule, words = rule + r" + \lambda_2 w + \lambda_1\,\mathrm{sign}(w)", words + " The penalty adds its pull."
        if "clip" in ran and (layer, part) in self.experiment.frozen:
            return number(0.0), r"g = 0", "This parameter is frozen: clipping leaves it out."
        if "clip" in ran:
            if self.experiment.clipping.type == "norm":
                expression = combine("product", expression, self.leaf("clip_scale"))
            else:
                value = self.value(f"layer{layer}.grad_{part}", index)
                expression = combine("call", expression, name="clip", latex=r"\mathrm{clip}", value=value)
            words += " Then it is clipped."
        return expression, rule, words

    def explain_next(self, name: str, layer: int, index: Index) -> Explanation:
        """w′ = w − η·(what the optimizer makes of the gradient)."""
        part = name[-1]
        weight = self.leaf(f"layer{layer}.{part}", *index)
        direction = self.direction(layer, part, index)
        if direction is None:
            expression = combine("sum", weight, self.leaf(f"layer{layer}.change_{part}", *index))
        else:
            expression = combine("difference", weight, combine("product", self.leaf("learning_rate"), direction))
        return self.told(name, index, self.experiment.optimizer.latex, expression, self.experiment.optimizer.words)

    def explain_change(self, name: str, layer: int, index: Index) -> Explanation:
        """Δw = −η·(what the optimizer makes of the gradient)."""
        part = name[-1]
        direction = self.direction(layer, part, index)
        rule = self.experiment.optimizer.latex
        words = self.experiment.optimizer.words
        if (layer, part) in self.experiment.frozen:
            return self.told(
                name, index, r"\Delta w = 0", number(0.0), "This parameter is frozen: no update changes it."
            )
        if direction is None:
            value = self.value(name, index)
            gradient = self.leaf(f"layer{layer}.grad_{part}", *index)
            expression = combine("call", gradient, name=self.experiment.optimizer.label, latex="u", value=value)
        else:
            expression = combine("negative", combine("product", self.leaf("learning_rate"), direction))
        return self.told(name, index, rule, expression, words)

    def direction(self, layer: int, part: str, index: Index) -> Expression | None:
        """What the learning rate is multiplied by; None where the rule is too long to be written on the spot."""
        constants = self.timeline.hyperparameters()
        gradient = self.leaf(f"layer{layer}.grad_{part}", *index)
        if (layer, part) in self.experiment.frozen or constants.get("weight_decay", 0.0) != 0.0:
            return None
        kept = f"layer{layer}.{{}}_{part}"
        kind = self.experiment.optimizer.name
        if kind == "sgd":
            return gradient
        if kind == "momentum":
            return self.leaf(kept.format("velocity"), *index)
        if kind == "nesterov":
            velocity = self.leaf(kept.format("velocity"), *index)
            return combine("sum", gradient, combine("product", number(constants["momentum"]), velocity))
        if kind == "adagrad":
            return self.over_root(gradient, self.leaf(kept.format("square_sum"), *index), constants["epsilon"])
        if kind == "rmsprop" and constants["momentum"] == 0:
            return self.over_root(gradient, self.leaf(kept.format("square_average"), *index), constants["epsilon"])
        if kind in ("adam", "adamw"):
            m_hat, v_hat = self.leaf(kept.format("m_hat"), *index), self.leaf(kept.format("v_hat"), *index)
            return self.over_root(m_hat, v_hat, constants["epsilon"])
        return None

    def over_root(self, numerator: Expression, squares: Expression, epsilon: float) -> Expression:
        """numerator / (√squares + ε)."""
        value = None if squares.value is None else float(np.sqrt(squares.value))
        root = combine("call", squares, name="root", latex=r"\sqrt", value=value)
        return combine("quotient", numerator, combine("sum", root, number(epsilon)))

    def explain_sample_loss(self, name: str, layer: int, index: Index) -> Explanation:
        """l of one sample."""
        loss = self.experiment.loss
        sample = index[0]
        last = len(self.program.layers) - 1
        outputs = range(self.experiment.output.units)
        pairs = [(self.leaf(f"layer{last}.a", sample, k), self.leaf("y", sample, k)) for k in outputs]
        if loss.name in ("half_squared_error", "mean_squared_error"):
            squares = [combine("power", combine("difference", a, y), number(2.0)) for a, y in pairs]
            total = combine("sum", *squares) if len(squares) > 1 else squares[0]
            factor = loss.scale(len(pairs))
            expression = total if factor == 1.0 else combine("product", number(factor), total)
        elif loss.fused is not None and self.experiment.output.activation == loss.fused:
            expression = combine("negative", self.log_chances(pairs))
        else:
            flat = [leaf for pair in pairs for leaf in pair]
            expression = combine("call", *flat, name=loss.label, latex=r"\ell", value=self.value(name, index))
        return self.told(name, index, rf"\ell = {loss.latex}", expression, loss.words)

    def log_chances(self, pairs: list[tuple[Expression, Expression]]) -> Expression:
        """Σ y log a, with the other side of each yes-or-no target."""
        binary = self.experiment.loss.name == "binary_cross_entropy"
        terms = []
        for a, y in pairs:
            if y.value != 0.0:
                terms.append(combine("product", y, self.log(a)))
            if binary and y.value != 1.0:
                one = number(1.0)
                terms.append(combine("product", combine("difference", one, y), self.log(combine("difference", one, a))))
        return combine("sum", *terms) if len(terms) > 1 else terms[0]

    def log(self, argument: Expression) -> Expression:
        """The natural logarithm."""
        with np.errstate(all="ignore"):
            value = None if argument.value is None else float(np.log(argument.value))
        return combine("call", argument, name="log", latex=r"\log", value=value)

    def explain_loss(self, name: str, layer: int, index: Index) -> Explanation:
        """L: the mean over the batch, and the penalty."""
        n = self.program.n
        terms = [self.leaf("sample_loss", s) for s in range(min(n, MOST_TERMS))]
        mean = combine("mean", *terms) if n > 1 else terms[0]
        if n > MOST_TERMS:
            mean = Expression("mean", mean.args, self.value("data_loss", ()))
        if name == "data_loss" or not self.experiment.penalty.active:
            rule = r"L = \frac{1}{n} \sum_s \ell_s"
            return self.told(name, index, rule, mean, "The mean of the losses of the batch's samples.")
        expression = combine("sum", mean, self.leaf("penalty"))
        rule = r"L = \frac{1}{n} \sum_s \ell_s + \Omega"
        return self.told(name, index, rule, expression, "The mean of the samples' losses, plus the penalty.")

    def explain_state(self, name: str, layer: int, index: Index) -> Explanation:
        """What an optimizer remembers of one parameter."""
        field, part = name.rpartition(".")[2][:-2], name[-1]
        gradient = self.leaf(f"layer{layer}.grad_{part}", *index)
        value = self.value(name, index)
        label = self.experiment.optimizer.label
        expression = combine("call", gradient, name=f"{label}: {field.replace('_', ' ')}", latex="f", value=value)
        return self.told(name, index, self.experiment.optimizer.latex, expression, self.experiment.optimizer.words)

    def explain_given(self, name: str, layer: int, index: Index) -> Explanation:
        """Numbers that one call computes from everything: the penalty, the norm, the validation loss."""
        event: PlannedEvent | None = next(
            (planned for planned in self.timeline.plan if planned.kind in (name, "clip", "penalty")), None
        )
        latex = event.latex if event is not None else ""
        expression = combine(
            "call", name=name.replace("_", " "), latex=symbol_of(name, index)[0], value=self.value(name, index)
        )
        return self.told(name, index, latex, expression, f"The {name.replace('_', ' ')} of this step.")

    def told(
        self,
        name: str,
        index: Index,
        rule: str,
        expression: Expression,
        words: str,
        alternatives: tuple[Explanation, ...] = (),
    ) -> Explanation:
        """Put an explanation together."""
        return Explanation(self.quantity(name, *index), rule, expression, words, alternatives)


EXPLAINED: Final[dict[str, Callable[[Explainer, str, int, Index], Explanation]]] = {
    "z": Explainer.explain_z,
    "a": Explainer.explain_a,
    "slope": Explainer.explain_slope,
    "delta": Explainer.explain_delta,
    "grad_a": Explainer.explain_grad_a,
    "grad_W": Explainer.explain_grad,
    "grad_b": Explainer.explain_grad,
    "next_W": Explainer.explain_next,
    "next_b": Explainer.explain_next,
    "change_W": Explainer.explain_change,
    "change_b": Explainer.explain_change,
    "sample_loss": Explainer.explain_sample_loss,
    "data_loss": Explainer.explain_loss,
    "loss": Explainer.explain_loss,
    "penalty": Explainer.explain_given,
    "clip_scale": Explainer.explain_given,
    "grad_norm": Explainer.explain_given,
    "validation_loss": Explainer.explain_given,
    **{
        f"{field}_{part}": Explainer.explain_state
        for field in ("velocity", "square_sum", "square_average", "change_average", "m", "v", "m_hat", "v_hat")
        for part in "Wb"
    },
}

SIGNS: Final = {
    "velocity": "v",
    "square_sum": "s",
    "square_average": "s",
    "change_average": "c",
    "m": "m",
    "v": "v",
    "m_hat": r"\hat m",
    "v_hat": r"\hat v",
}


def symbol_of(name: str, index: Index) -> tuple[str, str]:
    """The symbol of a number in LaTeX, and what it is in words."""
    plain = {
        "loss": ("L", "the loss of the batch"),
        "data_loss": ("L", "the loss of the batch without the penalty"),
        "penalty": (r"\Omega", "the penalty"),
        "learning_rate": (r"\eta", "the learning rate"),
        "grad_norm": (r"\lVert g \rVert", "the length of the gradient"),
        "clip_scale": ("c", "the factor of clipping"),
        "validation_loss": (r"L_{\mathrm{val}}", "the validation loss"),
    }
    if name in plain:
        return plain[name]
    if name == "sample_loss":
        return r"\ell", f"the loss of sample {index[0] + 1}"
    if name == "x":
        return f"x_{{{index[1] + 1}}}", f"input {index[1] + 1} of sample {index[0] + 1}"
    if name == "y":
        return f"y_{{{index[1] + 1}}}", f"target {index[1] + 1} of sample {index[0] + 1}"
    head, _, field = name.rpartition(".")
    layer = int(head.removeprefix("layer")) + 1
    sup = f"^{{({layer})}}"
    field, part = (field[:-2], field[-1]) if field[-2:] in ("_W", "_b") else (field, "")
    if field in ("W", "b"):
        field, part = "", field
    if part:
        return parameter_symbol(field, part, layer, sup, index)
    sample, neuron = (index[0], index[1]) if len(index) == 2 else (0, index[0])
    sub = f"_{{{neuron + 1}}}"
    where = f"neuron {neuron + 1} of layer {layer}, sample {sample + 1}"
    signs = {
        "z": (f"z{sup}{sub}", f"weighted sum of {where}"),
        "a": (f"a{sup}{sub}", f"activation of {where}"),
        "mask": (f"m{sup}{sub}", f"dropout mask of {where}"),
        "slope": (f"f'(z{sup}{sub})", f"slope of the activation of {where}"),
        "delta": (rf"\delta{sup}{sub}", f"δ of {where}"),
        "grad_a": (rf"\frac{{\partial \ell}}{{\partial a{sup}{sub}}}", f"error that arrives at {where}"),
    }
    return signs[field]


def parameter_symbol(field: str, part: str, layer: int, sup: str, index: Index) -> tuple[str, str]:
    """The symbol of a weight or bias, or of something that belongs to it."""
    if part == "W":
        sub = f"{index[0] + 1}{index[1] + 1}" if max(index) < 9 else f"{index[0] + 1},{index[1] + 1}"
        base, where = "w", f"weight of layer {layer} from {index[1] + 1} to {index[0] + 1}"
    else:
        sub = f"{index[0] + 1}"
        base, where = "b", f"bias of neuron {index[0] + 1} of layer {layer}"
    own = f"{base}{sup}_{{{sub}}}"
    if field == "":
        return own, where
    if field == "grad":
        return rf"\frac{{\partial L}}{{\partial {own}}}", f"gradient of the {where}"
    if field == "next":
        return rf"{base}'{sup}_{{{sub}}}".replace(f"'{sup}", rf"^{{\prime({layer})}}"), f"new {where}"
    if field == "change":
        return rf"\Delta {own}", f"change of the {where}"
    if field == "penalty_grad":
        return rf"\frac{{\partial \Omega}}{{\partial {own}}}", f"the penalty's pull on the {where}"
    return f"{SIGNS[field]}{sup}_{{{sub}}}", f"{field.replace('_', ' ')} of the {where}"


def explain(timeline: Timeline, program: Program, name: str, index: Index) -> Explanation:
    """One level of the chain rule for a number at the cursor.

    Args:
        timeline: at the cursor.
        program: of its step.
        name: of the array; a parameter (`layer0.W`) is explained by its gradient.
        index: where in it: (to, from) for weights, (sample, neuron) for what a layer computes.

    Raises:
        KeyError: there is no such number, or it is given rather than computed.
    """
    return Explainer(timeline, program).explain(name, index)
