"""How quickly the server answers, and how smoothly the page draws.

    python -m benchmarks.stream              everything
    python -m benchmarks.stream --no-page    without a browser

Measured from outside, as a viewer sees it: the server in a process of its own, the viewers in others, all on this
machine. Nothing else should be running on it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import sync_playwright
from websockets.asyncio.client import ClientConnection, connect

ROOT: Final = Path(__file__).resolve().parents[1]
VIEWERS: Final = 30
FRAME_SECONDS: Final = 1 / 60
# What the page opens on; it neither ends nor diverges in the time of a measurement.
PRESET: Final = "xor"
_SEQ: Final = re.compile(r'"type":"frame","seq":(\d+)')


class Row:
    """A line of the table: what was measured, and what was hoped for."""

    def __init__(self, name: str, seen: Sequence[float], unit: str, aim: str) -> None:
        self.name = name
        self.seen = sorted(seen)
        self.unit = unit
        self.aim = aim

    def __str__(self) -> str:
        if not self.seen:
            return f"{self.name:<58} {'not seen':>38}   {self.aim}"
        numbers = "".join(f"{number:>11.2f}" for number in (self.at(0.5), self.at(0.99), self.seen[-1]))
        return f"{self.name:<58}{numbers} {self.unit:<4}   {self.aim}"

    def at(self, share: float) -> float:
        """The number below which that share of all lies."""
        return self.seen[min(int(share * len(self.seen)), len(self.seen) - 1)]


@contextmanager
def server() -> Iterator[str]:
    """A server of its own, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "--no-browser", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(200):
            try:
                with urlopen(address + "healthz", timeout=1):
                    break
            except (URLError, OSError):
                time.sleep(0.05)
        else:
            raise TimeoutError("the server did not start")
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


@asynccontextmanager
async def viewer(address: str) -> AsyncIterator[ClientConnection]:
    """A connection that has been greeted."""
    # A message of 100 kB is usual here, and packing it would be measured as well.
    url = address.replace("http", "ws", 1) + "ws"
    async with connect(url, compression=None, max_size=None, ping_interval=None) as line:
        await line.recv()
        yield line


async def say(line: ClientConnection, command: str, **fields: object) -> None:
    """Send a command."""
    await line.send(json.dumps({"type": command, **fields}))


async def hear(line: ClientConnection, kind: str) -> Any:
    """The next message of a kind; frames on the way are said to be drawn."""
    while True:
        text = str(await line.recv())
        if found := _SEQ.search(text[:80]):
            await say(line, "drawn", seq=int(found[1]))
        if text.startswith(f'{{"type":"{kind}"'):
            return json.loads(text)


async def from_next_to_event(address: str, count: int) -> list[float]:
    """Milliseconds from a command to the event it asks for, one event after another."""
    async with viewer(address) as line:
        await say(line, "open", preset="mazur")
        await hear(line, "snapshot")
        seen = []
        for _ in range(count):
            began = time.perf_counter()
            await say(line, "next", grain="event")
            await hear(line, "event")
            seen.append(1e3 * (time.perf_counter() - began))
            # Nobody presses a key more often, and the server would not take it.
            await asyncio.sleep(0.01)
        return seen


async def crowd(address: str, session: str, viewers: int) -> None:
    """Viewers who look at a session and say that they draw each frame when a screen would have shown it."""

    async def look() -> None:
        async with viewer(address) as line:
            await say(line, "open", session=session)
            async for message in line:
                if found := _SEQ.search(str(message)[:80]):
                    await asyncio.sleep(FRAME_SECONDS / 2)
                    await say(line, "drawn", seq=int(found[1]))

    await asyncio.gather(*(look() for _ in range(viewers)))


async def from_edit_to_edited(address: str, count: int) -> tuple[list[float], list[float], list[float]]:
    """While a session plays at full speed to a room: the delays of edits, and the rates of frames and steps.

    Returns:
        Milliseconds from a learning-rate edit to its acknowledgement; frames a second; training steps a second.
    """
    async with viewer(address) as line:
        await say(line, "open", preset=PRESET)
        session = (await hear(line, "snapshot"))["session"]
        room = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.stream", "--crowd", address, session, str(VIEWERS - 1)), cwd=ROOT
        )
        try:
            while json.loads(await asyncio.to_thread(fetch, address + "healthz"))["viewers"] < VIEWERS:
                await asyncio.sleep(0.1)
            await say(line, "play", steps_per_second=None)
            seen: list[float] = []
            drawn: list[float] = []
            speeds: list[float] = []
            asked: dict[int, float] = {}
            done = asyncio.Event()

            async def listen() -> None:
                async for message in line:
                    now = time.perf_counter()
                    text = str(message)
                    if found := _SEQ.search(text[:80]):
                        await say(line, "drawn", seq=int(found[1]))
                        drawn.append(now)
                        speeds.append(json.loads(text)["steps_per_second"])
                    elif text.startswith('{"type":"edited"'):
                        seen.append(1e3 * (now - asked.pop(json.loads(text)["id"])))
                        if len(seen) == count:
                            done.set()

            listening = asyncio.create_task(listen())
            await asyncio.sleep(1)
            for number in range(1, count + 1):
                asked[number] = time.perf_counter()
                await say(line, "edit", id=number, path="learning_rate", value=0.1 + 0.001 * (number % 50))
                await asyncio.sleep(0.02)
            await asyncio.wait_for(done.wait(), 10)
            listening.cancel()
        finally:
            room.terminate()
            await room.wait()
    seconds = [int(moment - drawn[0]) for moment in drawn]
    return seen, [float(seconds.count(second)) for second in range(seconds[-1])], speeds


# The network is on the stage, so the first key will be understood.
READY: Final = """
() => document.querySelectorAll("#stage-picture *").length > 50
"""
FIRST_EVENT: Final = """
() => /event 1 of/.test(document.querySelector("#transport")?.textContent ?? "") && performance.now()
"""
# Moves the slider and waits until what `shown` says is new and has `mark` in it, without waiting for the next picture.
MOVE_SLIDER: Final = """
async ({count, shown, mark}) => {
  const slider = document.querySelector("#learning-rate input[type=range]");
  const look = () => { const seen = document.querySelector(shown); return seen.value ?? seen.textContent; };
  const soon = new MessageChannel();
  const turn = () => new Promise((resolve) => { soon.port1.onmessage = resolve; soon.port2.postMessage(0); });
  const times = [];
  for (let k = 0; k < count; k += 1) {
    const before = look();
    const began = performance.now();
    slider.value = 0.3 + 0.4 * ((k * 0.37) % 1);
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    const isNew = (seen) => seen !== before && seen.includes(mark);
    while (!isNew(look()) && performance.now() - began < 1000) await turn();
    times.push(performance.now() - began);
    // Whatever else the move sets going is not to be measured with the next.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return times;
}
"""
DRAWN: Final = """
(milliseconds) => new Promise((resolve) => {
  const tasks = [], gaps = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.duration)));
  observer.observe({entryTypes: ["longtask"]});
  let last = 0, end = 0;
  requestAnimationFrame(function draw(now) {
    if (last) gaps.push(now - last); else end = now + milliseconds;
    last = now;
    if (now < end) requestAnimationFrame(draw);
    else { observer.disconnect(); resolve({gaps, tasks}); }
  });
})
"""
CHROMIUM: Final = (
    "chromium",
    "chromium-browser",
    "chromium-headless-shell",
    "google-chrome",
    "google-chrome-stable",
)
ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"]


def browser_program() -> str | None:
    """Where a Chromium is; if there is none, that is said."""
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        print(f"no browser: looked for {', '.join(CHROMIUM)}")
    return program


def on_the_page(address: str, count: int) -> list[Row]:
    """What somebody at a browser sees: how soon, how quickly, how smoothly."""
    program = browser_program()
    if program is None:
        return []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        first = []
        for _ in range(5):
            page = browser.new_context().new_page()
            page.goto(address, wait_until="commit")
            page.wait_for_function(READY)
            page.keyboard.press("ArrowRight")
            first.append(float(page.wait_for_function(FIRST_EVENT, polling="raf").json_value()))
            page.context.close()
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        page.goto(address)
        page.wait_for_function(READY)
        number = page.evaluate(
            MOVE_SLIDER, {"count": count, "shown": "#learning-rate input:not([type=range])", "mark": ""}
        )
        page.keyboard.press("End")
        page.wait_for_function("() => document.querySelector('#learning-rate .rate-words')?.hidden === false")
        loss = page.evaluate(MOVE_SLIDER, {"count": count, "shown": "#learning-rate .rate-words", "mark": "→"})
        for _ in range(5):
            page.keyboard.press("-")
        page.evaluate("() => document.activeElement?.blur()")
        page.keyboard.press("Space")
        page.wait_for_timeout(1500)
        drawn = page.evaluate(DRAWN, 5000)
        browser.close()
    rate = len(drawn["gaps"]) / (sum(drawn["gaps"]) / 1e3)
    return [
        Row("page: from the address to the first event", first, "ms", "< 1000"),
        Row("page: from the slider to the number beside it", number, "ms", "median < 10"),
        # Where two rates lead to the same three digits, nothing new was to be seen.
        Row("page: from the slider to the engine's predicted loss", [time for time in loss if time < 1000], "ms", ""),
        Row("page, full speed: pictures drawn", [rate], "/s", ">= 55"),
        Row("page, full speed: tasks of the main thread over 50 ms", drawn["tasks"] or [0.0], "ms", "none"),
    ]


def fetch(address: str) -> bytes:
    """What is at an address."""
    with urlopen(address, timeout=5) as answer:
        content: bytes = answer.read()
    return content


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="How quickly the server answers, and how smoothly the page draws.")
    parser.add_argument("--count", type=int, default=400, help="commands of each kind (default: %(default)s)")
    parser.add_argument("--no-page", action="store_true", help="leave the browser out")
    parser.add_argument("--crowd", nargs=3, metavar=("ADDRESS", "SESSION", "VIEWERS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.crowd:
        address, session, viewers = options.crowd
        asyncio.run(crowd(address, session, int(viewers)))
        return 0
    print(f"{'':<58}{'median':>11}{'p99':>11}{'largest':>11}          aim")
    with server() as address:
        print(Row("from next to the event", asyncio.run(from_next_to_event(address, options.count)), "ms", "p99 < 5"))
    with server() as address:
        edits, frames, speeds = asyncio.run(from_edit_to_edited(address, options.count))
        room = f"{VIEWERS} viewers, full speed: "
        print(Row(room + "from a learning rate to its echo", edits, "ms", "p99 < 5"))
        print(Row(room + "frames to each viewer", frames, "/s", "about 60"))
        print(Row(room + "training steps", speeds, "/s", ""))
    if not options.no_page:
        with server() as address:
            for row in on_the_page(address, options.count // 10):
                print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
