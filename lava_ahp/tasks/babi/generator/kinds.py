"""Stories of animals and what their kind fears: a deduction from two sentences (task 15)."""

from __future__ import annotations

from lava_ahp.tasks.babi.generator.draw import Draw

NAMES = ("Bruno", "Flora", "Hugo", "Tilda")
PLURALS = {"badger": "badgers", "fox": "foxes", "goose": "geese", "hare": "hares"}
#: Questions of a story.
QUESTIONS = 4


def fears(draw: Draw) -> list[str]:
    """A story as numbered lines: what each kind fears and of which kind everyone is, then what someone fears."""
    kinds = list(PLURALS)
    feared = {kind: draw.one([other for other in kinds if other != kind]) for kind in kinds}
    kind_of = {name: draw.one(kinds) for name in NAMES}
    facts = [(kind, f"{PLURALS[kind].capitalize()} fear {PLURALS[feared[kind]]}.") for kind in kinds]
    facts += [(name, f"{name} is a {kind}.") for name, kind in kind_of.items()]
    facts = draw.shuffled(facts)
    lines = [f"{k} {text}" for k, (_, text) in enumerate(facts, start=1)]
    told = {subject: k for k, (subject, _) in enumerate(facts, start=1)}
    for _ in range(QUESTIONS):
        name = draw.one(NAMES)
        kind = kind_of[name]
        lines.append(f"{len(lines) + 1} What does {name} fear?\t{feared[kind]}\t{told[name]} {told[kind]}")
    return lines
