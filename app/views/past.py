"""How far the past of a run has been looked through."""

from __future__ import annotations

from app.views.shown import Seen


def catch_up(session: Seen) -> None:
    """See that the newest step is whole.

    While the session trains, the step under way is finished, as for a frame. Otherwise one more step of the past is looked
    at: for somebody who walks it is the one just completed, so what is told of it is complete and need not be told again.
    """
    if session.playing:
        session.timeline.run_to_end_of_step()
    else:
        session.survey.advance(0.0)


def looked_through(session: Seen) -> float:
    """What part of the survey's samples is taken, 0 to 1; 1 where there is no past."""
    last, survey = session.timeline.last_step, session.survey
    if last == 0:
        return 1.0
    wanted = {*range(0, last, survey.stride), last - 1}
    taken = wanted.intersection(sample.step for sample in survey.samples)
    return len(taken) / len(wanted)
