"""What the views cost: the server's part, the wait for a picture, and how smoothly the page draws meanwhile.

    python -m benchmarks.views              everything
    python -m benchmarks.views --no-page    without a browser

The plane is set beside the plainest NumPy that answers the same question, in one interleaved run. Nothing else should be
running on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from playwright.sync_api import Page, sync_playwright

from app.documents import preset
from app.encode import encode_view
from app.opening import session_of
from app.settings import Settings
from app.views.registry import view_of
from app.views.requests import PlaneRequest
from benchmarks.stream import ARGUMENTS, DRAWN, READY, Row, browser_program, say, server, viewer
from engine import Timeline
from engine.events import FloatArray

STEPS_BEFORE: Final = 200
ROUNDS: Final = 300
# 2-4-1 has 17 parameters.
SEVENTEEN: Final = {
    "version": 1,
    "seed": 1,
    "data": {"name": "xor"},
    "network": {
        "layers": [
            {"type": "dense", "units": 4, "activation": "tanh"},
            {"type": "dense", "units": 1, "activation": "sigmoid"},
        ]
    },
    "loss": "binary_cross_entropy",
    "optimizer": {"type": "sgd", "learning_rate": 0.5},
}
LANDSCAPE: Final = {"view": "landscape", "axes": {"kind": "random", "seed": 0}, "over": "training"}
FINEST: Final = 41


def milliseconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - began)


def plane_rows() -> list[Row]:
    """A 50×50 plane with a map of every neuron of a 2-4-2-1 network: ours as it is sent, and plain NumPy's numbers."""
    session = session_of(preset("circles"), Settings(), "a-session-of-the-benchmark")
    session.timeline.run(STEPS_BEFORE)
    request = PlaneRequest(view="plane", neurons=True)
    view = view_of(request)

    def ours() -> None:
        parts = [part for part in view.show(session, request) if part is not None]
        encode_view(request, parts[-1], *session.place())

    timeline = session.timeline
    plain = plain_plane(timeline)
    seen: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(ROUNDS):
        seen["ours"].append(milliseconds(ours))
        seen["plain"].append(milliseconds(plain))
    ratio = statistics.median(seen["ours"]) / statistics.median(seen["plain"])
    return [
        Row("plane 50×50 with every neuron, told and packed", seen["ours"], "ms", "< 2"),
        Row("the same numbers by plain NumPy, neither told nor packed", seen["plain"], "ms", ""),
        Row("ratio of their medians", [ratio], "", ""),
    ]


def plain_plane(timeline: Timeline) -> Callable[[], list[FloatArray]]:
    """Every neuron's activation at 50×50 points, as anybody would write it."""
    parameters = timeline.parameters()
    side = np.linspace(-1.5, 1.5, 50)

    def answer() -> list[FloatArray]:
        across, up = np.meshgrid(side, side)
        a = np.column_stack([across.ravel(), up.ravel()])
        maps = []
        for layer in range(3):
            z = a @ parameters[f"layer{layer}.W"].T + parameters[f"layer{layer}.b"]
            a = np.tanh(z) if layer < 2 else 1 / (1 + np.exp(-z))
            maps.append(a.T.reshape(-1, 50, 50))
        return maps

    return answer


async def landscape_rows(address: str, count: int) -> list[Row]:
    """From asking for a landscape of 17 parameters to its first and its finest picture."""
    first: list[float] = []
    finest: list[float] = []
    async with viewer(address) as line:
        for number in range(count):
            await say(line, "open", document={**SEVENTEEN, "seed": number})
            await until(line, lambda told: told.get("type") == "snapshot")
            await say(line, "watch", views=[])
            began = time.perf_counter()
            await say(line, "watch", views=[{**LANDSCAPE, "axes": {"kind": "random", "seed": number}}])
            told = await until(line, lambda told: told.get("view") == "landscape" and side_of(told) > 0)
            first.append(1e3 * (time.perf_counter() - began))
            while side_of(told) < FINEST:
                told = await until(line, lambda told: told.get("view") == "landscape" and side_of(told) > 0)
            finest.append(1e3 * (time.perf_counter() - began))
    return [
        Row("landscape, 17 parameters: until something is seen", first, "ms", ""),
        Row("landscape, 17 parameters: until 41×41 is there", finest, "ms", "< 150"),
    ]


async def until(line: Any, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The next message that is wanted, without its arrays."""
    while True:
        message = await line.recv()
        if isinstance(message, bytes):
            length = int.from_bytes(message[4:8], "little")
            told = json.loads(message[8 : 8 + length])
        else:
            told = json.loads(message)
        if wanted(told):
            return dict(told)


def side_of(told: dict[str, Any]) -> int:
    """How many points a landscape has along one side; 0 when there is none yet."""
    sides = [place["shape"][0] for place in told.get("arrays", []) if len(place["shape"]) == 2]
    return max(sides, default=0)


def page_rows(address: str) -> list[Row]:
    """A session that trains at full speed, with plane, maps and loss curve open."""
    program = browser_program()
    if program is None:
        return []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        page.goto(f"{address}?preset=circles")
        page.wait_for_function(READY)
        for key in ("1", "2"):
            page.keyboard.press(key)
        for picture in ("#view-plane canvas", "#view-loss .pane-body"):
            page.wait_for_selector(picture)
        play_at_full_speed(page)
        page.wait_for_timeout(2000)
        drawn = page.evaluate(DRAWN, 5000)
        browser.close()
    rate = len(drawn["gaps"]) / (sum(drawn["gaps"]) / 1e3)
    return [
        Row("plane, maps and loss open, full speed: pictures drawn", [rate], "/s", "60"),
        Row("and tasks of the main thread over 50 ms", drawn["tasks"] or [0.0], "ms", "none"),
    ]


def play_at_full_speed(page: Page) -> None:
    """Let the server train as fast as it can."""
    page.select_option("#transport select", label="full speed")
    page.evaluate("() => document.activeElement?.blur()")
    page.keyboard.press("Space")


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="What the views cost.")
    parser.add_argument("--count", type=int, default=20, help="landscapes (default: %(default)s)")
    parser.add_argument("--no-page", action="store_true", help="leave the browser out")
    options = parser.parse_args()
    print(f"{'':<58}{'median':>11}{'p99':>11}{'largest':>11}          aim")
    for row in plane_rows():
        print(row)
    with server() as address:
        for row in asyncio.run(landscape_rows(address, options.count)):
            print(row)
    if not options.no_page:
        with server() as address:
            for row in page_rows(address):
                print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
