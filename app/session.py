"""One run and the commands that are given to it: a command in, messages out. No sockets, no await."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.documents import DEFAULT_PRESET, NO_EXPERIMENT, begin, over_limits, preset, replay, timeline_of
from app.estimates import seconds_per_pass
from app.history import EditNotes, tell_history
from app.links import encode_link
from app.messages import (
    AnswerMessage,
    Ask,
    Back,
    Checked,
    CheckedMessage,
    Command,
    Edit,
    EditedMessage,
    EventMessage,
    Explain,
    FrameMessage,
    History,
    HistoryMessage,
    Load,
    MovedMessage,
    Next,
    Pause,
    Play,
    Promote,
    Randomize,
    Reset,
    Sample,
    SavedDocument,
    Seek,
    ServerMessage,
    SnapshotMessage,
    Topic,
)
from app.point_words import Rows
from app.racing import Racing
from app.refusals import RefusedError
from app.settings import Settings
from app.tell import (
    tell_check,
    tell_cursor,
    tell_data,
    tell_detail,
    tell_divergence,
    tell_edits,
    tell_explanation,
    tell_layers,
    tell_plan,
    tell_preview,
)
from app.thinning import Curve
from app.views.requests import RaceRequest
from app.views.shown import Need
from app.views.walked import Walked
from app.views.what_if import tell_what_if
from app.wire import CursorMessage, FiniteDict, Place
from engine import Cursor, EditError, EngineError, Event, ExperimentError, PlannedEvent, Problem, Timeline
from engine.layers.dense import Dense
from engine.race import Race
from engine.still import Forwards
from engine.survey import Survey

NOT_THE_ASKER: Final = -1
# Kinds of events that the engine can take apart for one sample.
DETAILED: Final = frozenset({"affine", "activation", "loss", "weight_gradient", "propagate"})
# Steps that are this late are not made up for.
LARGEST_LAG_SECONDS: Final = 0.25
# The number on the screen must be readable, so it changes this often.
RATE_SECONDS: Final = 0.5
# While the past is looked through, what has been found is told this often.
PAST_SECONDS: Final = 0.1
# A row of the data is read anew when the structure changes, and a program compiled.
SECONDS_PER_ROW: Final = 8e-6
SECONDS_PER_EDIT: Final = 3e-3
_AT_HAND: Final = re.compile(r"layer\d+\.[Wb]|data\.points\.\w+")
_ONE_PARAMETER: Final = re.compile(r"layer\d+\.[Wb]")


@dataclass(frozen=True)
class Reply:
    """A message, and for whom it is."""

    message: ServerMessage
    to: Literal["asker", "others", "all"] = "all"


@dataclass(frozen=True)
class Goal:
    """Where training ends by itself: at a place, or where an epoch begins."""

    place: Place | None = None
    epoch: int | None = None


def leg_of(planned: PlannedEvent) -> str:
    """Where a walk by phases rests: the update rests before its commit, or nobody would see old beside new weights."""
    return planned.kind if planned.kind == "commit" else planned.phase


def first_telling_row(timeline: Timeline) -> int:
    """The first row of the batch whose inputs are not all 0: products with 0 are a poor beginning."""
    inputs = timeline.experiment.dataset.inputs[timeline.batch_rows()]
    return int(inputs.any(axis=1).argmax())


class Session:
    """A run that several viewers look at.

    Args:
        name: what its viewers call it.
        timeline: the run.
        settings: the limits.
        view: what a viewer saw when the document was saved; given back as it is, but for the row on show.

    Attributes:
        playing: whether it is to train on.
        clock: seconds of a steady clock.
    """

    def __init__(
        self,
        name: str,
        timeline: Timeline,
        settings: Settings,
        view: Mapping[str, Any] | None = None,
    ) -> None:
        self.id = name
        self.clock: Callable[[], float] = time.perf_counter
        self.playing = False
        self._settings = settings
        self._generation = 0
        self._revision = 0
        self._past_version = 0
        self._past_known = False
        self._past_told = 0.0
        self._walked = Walked()
        self._begin(timeline, view)

    def _begin(self, timeline: Timeline, view: Mapping[str, Any] | None, ghost: History | None = None) -> None:
        """Take another run in place of the present one."""
        self.playing = False
        self._timeline = timeline
        self._generation += 1
        self._view = dict(view) if view is not None else None
        sample = self._view.get("sample") if self._view is not None else None
        self._sample = (
            sample
            if isinstance(sample, int) and not isinstance(sample, bool) and sample >= 0
            else first_telling_row(timeline)
        )
        self._ghost = ghost
        self._checked: Checked | None = None
        self._survey: Survey | None = None
        self._forwards = Forwards()
        self._racing = Racing()
        self._goal: Goal | None = None
        self._pace: float | None = None
        self._pace_began = (0.0, 0)
        self._rate_began = (0.0, 0)
        self._steps_per_second = 0.0
        self._has_news = False
        self._curve = ("", Curve())
        first = timeline.first_experiment
        self._notes = EditNotes(first.document, Rows.of(first.dataset))
        self._seconds_per_step = self._seconds_of(3)

    # What everybody may ask.

    @property
    def run(self) -> str:
        """The name of the run; what is said under another name is about a past that has been dropped."""
        return f"{self._generation}.{self._timeline.run_id}"

    @property
    def timeline(self) -> Timeline:
        """The run, to be looked at."""
        return self._timeline

    @property
    def settings(self) -> Settings:
        """The limits."""
        return self._settings

    @property
    def survey(self) -> Survey:
        """The past of the run, as far as it has been looked through."""
        if self._survey is None:
            self._survey = Survey(self._timeline)
        return self._survey

    @property
    def walked(self) -> Walked:
        """The path that was dropped last, as far as somebody looked on."""
        return self._walked

    @property
    def forwards(self) -> Forwards:
        """Compiled networks, kept from one question to the next."""
        return self._forwards

    @property
    def state_of_moment(self) -> Hashable:
        """Changes when the cursor moves or something is edited."""
        return self.run, self._revision, self._timeline.cursor

    @property
    def state_of_step(self) -> Hashable:
        """Changes when the cursor moves to another step, and so to other parameters, or something is edited."""
        return self.run, self._revision, self._timeline.cursor.step

    @property
    def state_of_past(self) -> Hashable:
        """Changes when more is known of the past, or something is edited."""
        return self.run, self._revision, self._past_version

    def place(self) -> tuple[str, CursorMessage]:
        """Which run, and where in it."""
        return self.run, tell_cursor(self._timeline.cursor)

    @property
    def has_news(self) -> bool:
        """Whether a step has been made since the last frame."""
        return self._has_news

    @property
    def wants_check(self) -> bool:
        """Whether the gradients of this step are known and nobody has compared them yet."""
        return (
            not self.playing
            and self._timeline.gradients_known
            and self._timeline.divergence is None
            and (self._checked is None or self._checked["step"] != self._timeline.cursor.step)
            and self._timeline.experiment.layout.count <= self._settings.max_checked_parameters
        )

    def is_long(self, command: Command) -> bool:
        """Whether a command may take longer than others should have to wait."""
        if isinstance(command, Ask):
            forwards = {"what_if": 100, "gradient_check": 2 * self._timeline.experiment.layout.count}
            seconds = self._seconds_of(forwards.get(command.what, 0))
        elif isinstance(command, Load | Promote):
            return True
        elif isinstance(command, Seek) or (isinstance(command, Back) and command.grain != "event"):
            # At worst the whole run is gone through again.
            seconds = self._timeline.last_step * self._seconds_per_step + self._seconds_of_edits()
        elif isinstance(command, Edit):
            # A document is read as a whole, unless one number of it is at hand.
            timeline = self._timeline
            is_at_hand = command.path in timeline.hyperparameters() or _AT_HAND.fullmatch(command.path)
            seconds = 0.0 if is_at_hand else SECONDS_PER_ROW * len(timeline.experiment.dataset.inputs)
        else:
            return False
        return seconds > self._settings.patience_seconds

    def document(self, view: Mapping[str, Any] | None = None) -> SavedDocument:
        """The run up to this moment, as a document.

        Args:
            view: what the viewer sees; that of the document which was opened, if left out.
        """
        timeline = self._timeline
        document: SavedDocument = {
            "experiment": FiniteDict(timeline.first_experiment.document),
            "edits": tell_edits(timeline.edits),
            "cursor": tell_cursor(timeline.cursor),
        }
        view = view if view is not None else self._view
        if view is not None:
            document["view"] = {**view, "sample": self._sample}
        return document

    def handle(self, command: Command) -> list[Reply]:
        """Carry out a command.

        Raises:
            RefusedError: it cannot be carried out; nothing has changed.
        """
        try:
            match command:
                case Next():
                    return self._next(command)
                case Back():
                    return self._back(command)
                case Seek():
                    return self._seek(command)
                case Play():
                    return self._play(command)
                case Pause():
                    self.stop()
                    return self._everything()
                case Edit():
                    return self._edit(command)
                case Explain():
                    return self._explain(command)
                case Ask():
                    return self._ask(command)
                case Sample():
                    return self._show_sample(command)
                case Reset():
                    return self._reset()
                case Randomize():
                    return self._randomize()
                case Load():
                    return self._load(command)
                case Promote():
                    return self._promote(command)
                case _:
                    raise RefusedError(f"A session does not understand {command.type}.")
        except ExperimentError as error:
            raise RefusedError(NO_EXPERIMENT, error.problems) from error
        except EditError as error:
            raise RefusedError("This cannot be changed so.", error.problems) from error
        except EngineError as error:
            raise RefusedError(f"{error}.") from error

    def race(self, request: RaceRequest) -> Race:
        """The race that is asked for; see `Racing.of`."""
        return self._racing.of(self._timeline, request, self.clock())

    def race_preparation(self, request: RaceRequest) -> Callable[[], object] | None:
        """What has to be done before a race can be had at once; see `Racing.preparation`."""
        return self._racing.preparation(self._timeline, request, self.clock())

    @property
    def state_of_race(self) -> Hashable:
        """Changes when a lane of the race has moved."""
        return self._racing.version, self._timeline.cursor.step

    # Looking back.

    def look_back(self, need: Need, seconds: float) -> bool:
        """Look through the past, or go on with the race, for about that long.

        Returns:
            Whether everything has been looked through.
        """
        if need == "race":
            return self._racing.follow(self._timeline.cursor.step, seconds, self.clock())
        done = self.survey.advance(seconds)
        now = self.clock()
        if done != self._past_known or (not done and now - self._past_told > PAST_SECONDS):
            self._past_version += 1
            self._past_told = now
        self._past_known = done
        return done

    @property
    def past_is_slow(self) -> bool:
        """Whether between two places of the past so much may have changed that others should not wait for it."""
        return self._seconds_of_edits() > self._settings.patience_seconds

    def keep(self, needs: Set[Need], races: Iterable[RaceRequest]) -> None:
        """Let go of what has been looked through and is not among what somebody still needs, and of other races."""
        if "past" not in needs:
            self._survey = None
            self._walked = Walked()
        self._racing.keep(races)

    # Training, a slice at a time.

    def train(self, seconds: float) -> float:
        """Run whole steps for about that long.

        Returns:
            Seconds until the next step is due; 0 when it is due already.
        """
        began = self.clock()
        steps, wait = self._steps_due(began, seconds)
        if steps == 0:
            return wait
        before = self._timeline.cursor
        if not self._racing.follow(before.step, seconds, began):
            return 0.0  # lanes and session step together: who is ahead waits
        if self._goal is not None and self._goal.epoch is not None:
            while self._timeline.epoch < self._goal.epoch and self._advance(1) and self.clock() - began < seconds:
                pass
        else:
            self._advance(steps)
        after = self._timeline.cursor
        self._has_news = self._has_news or after != before
        if after.step > before.step:
            # A slice that was interrupted by something else says little about the next: learn slowly.
            seen = (self.clock() - began) / (after.step - before.step)
            self._seconds_per_step += 0.2 * (seen - self._seconds_per_step)
        if self._timeline.finished:
            self.stop()
        elif self._goal is not None:
            self._stop_at(self._goal)
        return 0.0

    def stop(self) -> None:
        """Train no more: rest where every value of the newest step can be seen, before its commit."""
        if self.playing:
            self.playing = False
            self._goal = None
            self._timeline.run_to_end_of_step()

    def _steps_due(self, now: float, seconds: float) -> tuple[int, float]:
        steps = max(1, int(seconds / self._seconds_per_step))
        if self._goal is not None and self._goal.place is not None:
            steps = min(steps, max(self._goal.place.step - self._timeline.cursor.step, 0) or 1)
        if self._pace is None:
            return steps, 0.0
        start, done = self._pace_began
        due = 1 + int((now - start) * self._pace) - done
        if due <= 0:
            return 0, start + done / self._pace - now
        if due / self._pace > LARGEST_LAG_SECONDS and due > 1:
            # It cannot keep up, or was held up: what has been missed is not made up for.
            self._pace_began = (now, 0)
            due = 1
        steps = min(steps, due)
        self._pace_began = (self._pace_began[0], self._pace_began[1] + steps)
        return steps, 0.0

    def _advance(self, steps: int) -> bool:
        step = self._timeline.cursor.step
        return self._timeline.run(steps=steps).step > step

    def _stop_at(self, goal: Goal) -> None:
        cursor = self._timeline.cursor
        if goal.epoch is not None and self._timeline.epoch >= goal.epoch:
            self.playing = False
        if goal.place is not None and cursor.step >= goal.place.step:
            self.playing = False
            self._timeline.seek(goal.place.step, min(goal.place.event, len(self._timeline.plan)))
        if not self.playing:
            self._goal = None

    # Messages to everybody.

    def snapshot(self) -> SnapshotMessage:
        """Everything needed to draw from nothing."""
        timeline = self._timeline
        if self.playing:
            timeline.run_to_end_of_step()
        experiment = timeline.experiment
        return {
            "type": "snapshot",
            "session": self.id,
            "run": self.run,
            "document": self.document(),
            "experiment": FiniteDict(experiment.document),
            "layers": tell_layers(experiment),
            "data": tell_data(experiment),
            "cursor": tell_cursor(timeline.cursor),
            "epoch": timeline.epoch,
            "steps_per_epoch": timeline.steps_per_epoch,
            "last_step": timeline.last_step,
            "sample": self._row(),
            "plan": tell_plan(timeline.plan),
            "events": [self._tell_event(event) for event in timeline.events()],
            "parameters": dict(timeline.parameters()),
            "learning_rate": timeline.learning_rate,
            "history": self._history(),
            "ghost": self._ghost,
            "checked": self._checked,
            "preview": None if self.playing else tell_preview(timeline.preview()),
            "divergence": tell_divergence(timeline.divergence),
            "playing": self.playing,
            "finished": timeline.finished,
        }

    def frame(self, seq: int) -> FrameMessage:
        """The newest state while it trains."""
        timeline = self._timeline
        timeline.run_to_end_of_step()
        self._has_news = False
        self._measure_rate()
        return {
            "type": "frame",
            "seq": seq,
            "run": self.run,
            "cursor": tell_cursor(timeline.cursor),
            "epoch": timeline.epoch,
            "last_step": timeline.last_step,
            "steps_per_second": self._steps_per_second,
            "learning_rate": timeline.learning_rate,
            "values": dict(timeline.values),
            "parameters": dict(timeline.parameters()),
        }

    def history_message(self) -> HistoryMessage:
        """The loss curve."""
        return {"type": "history", "run": self.run, "history": self._history()}

    def check(self) -> CheckedMessage:
        """Compare the gradients of this step with central differences."""
        self._checked = tell_check(self._timeline.gradient_check(), self._timeline.cursor.step)
        return {"type": "checked", "run": self.run, "checked": self._checked}

    def _everything(self, command: int | None = None) -> list[Reply]:
        """A snapshot for all; the asker's says which command it answers."""
        snapshot = self.snapshot()
        if command is None:
            return [Reply(snapshot)]
        return [Reply({**snapshot, "id": command}, "asker"), Reply(snapshot, "others")]

    # Through time.

    def _next(self, command: Next) -> list[Reply]:
        was_playing = self.playing
        self.stop()
        before = [Reply(self.snapshot())] if was_playing else []
        match command.grain:
            case "event":
                return before + self._run_events(1)
            case "phase":
                return before + self._run_events(self._events_to_end_of_phase())
            case "step":
                self._timeline.run(steps=1)
                return self._everything()
            case "epoch":
                self._start(Goal(epoch=self._timeline.epoch + 1))
                # Most epochs are over before anybody could see them pass.
                self.train(self._settings.patience_seconds / 2)
                return self._everything()

    def _run_events(self, count: int) -> list[Reply]:
        timeline = self._timeline
        replies: list[Reply] = []
        for _ in range(count):
            plan, divergence = timeline.plan, timeline.divergence
            event = timeline.next()
            if event is None:
                return [*replies, *self._everything()]
            message = self._tell_event(event)
            message["cursor"] = tell_cursor(timeline.cursor)
            if event.kind == "commit":
                message["learning_rate"] = timeline.learning_rate
                if timeline.plan != plan:
                    message["plan"] = tell_plan(timeline.plan)
            elif event.phase != "update" and timeline.gradients_known:
                message["preview"] = tell_preview(timeline.preview())
            replies.append(Reply(message))
            if event.kind == "commit":
                replies.append(Reply(self.history_message()))
            if timeline.finished or timeline.divergence != divergence:
                return [*replies, *self._everything()]
        return replies

    def _events_to_end_of_phase(self) -> int:
        plan, event = self._timeline.plan, self._timeline.cursor.event
        leg = leg_of(plan[event])
        return next((i for i, planned in enumerate(plan[event:]) if leg_of(planned) != leg), len(plan) - event)

    def _back(self, command: Back) -> list[Reply]:
        was_playing = self.playing
        self.stop()
        cursor = self._timeline.cursor
        match command.grain:
            case "event":
                self._timeline.back()
            case "phase":
                self._back_by_phase(cursor)
            case "step":
                self._timeline.seek(cursor.step if cursor.event > 0 else max(cursor.step - 1, 0))
            case "epoch":
                self._back_by_epoch(cursor)
        return self._everything() if was_playing else self._moved_from(cursor)

    def _back_by_phase(self, cursor: Cursor) -> None:
        timeline = self._timeline
        if cursor.event == 0:
            timeline.back()  # before the commit of the step before, a leg of its own
            return
        plan, event = timeline.plan, cursor.event
        leg = leg_of(plan[event - 1])
        while event > 0 and leg_of(plan[event - 1]) == leg:
            event -= 1
        timeline.seek(cursor.step, event)

    def _back_by_epoch(self, cursor: Cursor) -> None:
        timeline = self._timeline
        if cursor.event == 0 and cursor.step > 0:
            timeline.seek(cursor.step - 1)
        epoch = timeline.epoch
        # Where the epoch began is found by looking: an edit may have changed how long epochs are.
        low, high = 0, timeline.cursor.step
        stride = timeline.steps_per_epoch
        while high > 0 and low == 0:
            probe = max(high - stride, 0)
            timeline.seek(probe)
            if timeline.epoch < epoch:
                low = probe + 1
            else:
                high, stride = probe, 2 * stride
        while low < high:
            middle = (low + high) // 2
            timeline.seek(middle)
            low, high = (low, middle) if timeline.epoch >= epoch else (middle + 1, high)
        timeline.seek(high)

    def _seek(self, command: Seek) -> list[Reply]:
        was_playing = self.playing
        self.stop()
        timeline = self._timeline
        cursor = timeline.cursor
        match command.cursor:
            case "first":
                timeline.seek(0)
            case "last":
                if cursor.step != timeline.last_step:
                    timeline.seek(timeline.last_step)
                timeline.run_to_end_of_step()
            case Place(step=step, event=event):
                if step > self._settings.max_steps:
                    problem = Problem("cursor.step", str(step), f"at most {self._settings.max_steps}")
                    raise RefusedError("A run does not go that far.", [problem])
                if step <= timeline.last_step:
                    timeline.seek(step, event)
                else:
                    timeline.seek(timeline.last_step)
                    self._start(Goal(place=command.cursor))
                    self.train(self._settings.patience_seconds / 2)
        return self._everything() if was_playing else self._moved_from(cursor)

    def _moved_from(self, before: Cursor) -> list[Reply]:
        """What is said after going somewhere: browsers have the events of the step that they stood in."""
        now = self._timeline.cursor
        if now.step == before.step and now.event <= before.event and not self.playing:
            moved: MovedMessage = {"type": "moved", "run": self.run, "cursor": tell_cursor(now)}
            return [Reply(moved)]
        return self._everything()

    def _play(self, command: Play) -> list[Reply]:
        if not self._timeline.finished:
            self._start(None, command.steps_per_second)
        return self._everything()

    def _start(self, goal: Goal | None, steps_per_second: float | None = None) -> None:
        now, step = self.clock(), self._timeline.cursor.step
        self.playing = True
        self._goal = goal
        self._pace = steps_per_second
        self._pace_began = (now, 0)
        self._rate_began = (now, step)
        self._steps_per_second = 0.0

    # Changing.

    def _edit(self, command: Edit) -> list[Reply]:
        timeline = self._timeline
        if len(timeline.edits) >= self._settings.max_edits:
            raise RefusedError(
                f"This run has {self._settings.max_edits} edits, which is as many as are kept; reset it to go on."
            )
        index = None if command.index is None else tuple(command.index)
        if self.playing and timeline.cursor.event > 0:
            # A frame rests after the update; nobody who drags at full speed wants this update to be taken back for it.
            self._advance(1)
        before, log, place = timeline.first_experiment, timeline.edits, timeline.cursor
        result = timeline.edit(command.path, command.value, index)
        self._revision += 1
        if result.restructured and (problems := over_limits(timeline.experiment, self._settings)):
            saved = {"experiment": before.to_json(), "edits": tell_edits(log), "cursor": tell_cursor(place)}
            self._begin(replay(saved, self._settings), self._view, self._ghost)
            raise RefusedError(NO_EXPERIMENT, problems)
        if result.dropped > 0:
            self._ghost = self._ghost_of_dropped()
        if index is not None or result.restructured or result.moved or result.dropped > 0:
            self._checked = None
            return self._everything(command.id)
        edited: EditedMessage = {
            "type": "edited",
            "id": command.id,
            "run": self.run,
            "cursor": tell_cursor(timeline.cursor),
            "path": command.path,
            "value": command.value,
            "learning_rate": timeline.learning_rate,
            "edits": tell_edits(timeline.edits),
            "preview": None if self.playing else tell_preview(timeline.preview()),
        }
        return [Reply(edited, "asker"), Reply({**edited, "id": NOT_THE_ASKER}, "others")]

    def _ghost_of_dropped(self) -> History | None:
        losses = self._timeline.ghost
        return None if losses is None else tell_history(losses, [], [])

    def _show_sample(self, command: Sample) -> list[Reply]:
        rows = self._rows()
        if command.sample >= rows:
            problem = Problem("sample", str(command.sample), f"0 to {rows - 1}, the rows of this batch")
            raise RefusedError("The batch has no such row.", [problem])
        self._sample = command.sample
        return self._everything()

    def _load(self, command: Load) -> list[Reply]:
        document = command.document if command.document is not None else preset(command.preset or DEFAULT_PRESET)
        timeline, view = timeline_of(document, self._settings)
        self._begin(timeline, view)
        return self._everything(command.id)

    def _promote(self, command: Promote) -> list[Reply]:
        race = self._racing.known(command.race)
        if race is None:
            raise RefusedError("There is no race whose lane could go on alone.")
        if command.lane >= len(race.lanes):
            problem = Problem("lane", str(command.lane), f"0 to {len(race.lanes) - 1}")
            raise RefusedError("The race has no such lane.", [problem])
        timeline, _ = timeline_of(race.promote(command.lane), self._settings)
        self._begin_again(timeline, self._history() if self._timeline.last_step > 0 else None)
        return self._everything(command.id)

    def _reset(self) -> list[Reply]:
        """Begin again with the experiment in force. Weights typed in before the first step belong to its beginning."""
        old = self._timeline
        timeline = begin(old.experiment, self._settings)
        for edit in old.edits:
            if edit.step == 0 and edit.index is not None and _ONE_PARAMETER.fullmatch(edit.path):
                try:
                    timeline.edit(edit.path, edit.value, edit.index)
                except EditError:
                    continue  # the network has changed since, and has no such weight any more
        ghost = self._history() if old.last_step > 0 else None
        self._begin_again(timeline, ghost)
        return self._everything()

    def _randomize(self) -> list[Reply]:
        experiment = self._timeline.experiment
        document = experiment.to_json()
        for layer, written in zip(experiment.layers, document["network"]["layers"], strict=True):
            # Numbers that are written out are drawn anew as well, but for those that nothing is to change.
            for part in ("W", "b"):
                if isinstance(layer, Dense) and part not in layer.frozen:
                    written.pop(part, None)
        document["seed"] = secrets.randbelow(2**31)
        timeline = replay(document, self._settings)
        self._begin_again(timeline, self._history() if self._timeline.last_step > 0 else None)
        return self._everything()

    def _begin_again(self, timeline: Timeline, ghost: History | None) -> None:
        sample = self._sample
        self._begin(timeline, self._view, ghost)
        self._sample = sample

    # Asking.

    def _explain(self, command: Explain) -> list[Reply]:
        try:
            explanation = self._timeline.explain(command.name, command.index)
        except (KeyError, IndexError, ValueError) as error:
            problem = Problem("name", f"{command.name}{command.index}", str(error.args[0]))
            raise RefusedError("There is nothing to explain.", [problem]) from error
        answer = self._answer(command.id, "explain")
        answer["explanation"] = tell_explanation(explanation)
        return [Reply(answer, "asker")]

    def _ask(self, command: Ask) -> list[Reply]:
        answer = self._answer(command.id, command.what)
        match command.what:
            case "what_if":
                answer["what_if"] = tell_what_if(self._timeline.what_if(), self._timeline.cursor.step)
            case "gradient_check":
                answer["checked"] = self.check()["checked"]
            case "document":
                answer["document"] = self.document(command.view)
            case "link":
                answer["link"] = encode_link(self.document(command.view))
                if len(answer["link"]) > self._settings.max_link_characters:
                    raise RefusedError("This experiment is too large for a link; save it as a file instead.")
        return [Reply(answer, "asker")]

    def _answer(self, command: int, what: Topic) -> AnswerMessage:
        return {"type": "answer", "id": command, "run": self.run, "what": what}

    # What is told of the moment.

    def _tell_event(self, event: Event) -> EventMessage:
        detail = None
        if event.kind in DETAILED:
            row = self._row()
            detail = tell_detail(row, self._timeline.detail(event.index, row))
        return {
            "type": "event",
            "run": self.run,
            "cursor": {"step": event.step, "event": event.index + 1},
            "step": event.step,
            "index": event.index,
            "kind": event.kind,
            "phase": event.phase,
            "layer": event.layer,
            "parameter": event.parameter,
            "values": dict(event.values),
            "detail": detail,
            "words": event.words,
            "line": event.line,
        }

    def _history(self) -> History:
        timeline = self._timeline
        # A run that has dropped its future may have come to other losses at the same steps.
        run, curve = self._curve
        if run != self.run:
            curve = Curve()
            self._curve = (self.run, curve)
        notes = self._notes.of(timeline.edits)
        return tell_history(timeline.history("loss"), timeline.validations(), notes, curve)

    def _rows(self) -> int:
        return len(self._timeline.batch_rows())

    def _row(self) -> int:
        """The row on show; a last, smaller batch may not have the one that was chosen."""
        return min(self._sample, self._rows() - 1)

    def _measure_rate(self) -> None:
        now, step = self.clock(), self._timeline.cursor.step
        began, first = self._rate_began
        if now - began >= RATE_SECONDS:
            self._steps_per_second = (step - first) / (now - began)
            self._rate_began = (now, step)

    def _seconds_of_edits(self) -> float:
        """Roughly how long it takes to make all changes of the structure again."""
        return SECONDS_PER_EDIT * sum(change.restructures for change in self._timeline.changes)

    def _seconds_of(self, forwards: int) -> float:
        """Roughly how long it takes to go through the network so many times."""
        return forwards * seconds_per_pass(self._timeline.experiment, self._rows())
