"""Whatever is changed in the middle of a step counts from there on; and whatever happens, the moment is not lost."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from engine import PRESETS, Experiment, Timeline
from tests.browser.conftest import OpenPage, StartServer
from tests.browser.expected import Rest, rests_of_step
from tests.browser.page_watch import PageWatch
from tests.browser.workbench import Screen, Workbench, agrees, numbers_in

RATE_HAS_COME = "(before) => document.querySelector('#rate-number').value !== before"
LINK = re.compile(r"^http://127\.0\.0\.1:\d+/#m=[\w.~%=+-]+$")


def timeline_of(preset: str) -> Timeline:
    document: dict[str, Any] = PRESETS[preset]["document"]
    return Timeline(Experiment.from_json(document))


def mazur_in_the_backward_pass(open_page: OpenPage, **options: Any) -> tuple[Workbench, Timeline]:
    """A page and a timeline, both after the gradient of the output layer's weights."""
    bench = Workbench(open_page("/?preset=mazur", **options))
    timeline = timeline_of("mazur")
    bench.choose_grain("layer")
    while timeline.cursor.event == 0 or timeline.plan[timeline.cursor.event - 1].kind != "weight_gradient":
        timeline.next()
        bench.press("ArrowRight", (0, timeline.cursor.event))
    return bench, timeline


def walk_to_update(bench: Workbench, timeline: Timeline) -> None:
    """Both go on until every new weight is known, by the keys that a focused field leaves alone."""
    while timeline.plan[timeline.cursor.event].kind != "commit":
        timeline.next()
        bench.press("PageDown", (timeline.cursor.step, timeline.cursor.event))


def next_weight(bench: Workbench, ref: str) -> str:
    """What the edge of a weight says that it will be."""
    return numbers_in((bench.thing(ref).get_attribute("aria-label") or "").partition("next value")[2])[0]


def slots_agree(screen: Screen, rest: Rest) -> bool:
    """Whether the neurons show these numbers and no others."""
    return screen.known() == set(rest.slots) and all(agrees(screen.slots[ref], rest.slots[ref]) for ref in rest.slots)


def same_moment(one: Screen, other: Screen) -> bool:
    """Whether two screens show the same; the sentence may differ, for one of them may have been greeted."""
    return (one.cursor, one.slots, one.notes, one.places) == (other.cursor, other.slots, other.notes, other.places)


@pytest.mark.parametrize("key", ["[", "]"])
def test_a_learning_rate_changed_by_key_in_the_backward_pass_is_the_one_of_this_update(
    open_page: OpenPage, key: str
) -> None:
    bench, timeline = mazur_in_the_backward_pass(open_page)
    before = bench.learning_rate().input_value()

    bench.page.keyboard.press(key)
    bench.page.wait_for_function(RATE_HAS_COME, arg=before)
    rate = float(bench.learning_rate().input_value())
    timeline.edit("learning_rate", rate)
    walk_to_update(bench, timeline)

    assert (rate < 0.5) == (key == "[")
    assert agrees(next_weight(bench, "layer0.W[0,0]"), timeline.values["layer0.next_W"][0, 0])
    assert agrees(next_weight(bench, "layer1.W[1,0]"), timeline.values["layer1.next_W"][1, 0])


def test_a_learning_rate_typed_in_the_backward_pass_is_the_one_of_this_update(open_page: OpenPage) -> None:
    bench, timeline = mazur_in_the_backward_pass(open_page)

    bench.learning_rate().focus()
    bench.page.keyboard.press("Control+A")
    bench.page.keyboard.type("2.5")
    bench.page.keyboard.press("Enter")
    timeline.edit("learning_rate", 2.5)
    walk_to_update(bench, timeline)

    assert bench.learning_rate().input_value() == "2.5"
    assert agrees(next_weight(bench, "layer0.W[0,0]"), timeline.values["layer0.next_W"][0, 0])


def test_a_learning_rate_that_is_no_number_is_refused_in_words(open_page: OpenPage) -> None:
    bench, timeline = mazur_in_the_backward_pass(open_page)

    bench.learning_rate().fill("fast")
    bench.page.keyboard.press("Enter")

    expect(bench.learning_rate()).to_have_attribute("aria-invalid", "true")
    expect(bench.learning_rate()).to_have_accessible_description(
        "A learning rate is a number such as 0.1, not below 0."
    )
    assert bench.cursor() == (0, timeline.cursor.event)


def test_a_weight_edited_between_forward_and_update_restarts_the_step(open_page: OpenPage) -> None:
    bench, timeline = mazur_in_the_backward_pass(open_page)

    result = timeline.edit("layer0.W", 0.75, index=(0, 1))
    bench.type_into_picture("layer0.W[0,1]", "0.75")
    bench.wait_for_cursor(result.cursor.step, result.cursor.event)
    screen = bench.screen()
    timeline.seek(0, 0)
    rests = {rest.cursor: rest for rest in rests_of_step(timeline, "layer")}

    assert slots_agree(screen, rests[screen.cursor])
    assert ("layer0.W[0,1]", "+0.75") in screen.notes
    last = screen.cursor[1]
    for cursor in [(0, event) for event in range(last + 1, last + 4)]:
        bench.press("PageDown", cursor)
        assert slots_agree(bench.screen(), rests[cursor])


def test_the_focus_comes_back_to_the_weight_that_was_edited(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=mazur"))

    bench.type_into_picture("layer0.W[0,1]", "−0.5")
    bench.page.wait_for_function("() => document.activeElement.ariaLabel?.includes('−0.5')")

    assert bench.page.evaluate("document.activeElement.dataset.ref") == "layer0.W[0,1]"


def test_an_input_edited_in_the_picture_is_multiplied_anew(open_page: OpenPage) -> None:
    bench, timeline = mazur_in_the_backward_pass(open_page)

    result = timeline.edit("x", 0.9, index=(0, 1))
    bench.type_into_picture("x[0,1]", "0,9")
    bench.wait_for_cursor(result.cursor.step, result.cursor.event)
    while timeline.cursor.event < 3:
        timeline.next()
        bench.press("PageDown", (0, timeline.cursor.event))
    screen = bench.screen()

    assert agrees(screen.slots["layer0.z[0,0]"], timeline.values["layer0.z"][0, 0])
    assert agrees(screen.slots["layer0.a[0,1]"], timeline.values["layer0.a"][0, 1])


def test_a_target_edited_in_the_data_panel_keeps_the_forward_pass(open_page: OpenPage) -> None:
    bench, timeline = mazur_in_the_backward_pass(open_page)

    result = timeline.edit("data.targets", 0.5, index=(0, 1))
    cell = bench.page.get_by_role("region", name="Data").get_by_role("button", name="0.99", exact=True)
    cell.focus()
    bench.page.keyboard.press("Enter")
    bench.page.keyboard.type("0.5")
    bench.page.keyboard.press("Enter")
    bench.wait_for_cursor(result.cursor.step, result.cursor.event)
    screen = bench.screen()

    timeline.seek(0, 0)
    rests = {rest.cursor: rest for rest in rests_of_step(timeline, "layer")}
    assert slots_agree(screen, rests[screen.cursor])


def test_another_sample_of_the_batch_can_be_looked_at(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    bench.choose_grain("phase")
    timeline = timeline_of("xor")
    bench.press("ArrowRight", (0, rests_of_step(timeline, "phase")[1].cursor[1]))

    bench.page.get_by_role("button", name="Show the sample after").press("Enter")
    expect(bench.page.get_by_role("group", name="Sample of the batch on show")).to_contain_text("sample 3 of 4")
    screen = bench.screen()

    timeline.seek(0, 0)
    wanted = rests_of_step(timeline, "phase", sample=2)[1]
    assert slots_agree(screen, wanted)


def in_the_middle_of_a_neuron(bench: Workbench) -> Screen:
    """Two products into a sum, at the grain of terms, with a weight pinned."""
    bench.choose_grain("term")
    bench.press("ArrowRight", (0, 1))
    bench.press("ArrowRight", (0, 2))
    bench.press("ArrowRight", (0, 2))
    bench.thing("layer1.W[0,1]").press("Enter")
    expect(bench.thing("layer1.W[0,1]")).to_have_attribute("aria-pressed", "true")
    return bench.screen()


def test_a_reload_comes_back_to_the_same_moment(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=mazur"))
    bench.choose_grain("term")
    before = in_the_middle_of_a_neuron(bench)

    bench.page.reload()
    bench.wait_until_open()
    bench.wait_for_cursor(0, 2)

    assert same_moment(bench.screen(), before)
    expect(bench.grain("term")).to_be_checked()
    expect(bench.thing("layer1.W[0,1]")).to_have_attribute("aria-pressed", "true")


def test_a_reload_keeps_the_grain_and_the_step(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    bench.choose_grain("step")
    for step in range(1, 4):
        bench.press("ArrowRight", (step, 0))
    bench.choose_grain("layer")
    bench.press("ArrowRight", (3, 1))
    bench.press("ArrowRight", (3, 2))
    before = bench.screen()

    bench.page.reload()
    bench.wait_until_open()
    bench.wait_for_cursor(3, 2)

    assert same_moment(bench.screen(), before)
    expect(bench.grain("layer")).to_be_checked()


def test_a_link_shows_the_same_moment_to_somebody_else(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=mazur"))
    before = in_the_middle_of_a_neuron(bench)
    bench.page.get_by_role("button", name="Share").press("Enter")
    field = bench.page.get_by_role("textbox", name="Link")
    expect(field).to_have_value(LINK)
    link = field.input_value()

    other = Workbench(open_page(link.removeprefix(bench.page.evaluate("location.origin"))))
    other.wait_for_cursor(0, 2)

    assert same_moment(other.screen(), before)
    expect(other.thing("layer1.W[0,1]")).to_have_attribute("aria-pressed", "true")


def test_after_an_example_is_chosen_arrows_step_through_it(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    bench.choose_grain("layer")
    bench.page.get_by_role("button", name="Examples").press("Enter")
    dialog = bench.page.get_by_role("dialog", name="Examples")

    dialog.get_by_role("button", name=re.compile(PRESETS["mazur"]["title"])).press("Enter")
    dialog.wait_for(state="hidden")
    bench.press("ArrowRight", (0, 1))
    bench.press("ArrowRight", (0, 2))

    assert slots_agree(bench.screen(), rests_of_step(timeline_of("mazur"), "layer")[2])


def test_a_link_followed_on_an_open_page_leaves_the_arrows_to_the_page(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=mazur"))
    bench.choose_grain("layer")
    bench.press("ArrowRight", (0, 1))
    bench.page.get_by_role("button", name="Share").press("Enter")
    field = bench.page.get_by_role("textbox", name="Link")
    expect(field).to_have_value(LINK)
    link = field.input_value()
    bench.page.keyboard.press("Escape")
    bench.page.evaluate("document.querySelector('#transport button').focus()")

    bench.page.evaluate("(hash) => { location.hash = hash; }", link.partition("#")[2])
    bench.page.wait_for_function("() => document.activeElement === document.body")
    bench.wait_for_cursor(0, 1)
    bench.press("ArrowRight", (0, 2))

    assert slots_agree(bench.screen(), rests_of_step(timeline_of("mazur"), "layer")[2])


def test_the_loss_of_an_update_is_foreseen_when_the_last_gradient_is_told_and_not_before(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=mazur"))
    bench.choose_grain("neuron")
    rests = rests_of_step(timeline_of("mazur"), "neuron")
    waiting = bench.page.get_by_text("after the backward pass: the loss this step would reach")
    waits = []

    for rest in rests[1:-1]:
        bench.press("ArrowRight", rest.cursor)
        waits.append(waiting.is_visible())

    assert waits == [not rest.planned for rest in rests[1:-1]]


def test_a_server_that_is_lost_is_said_in_words_and_healed_when_it_is_back(
    open_page: OpenPage, start_server: StartServer, page_watch: PageWatch
) -> None:
    page_watch.expect("WebSocket connection|ERR_CONNECTION")
    server = start_server()
    bench = Workbench(open_page("/?preset=mazur", server=server.url))
    before = in_the_middle_of_a_neuron(bench)
    alert = bench.page.get_by_role("alert").filter(has_text="The server does not answer")

    server.stop()
    expect(alert).to_be_visible()
    assert same_moment(bench.screen(), before)
    start_server(port=server.port)
    expect(alert).to_be_hidden()
    bench.wait_for_cursor(0, 2)

    assert same_moment(bench.screen(), before)
    bench.page.keyboard.press("Escape")
    bench.press("PageDown", (0, 2))
    rests = rests_of_step(timeline_of("mazur"), "term")
    assert slots_agree(bench.screen(), rests[4])


class Intercepted:
    """A page's line to the server, on which a message can be said twice."""

    def __init__(self, page: Page) -> None:
        self.events: list[dict[str, Any]] = []
        self._route: WebSocketRoute | None = None
        page.route_web_socket("**/ws", self._connect)

    def _connect(self, route: WebSocketRoute) -> None:
        self._route = route
        server = route.connect_to_server()

        def hear(message: str | bytes) -> None:
            said = json.loads(message)
            if said["type"] == "event":
                self.events.append(said)
            route.send(message)

        server.on_message(hear)

    def say(self, message: dict[str, Any]) -> None:
        """As if the server had said it."""
        assert self._route is not None
        self._route.send(json.dumps(message))


@pytest.mark.parametrize("place", ["forward", "backward", "after a step"])
def test_an_event_from_before_an_edit_is_not_drawn_after_it(open_page: OpenPage, place: str) -> None:
    """Within a step no record is dropped, but what has been told of this step no longer holds."""
    page = open_page("/healthz")
    line = Intercepted(page)
    page.goto("/?preset=mazur")
    bench = Workbench(page)
    bench.choose_grain("layer")
    rests = rests_of_step(timeline_of("mazur"), "layer")[1:]
    for rest in rests[: {"forward": 4, "backward": 12}.get(place)]:
        bench.press("ArrowRight", rest.cursor)
    if place == "after a step":
        bench.press("Home", (0, 0))

    bench.type_into_picture("layer0.W[0,0]", "3")
    page.wait_for_function("() => document.activeElement.ariaLabel?.endsWith(' 3')")
    before = bench.screen()
    old = next(event for event in line.events if [event["step"], event["index"]] == list(before.cursor))
    line.say(old)
    line.say({"type": "problem", "id": None, "message": "What was said before this has been heard.", "problems": []})
    expect(page.get_by_text("What was said before this has been heard.")).to_be_visible()

    assert before.cursor[0] == old["step"] == 0
    assert same_moment(bench.screen(), before)


def test_what_one_viewer_changes_is_shown_to_the_other(open_page: OpenPage) -> None:
    """Two pages on one session, as a reload in a second tab has it."""
    one = Workbench(open_page("/?preset=mazur"))
    remembered: str = one.page.evaluate("""async () => {
      dispatchEvent(new Event("pagehide"));
      return sessionStorage.getItem("chalkgrad.moment");
    }""")
    page = open_page("/healthz")
    page.evaluate("(moment) => sessionStorage.setItem('chalkgrad.moment', moment)", remembered)
    page.goto("/")
    other = Workbench(page)

    one.choose_grain("layer")
    one.press("ArrowRight", (0, 1))
    one.press("ArrowRight", (0, 2))
    other.wait_for_cursor(0, 2)
    other.type_into_picture("layer0.W[0,0]", "0.5")
    one.page.wait_for_function("""() => [...document.querySelectorAll("#stage-picture [data-ref='layer0.W[0,0]']")]
      .some((edge) => edge.ariaLabel?.includes(": 0.5"))""")
    for bench in (one, other):
        expect(bench.thing("layer0.z[0,0]")).to_have_accessible_name(re.compile("not computed yet$"))

    assert one.screen().slots == other.screen().slots
