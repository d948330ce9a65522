"""Pictures of every view at three sizes in both themes, to be looked at by people, in build/screenshots."""

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Theme
from tests.browser.test_screenshots import save
from tests.browser.workbench import Workbench

STEPS: Final = 12
# The size of the screen, and whether everything is to be large.
SIZES: Final[dict[str, tuple[tuple[int, int], bool]]] = {
    "desk": ((1280, 720), False),
    "projector": ((1920, 1080), True),
    "phone": ((390, 844), False),
}
# Each with the example that it is looked at with.
VIEWS: Final[dict[str, str]] = {
    "plane": "circles",
    "loss": "circles",
    "landscape": "house_prices",
    "what_if": "xor",
    "signals": "circles",
    "optimizer": "circles",
    "race": "xor",
}

# Half a line more than is shown, or half a letter.
IS_CUT: Final = """(words) => {
  const half = parseFloat(getComputedStyle(words).fontSize) / 2;
  return words.scrollHeight > words.clientHeight + half || words.scrollWidth > words.clientWidth + half;
}"""


def open_views(page: Page, *names: str) -> None:
    """Open views, and wait until each has drawn what there is to see."""
    for name in names:
        page.keyboard.press(str(list(VIEWS).index(name) + 1))
        expect(page.locator(f"#view-{name} .pane-words")).not_to_be_empty(timeout=30_000)
    if "landscape" in names:
        page.locator("#view-landscape .js-plotly-plot").wait_for(timeout=30_000)


def walked(page: Page) -> None:
    """Some steps, and then on to where every gradient is known."""
    bench = Workbench(page)
    bench.choose_grain("step")
    for step in range(1, STEPS + 1):
        bench.press("PageDown", (step, 0))
    bench.choose_grain("phase")
    for _ in range(3):
        page.keyboard.press("PageDown")
    page.get_by_text("Backward").first.wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_pictures_of_every_view(open_page: OpenPage, size: str, theme: Theme) -> None:
    viewport, is_large = SIZES[size]
    for preset in dict.fromkeys(VIEWS.values()):
        page = open_page(f"/?preset={preset}", viewport=viewport, theme=theme)
        walked(page)
        if is_large:
            page.keyboard.press("v")
        for name in [name for name, shown in VIEWS.items() if shown == preset]:
            open_views(page, name)
            page.locator(f"#view-{name}").scroll_into_view_if_needed()
            save(page, f"view-{name}-{size}-{theme}")
            if size != "phone":
                assert not page.locator(f"#view-{name} .pane-words").evaluate(IS_CUT), f"the sentence of {name} is cut"
            page.keyboard.press(str(list(VIEWS).index(name) + 1))
            page.locator(f"#view-{name}").wait_for(state="hidden")
        page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_of_views_side_by_side_and_of_one_enlarged(open_page: OpenPage, theme: Theme) -> None:
    page = open_page("/?preset=circles", theme=theme)
    walked(page)

    open_views(page, "plane", "loss")
    save(page, f"views-two-{theme}")
    open_views(page, "signals")
    save(page, f"views-three-{theme}")
    page.locator("#view-plane").get_by_role("button", name="Larger").click()
    save(page, f"views-enlarged-{theme}")
