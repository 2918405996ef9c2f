"""Words around a label that make its number no measured value of this patient."""

import re

GOAL = re.compile(
    r"\b(?:goals?|targets?|aim(?:ing)? for|aim|threshold|ideally|should be|keep|maintain|desired|cut-?off"
    r"|reference|ref\.? range|normal range|normal values?|normal is|range:)\b",
    re.I,
)
FAMILY = re.compile(
    r"\b(?:mother|father|brother|sister|son|daughter|aunt|uncle|cousin|grand(?:mother|father|parents?)"
    r"|mom|dad|sibling|parents?|maternal|paternal|spouse|wife|husband|family)(?:'s|\u2019s)?\b",
    re.I,
)
ORDERED = re.compile(
    r"\b(?:order(?:ed)?|pending|not (?:done|checked|measured|performed|obtained|available|recorded)"
    r"|to be (?:done|checked|drawn)|will (?:check|recheck|order|obtain|get)|awaiting|awaited|repeat"
    r"|recheck|requested|declined|refused|due|recommend\w*|await)\b",
    re.I,
)
HISTORY = re.compile(
    r"\b(?:previous(?:ly)?|prior|history|last (?:year|month|time|visit)|then was|had been|used to be"
    r"|baseline|in the past|ago|initially|came in|presented with|down from|up from|was then)\b",
    re.I,
)
NOW = re.compile(r"\b(?:today|now|current(?:ly)?|this morning|at this time|most recent|latest)\b", re.I)
FAMILY_SECTION = re.compile(r"\bfamily\b", re.I)
PLAN_SECTION = re.compile(r"\b(?:plan|goals?|recommendations?|instructions?|orders?)\b", re.I)
RESULT_SECTION = re.compile(r"\b(?:results?|vital|lab|laborator\w+|measurements?|findings|exam)\b", re.I)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\u2022(\"])|(?<=;)\s|\s\u2022\s")


def sentence(text: str, position: int) -> tuple[int, int]:
    """Where the sentence around `position` starts and ends."""
    start, end = 0, len(text)
    for match in _SENTENCE_END.finditer(text):
        if match.end() <= position:
            start = match.end()
        elif match.start() >= position:
            end = match.start()
            break
    return start, end
