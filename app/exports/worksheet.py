"""A step as a worksheet: the formulas with room for the numbers, and the numbers on a page of their own.

What has to be worked out is one row of the batch, forward and back, and then the update. Formulas and numbers are the
engine's explanations, so the key can be recomputed from what the sheet gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from markupsafe import Markup

from app.formulas import fragment
from app.refusals import RefusedError
from engine import Explanation, Expression, Problem, Timeline
from engine.activations import ACTIVATIONS
from engine.explain import symbol_of
from engine.layers.dense import Dense

MOST_PARAMETERS: Final = 60
"""Up to so many weights and biases everything is asked for; beyond, one neuron of each layer."""
WIDEST: Final = 12
"""A weighted sum with more terms does not fit on a line."""
DIGITS: Final = 3
GIVEN_DIGITS: Final = 4
BLANK: Final = Markup('<span class="blank"></span>')
SUPERSCRIPTS: Final = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Item:
    """One number to be worked out.

    Attributes:
        formula: what it follows from, in symbols.
        blanks: the same with room for the numbers.
        numbers: the same with the numbers.
        answer: the result, rounded.
    """

    formula: Markup
    blanks: Markup
    numbers: Markup
    answer: str


@dataclass(frozen=True)
class Grid:
    """Numbers that are worked out in the same way, as a table.

    Attributes:
        head: of the columns.
        rows: symbol and cells; a cell that is to be filled in is a pair with None on the sheet.
    """

    head: list[Markup]
    rows: list[tuple[Markup, list[Cell]]]


@dataclass(frozen=True)
class Cell:
    """One number of a table, and whether it is given."""

    text: str
    given: bool


@dataclass(frozen=True)
class Part:
    """Some numbers under a heading."""

    heading: str
    rule: Markup
    words: str
    items: list[Item]
    grid: Grid | None = None


@dataclass(frozen=True)
class Section:
    """A phase of the step."""

    number: int
    heading: str
    words: str
    parts: list[Part]


@dataclass(frozen=True)
class Given:
    """A symbol and what it is."""

    symbol: Markup
    value: Markup | str
    note: str = ""


@dataclass(frozen=True)
class Worksheet:
    """Everything that the page shows.

    Attributes:
        title: of the experiment.
        step: counted from 0.
        sample: row of the batch, counted from 0.
        batch_size: rows of the batch.
        limited: which neurons are asked for, where not all are; empty otherwise.
        picture: the network, as SVG.
        given: what is known: the row, the learning rate.
        matrices: the weights and biases.
        functions: activations and loss.
        sections: what is to be worked out.
    """

    title: str
    step: int
    sample: int
    batch_size: int
    limited: str
    picture: Markup
    given: list[Given]
    matrices: list[Given]
    functions: list[Given]
    sections: list[Section]


def worksheet_of(timeline: Timeline, sample: int) -> Worksheet:
    """The worksheet of the step at the cursor.

    Args:
        timeline: a run of one's own: it is moved to the end of its step.
        sample: row of the batch, counted from 0.

    Raises:
        RefusedError: there is no such row, the run has ended, or the network is too large for paper.
    """
    return _Writer(timeline, sample).worksheet()


class _Writer:
    """Writes a worksheet; see `worksheet_of`."""

    def __init__(self, timeline: Timeline, sample: int) -> None:
        experiment = timeline.experiment
        widest = max(max(layer.fan_in, layer.units) for layer in experiment.layers)
        if widest > WIDEST:
            allowed = f"at most {WIDEST} inputs, and {WIDEST} neurons in a layer"
            raise RefusedError(
                "This network is too large to be worked through on paper.",
                [Problem("network.layers", f"{widest} numbers side by side", allowed)],
            )
        rows = len(timeline.batch_rows())
        if not 0 <= sample < rows:
            raise RefusedError(
                "There is no such row in this batch.", [Problem("sample", str(sample), f"0 to {rows - 1}")]
            )
        timeline.run_to_end_of_step()
        if timeline.cursor.event != len(timeline.plan) - 1:
            raise RefusedError("The run ends here: there is no whole step to be worked through.")
        self.timeline = timeline
        self.experiment = experiment
        self.sample = sample
        self.rows = rows
        self.whole = experiment.layout.count <= MOST_PARAMETERS
        self.chosen = {
            index: list(range(layer.units)) if self.whole else [self._loudest(index)]
            for index, layer in enumerate(experiment.layers)
        }

    def _loudest(self, index: int) -> int:
        """The neuron of a layer that this row's error depends on most."""
        name = f"layer{index}.delta"
        values = self.timeline.read(name) if name in self.timeline.values else self.timeline.read(f"layer{index}.a")
        return int(np.abs(values[self.sample]).argmax())

    def worksheet(self) -> Worksheet:
        """Everything that the page shows."""
        return Worksheet(
            title=str(self.experiment.document.get("title", "")) or "A small network",
            step=self.timeline.cursor.step,
            sample=self.sample,
            batch_size=self.rows,
            limited=self._limited(),
            picture=picture([self.experiment.layers[0].fan_in, *(layer.units for layer in self.experiment.layers)]),
            given=self._given(),
            matrices=self._matrices(),
            functions=self._functions(),
            sections=[self._forward(), self._loss(), self._backward(), self._update()],
        )

    # ------------------------------------------------------------------ what is given

    def _limited(self) -> str:
        if self.whole:
            return ""
        chosen = ", ".join(f"neuron {neurons[0] + 1} of layer {index + 1}" for index, neurons in self.chosen.items())
        return (
            f"This network has {self.experiment.layout.count} weights and biases. So that the sheet stays short, one "
            f"neuron of each layer is asked for: {chosen}. What it needs of the others is given."
        )

    def _given(self) -> list[Given]:
        data = self.experiment.dataset
        x, y = self.timeline.read("x")[self.sample], self.timeline.read("y")[self.sample]
        given = [
            Given(self._symbol("x", self.sample, i), rounded(value), telling(data.input_names[i]))
            for i, value in enumerate(x.tolist())
        ]
        given += [
            Given(self._symbol("y", self.sample, k), rounded(value), f"target: {data.target_names[k]}")
            for k, value in enumerate(y.tolist())
        ]
        rate = rounded(self.timeline.learning_rate)
        return [*given, Given(self._symbol("learning_rate"), rate, "learning rate")]

    def _matrices(self) -> list[Given]:
        given = []
        for index, layer in enumerate(self.experiment.layers):
            sup = f"^{{({index + 1})}}"
            if isinstance(layer, Dense):
                for part in ("W", "b"):
                    values = self.timeline.read(f"layer{index}.{part}")
                    columns = values if part == "W" else values[:, np.newaxis]
                    letter = rf"\mathbf{{{part}}}" if part == "b" else part
                    given.append(Given(math(letter + sup), math(matrix(columns))))
            else:
                mask = self.timeline.read(f"layer{index}.mask")[self.sample][:, np.newaxis]
                given.append(Given(math(f"m{sup}"), math(matrix(mask)), "dropout mask"))
        return given

    def _functions(self) -> list[Given]:
        names = dict.fromkeys(layer.activation for layer in self.experiment.layers if isinstance(layer, Dense))
        given = []
        for name in names:
            activation = ACTIVATIONS[name]
            if activation.sign:
                formula = rf"a = {activation.latex}"
                if activation.slope is not None:
                    formula += rf",\quad f'(z) = {activation.slope_latex}"
                given.append(Given(math(formula), "", activation.label))
        loss = self.experiment.loss
        return [*given, Given(math(rf"\ell = {loss.latex}"), "", loss.label)]

    # ------------------------------------------------------------------ what is to be worked out

    def _forward(self) -> Section:
        parts = []
        for index, layer in enumerate(self.experiment.layers):
            if isinstance(layer, Dense):
                sup = f"^{{({index + 1})}}"
                sign = ACTIVATIONS[layer.activation].sign
                before = "x" if index == 0 else f"a^{{({index})}}"
                items = [item for j in self.chosen[index] for item in self._items(index, j, ("z", "a"))]
                rule = math(rf"z{sup} = W{sup} {before} + \mathbf{{b}}{sup},\quad a{sup} = {sign or ''}(z{sup})")
                heading = f"Layer {index + 1}: weighted sums, then {ACTIVATIONS[layer.activation].label}"
            else:
                items = [item for j in self.chosen[index] for item in self._items(index, j, ("a",))]
                rule, heading = math(r"a_j \cdot m_j"), f"Layer {index + 1}: dropout"
            parts.append(Part(heading, rule, "", items))
        return Section(
            1, "Forward", "Each input times its weight, added up, plus the bias; then the activation.", parts
        )

    def _loss(self) -> Section:
        explanation = self.timeline.explain("sample_loss", (self.sample,))
        part = Part("", Markup(""), "", [self._item(explanation)])
        return Section(2, "The loss", explanation.words, [part])

    def _backward(self) -> Section:
        parts = []
        last = len(self.experiment.layers) - 1
        first = next(index for index, layer in enumerate(self.experiment.layers) if isinstance(layer, Dense))
        for index in range(last, first - 1, -1):
            layer = self.experiment.layers[index]
            sup = f"^{{({index + 1})}}"
            if not isinstance(layer, Dense):
                items = [item for j in self.chosen[index] for item in self._items(index, j, ("grad_a",))]
                parts.append(Part(f"Layer {index + 1}: back through dropout", Markup(""), "", items))
                continue
            fields = ["delta"]
            if index < last or not self.experiment.fused:
                fields = ["grad_a", "delta"]
                if ACTIVATIONS[layer.activation].slope is not None:
                    fields.insert(1, "slope")
            items = [item for j in self.chosen[index] for item in self._items(index, j, fields)]
            parts.append(Part(f"Layer {index + 1}: the error", Markup(""), "", items))
            before = "x" if index == 0 else f"a^{{({index})}}"
            rule = math(
                rf"\frac{{\partial \ell}}{{\partial w{sup}_{{ji}}}} = \delta{sup}_j\, {before}_i,\quad "
                rf"\frac{{\partial \ell}}{{\partial b{sup}_j}} = \delta{sup}_j"
            )
            parts.append(Part(f"Layer {index + 1}: the gradients of this row", rule, "", [], self._gradients(index)))
        words = "From the loss back to every weight, one factor of the chain rule at a time."
        return Section(3, "Backward", words, parts)

    def _gradients(self, index: int) -> Grid:
        """δ times what came in, for one row of the batch."""
        layer = self.experiment.layers[index]
        delta = self.timeline.read(f"layer{index}.delta")[self.sample]
        source = "x" if index == 0 else f"layer{index - 1}.a"
        incoming = self.timeline.read(source)[self.sample]
        head = [
            self._symbol(source, self.sample, i)
            if self._is_on_sheet(source, (self.sample, i))
            else math(f"{symbol_of(source, (self.sample, i))[0]} = {rounded(incoming[i], latex=True)}")
            for i in range(layer.fan_in)
        ]
        rows = []
        for j in self.chosen[index]:
            values = [*(delta[j] * incoming).tolist(), float(delta[j])]
            symbol = self._symbol(f"layer{index}.delta", self.sample, j)
            rows.append((symbol, [Cell(answer(value), False) for value in values]))
        return Grid([Markup(""), *head, Markup("bias: 1")], rows)

    def _update(self) -> Section:
        optimizer, constants = self.experiment.optimizer, self.timeline.hyperparameters()
        plain = optimizer.name == "sgd" and constants.get("weight_decay", 0.0) == 0.0
        staged = self.experiment.penalty.active or self.experiment.clipping.type != "none"
        asked = self.rows == 1 and not staged
        head = ["parameter", "now", "gradient"] + ([] if plain else ["change"]) + ["new"]
        rows = []
        for index, layer in enumerate(self.experiment.layers):
            if not isinstance(layer, Dense):
                continue
            for j in self.chosen[index]:
                places = [("W", (j, i)) for i in range(layer.fan_in)] + [("b", (j,))]
                for part, at in places:
                    own = f"layer{index}.{part}"
                    cells = [
                        Cell(rounded(self._value(own, at)), True),
                        Cell((answer if asked else rounded)(self._value(f"layer{index}.grad_{part}", at)), not asked),
                    ]
                    if not plain:
                        cells.append(Cell(rounded(self._value(f"layer{index}.change_{part}", at)), True))
                    cells.append(Cell(rounded(self._value(f"layer{index}.next_{part}", at)), False))
                    rows.append((self._symbol(own, *at), cells))
        words = []
        if self.rows > 1:
            words.append(
                f"The update uses the mean of the gradients of all {self.rows} rows of the batch, which is given here; "
                "yours above is one of them."
            )
        if staged:
            words.append("It holds what the penalty and clipping make of it.")
        if asked:
            words.append("The batch is this one row, so its gradient is the one that counts.")
        if self.experiment.frozen:
            words.append("Frozen parameters stay as they are.")
        if plain:
            rule = math(r"w' = w - \eta\, \frac{\partial L}{\partial w}")
        else:
            words.append(f"What {optimizer.label} makes of the gradient, the change, is given.")
            rule = math(rf"w' = w + \Delta w \qquad ({optimizer.latex})")
        grid = Grid([Markup.escape(word) for word in head], rows)
        rest = Part("", rule, " ".join(words), [], grid)
        return Section(4, "Update", "Only now do the weights move.", [rest])

    # ------------------------------------------------------------------ one number

    def _items(self, index: int, neuron: int, fields: Iterable[str]) -> list[Item]:
        return [self._item(self.timeline.explain(f"layer{index}.{field}", (self.sample, neuron))) for field in fields]

    def _item(self, explanation: Explanation) -> Item:
        quantity, expression = explanation.quantity, explanation.expression
        value = quantity.value if quantity.value is not None else float("nan")
        symbols = in_symbols(expression)
        if symbols == quantity.latex:
            symbols = explanation.rule.partition("=")[2]  # a function that has no other name than its own symbol
        formula = math(f"{quantity.latex} = {symbols}")
        return Item(formula, in_numbers(expression, self._room_for), in_numbers(expression, rounded_in), answer(value))

    def _room_for(self, leaf: Expression) -> Markup:
        """A blank for what the sheet gives or asks for; the number itself where it does neither."""
        quantity = leaf.quantity
        return BLANK if quantity is None or self._is_on_sheet(quantity.name, quantity.index) else rounded_in(leaf)

    def _is_on_sheet(self, name: str, index: tuple[int, ...]) -> bool:
        layer, _, field = name.removeprefix("layer").partition(".")
        return field not in ("z", "a", "slope", "delta", "grad_a") or index[1] in self.chosen[int(layer)]

    def _value(self, name: str, index: tuple[int, ...]) -> float:
        return float(self.timeline.read(name)[index])

    def _symbol(self, name: str, *index: int) -> Markup:
        return math(symbol_of(name, index)[0])


def telling(name: str) -> str:
    """The name of a column where it says more than its symbol."""
    return name if len(name) > 2 else ""


def math(latex: str) -> Markup:
    """A formula inside a line, its fractions full size."""
    return Markup('<math displaystyle="true">{}</math>').format(Markup(fragment(latex)))


def matrix(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    """A matrix in LaTeX."""
    rows = (r" & ".join(rounded(value, latex=True) for value in row) for row in values.tolist())
    return r"\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"


def rounded(value: float, digits: int = GIVEN_DIGITS, *, latex: bool = False) -> str:
    """A number with at most so many significant digits, as a person would write it."""
    return written(f"{value:.{digits}g}", latex=latex)


def answer(value: float) -> str:
    """A result with exactly three significant digits, so that 0.45 is seen to be 0.450."""
    if value == 0.0:
        return "0"
    digits, mark, exponent = f"{value:#.{DIGITS}g}".partition("e")
    return written(digits.removesuffix(".") + mark + exponent)


def written(text: str, *, latex: bool = False) -> str:
    """A number as Python writes it, as people do."""
    if text.strip("-") in ("inf", "nan"):
        return {"inf": "∞", "-inf": "−∞"}.get(text, "NaN")
    mantissa, _, exponent = text.partition("e")
    if exponent:
        power = str(int(exponent))
        text = rf"{mantissa} \cdot 10^{{{power}}}" if latex else f"{mantissa} · 10{power.translate(SUPERSCRIPTS)}"
    text = "0" if text == "-0" else text
    return text if latex else text.replace("-", "−")


def rounded_in(leaf: Expression) -> Markup:
    """The number of a leaf inside a formula, in brackets where its sign would be mistaken."""
    text = rounded(leaf.value if leaf.value is not None else float("nan"))
    return Markup.escape(f"({text})" if text.startswith("−") else text)


def in_symbols(expression: Expression, *, inside: str = "") -> str:
    """An expression in LaTeX, with the symbols of its quantities.

    Args:
        expression: to be written.
        inside: `product` or `difference` where it stands in one, so that a sum needs brackets.
    """
    args = expression.args
    match expression.op:
        case "quantity":
            return expression.quantity.latex if expression.quantity is not None else ""
        case "number":
            return rounded(expression.value if expression.value is not None else 0.0, latex=True)
        case "sum":
            return bracketed(" + ".join(in_symbols(arg) for arg in args), bool(inside))
        case "difference":
            text = f"{in_symbols(args[0])} - {in_symbols(args[1], inside='difference')}"
            return bracketed(text, bool(inside))
        case "product":
            return r" \cdot ".join(in_symbols(arg, inside="product") for arg in args)
        case "mean":
            total = " + ".join(in_symbols(arg) for arg in args)
            return rf"\frac{{1}}{{{len(args)}}} ({total})"
        case "negative":
            return bracketed("-" + in_symbols(args[0], inside="product"), bool(inside))
        case "quotient":
            return rf"\frac{{{in_symbols(args[0])}}}{{{in_symbols(args[1])}}}"
        case "power":
            return f"{in_symbols(args[0], inside='product')}^{{{in_symbols(args[1])}}}"
        case "call":
            inner = ", ".join(in_symbols(arg) for arg in args)
            return rf"\sqrt{{{inner}}}" if expression.latex == r"\sqrt" else f"{expression.latex}({inner})"


def bracketed(text: str, needed: bool) -> str:
    """Text in brackets where they are needed."""
    return f"({text})" if needed else text


def in_numbers(expression: Expression, leaf: Callable[[Expression], Markup], *, inside: str = "") -> Markup:
    """An expression in HTML, with a number or a blank for each of its quantities; see `in_symbols`."""
    args = expression.args

    def brackets(text: Markup) -> Markup:
        return Markup("({})").format(text) if inside else text

    match expression.op:
        case "quantity":
            return leaf(expression)
        case "number":
            return rounded_in(expression)
        case "sum":
            return brackets(Markup(" + ").join(in_numbers(arg, leaf) for arg in args))
        case "difference":
            first, second = in_numbers(args[0], leaf), in_numbers(args[1], leaf, inside="difference")
            return brackets(Markup("{} − {}").format(first, second))
        case "product":
            return Markup(" · ").join(in_numbers(arg, leaf, inside="product") for arg in args)
        case "mean":
            total = Markup(" + ").join(in_numbers(arg, leaf) for arg in args)
            return Markup("({}) / {}").format(total, len(args))
        case "negative":
            return brackets(Markup("−{}").format(in_numbers(args[0], leaf, inside="product")))
        case "quotient":
            over = in_numbers(args[0], leaf, inside="product")
            under = in_numbers(args[1], leaf, inside="product")
            return Markup("{} / {}").format(over, under)
        case "power":
            return Markup("{}<sup>{}</sup>").format(
                in_numbers(args[0], leaf, inside="product"), in_numbers(args[1], leaf)
            )
        case "call":
            inner = Markup(", ").join(in_numbers(arg, leaf) for arg in args)
            if len(args) != 1 or args[0].op != "quantity" or not inner.startswith("("):
                inner = Markup("({})").format(inner)
            return Markup("{}{}").format(CALLS.get(expression.name, expression.name), inner)


CALLS: Final = {"sigmoid": "σ", "root": "√"}


def picture(sizes: list[int]) -> Markup:
    """The network as SVG: inputs, then a column of neurons for each layer."""
    across, down, radius = 118, 46, 15
    height = max(sizes) * down + 24
    width = (len(sizes) - 1) * across + 2 * radius + 40

    def place(column: int, row: int) -> tuple[float, float]:
        return 20 + radius + column * across, height / 2 + (row - (sizes[column] - 1) / 2) * down

    pieces = []
    for column in range(1, len(sizes)):
        for j in range(sizes[column]):
            for i in range(sizes[column - 1]):
                (x1, y1), (x2, y2) = place(column - 1, i), place(column, j)
                pieces.append(f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>')
    for column, size in enumerate(sizes):
        for row in range(size):
            x, y = place(column, row)
            letter, sup = ("x", "") if column == 0 else ("a", f"({column})")
            mark = f'<tspan class="mark" dy="-5">{sup}</tspan>' if sup else ""
            back = 5 if sup else 0
            pieces.append(
                f'<circle cx="{x:g}" cy="{y:g}" r="{radius}"/><text x="{x:g}" y="{y + 4:g}"><tspan class="letter">'
                f'{letter}</tspan>{mark}<tspan class="mark" dy="{back + 3}">{row + 1}</tspan></text>'
            )
    return Markup(
        f'<svg class="network" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="A network of {" → ".join(str(size) for size in sizes)}">{"".join(pieces)}</svg>'
    )
