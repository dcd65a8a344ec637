"""Stories of people who move between places: where is someone (task 1), and is someone there (task 6)."""

from __future__ import annotations

from collections.abc import Callable

from lava_ahp.tasks.babi.generator.draw import Draw

PEOPLE = ("Anna", "Clara", "Henry", "Oscar")
PLACES = ("attic", "cellar", "garage", "library", "pantry", "workshop")
MOVES = ("hurried to", "ran to", "strolled over to", "walked to")
THINGS = ("candle", "lamp", "map")
TAKES, LEAVES = ("collected the {}", "fetched the {}"), ("abandoned the {}", "set down the {} there")
#: Questions of a story, and sentences before each of them.
QUESTIONS, SENTENCES = 5, 2
#: How often somebody takes or leaves a thing between two moves in task 6, which does not matter for the answer.
DISTRACTION = 0.3


class _Story:
    """A story as it is told: its lines, and for everyone who has appeared the place and the line that says so."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.place: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._holder: dict[str, str] = {}

    def say(self, text: str) -> int:
        """Add a line; returns its ID."""
        self.lines.append(f"{len(self.lines) + 1} {text}")
        return len(self.lines)

    def move(self) -> None:
        """Somebody goes elsewhere."""
        person = self.draw.one(PEOPLE)
        place = self.draw.one([p for p in PLACES if p != self.place.get(person)])
        self.place[person] = place
        self._told[person] = self.say(f"{person} {self.draw.one(MOVES)} the {place}.")

    def handle(self) -> None:
        """Somebody takes a thing that nobody holds, or leaves the one that they hold."""
        thing = self.draw.one(THINGS)
        holder = self._holder.pop(thing, None)
        if holder is not None:
            self.say(f"{holder} {self.draw.one(LEAVES).format(thing)}.")
            return
        self._holder[thing] = self.draw.one(PEOPLE)
        self.say(f"{self._holder[thing]} {self.draw.one(TAKES).format(thing)}.")

    def ask(self, person: str, question: str, answer: str) -> None:
        """Ask about someone who has moved."""
        self.say(f"{question}\t{answer}\t{self._told[person]}")


def where(draw: Draw) -> list[str]:
    """A story of task 1 as numbered lines: where is a person?"""

    def ask(story: _Story) -> None:
        person = draw.one(list(story.place))
        story.ask(person, f"Where is {person}?", story.place[person])

    return _told(draw, ask, distraction=0)


def whether(draw: Draw) -> list[str]:
    """A story of task 6 as numbered lines: is a person in a place?  Half of the answers are yes."""

    def ask(story: _Story) -> None:
        person = draw.one(list(story.place))
        yes = draw.chance(0.5)
        place = story.place[person] if yes else draw.one([p for p in PLACES if p != story.place[person]])
        story.ask(person, f"Is {person} in the {place}?", "yes" if yes else "no")

    return _told(draw, ask, distraction=DISTRACTION)


def _told(draw: Draw, ask: Callable[[_Story], None], distraction: float) -> list[str]:
    story = _Story(draw)
    for _ in range(QUESTIONS):
        for _ in range(SENTENCES):
            story.move()
            if draw.chance(distraction):
                story.handle()
        ask(story)
    return story.lines
