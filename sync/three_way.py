"""Whose value wins, for one field (domain.md, Sync): ours, what the platform said last, what it says now."""

from typing import Any, NamedTuple

from residents.upstream import Said, blank

OWN_ANSWER = 2  # a person's own answer about the person
ELSEWHERE = 1  # a row in somebody else's answer


class Speaker(NamedTuple):
    """Who says it, and how well placed: `rank` is relative to the kind of record."""

    by: str
    rank: int

    def outranked(self, said: Said) -> bool:
        """A lower rank, or an equal one by another speaker, only fills blanks."""
        return self.rank < said.rank or (self.rank == said.rank and self.by != said.by)

    def says(self, theirs: Any, *, conflict: bool = False) -> Said:
        return Said(value=theirs, rank=self.rank, by=self.by, conflict=conflict)


def weigh(
    ours: Any, said: Said | None, theirs: Any, speaker: Speaker, *, derived: bool = False
) -> tuple[Any, Said | None]:
    """Return our value after this word of the platform, and what to keep as said.

    `derived` marks a value of ours that was only read off the ID number: it counts as
    blank. An empty word never wipes anything; a value that staff emptied stays empty
    until the platform says another.
    """
    if blank(theirs):
        return ours, said
    if said is None or blank(said.value):
        return _first_word(None if derived else ours, theirs, speaker)
    if speaker.outranked(said):
        return ours, said
    if theirs == said.value:
        same = said.rank == speaker.rank and not said.raw
        return ours, said if same else said._replace(rank=speaker.rank, by=speaker.by, raw="")
    if blank(ours) or derived or ours in (said.value, theirs):
        return theirs, speaker.says(theirs)
    return ours, speaker.says(theirs, conflict=True)


def _first_word(ours: Any, theirs: Any, speaker: Speaker) -> tuple[Any, Said]:
    if blank(ours) or ours == theirs:
        return theirs, speaker.says(theirs)
    return ours, speaker.says(theirs, conflict=True)


def unknown(said: Said | None, raw: str, speaker: Speaker) -> Said | None:
    """Keep a code that the document does not know beside what was said before; it wipes nothing."""
    if said is not None and (said.raw == raw or speaker.outranked(said)):
        return said
    if said is None or blank(said.value):
        return Said(raw=raw, rank=speaker.rank, by=speaker.by)
    return said._replace(raw=raw)
