"""Words around a label that make its number no measured value of this patient."""

import re

from domain.scraping.phrases import tokens

_RELATIVES = (
    r"mother|father|brother|sister|son|daughter|aunt|uncle|cousin|grand(?:mother|father|parents?)"
    r"|mom|dad|siblings?|parents?|spouse|wife|husband|twin brother|twin sister"
)
GOAL = re.compile(
    r"\b(?:goals?|targets?|aim(?:ing)? for|aim|threshold|ideally|should be|keep|maintain|desired"
    r"|cut-?off|if|whenever|reference|ref\.? range|normal range|normal values?|normal is|range:)\b",
    re.I,
)
FAMILY = re.compile(
    rf"\b(?:{_RELATIVES}|family (?:medical |health )?(?:history|hx|members?))(?:'s|\u2019s)?\b",
    re.I,
)
_RELATIVE_FIRST = re.compile(
    rf"\W*(?:(?:his|her|the|patient'?s|maternal|paternal|twin|older|younger)\s){{0,2}}"
    rf"(?:{_RELATIVES})\b(?:\s\([^)]*\))?\s?(?::|,|-|\u2013|with\b|had\b|has\b|was\b)",
    re.I,
)
ORDERED = re.compile(
    r"\b(?:order(?:ed)?|pending|not (?:done|checked|measured|performed|obtained|available|recorded)"
    r"|to be (?:done|checked|drawn)|will (?:check|recheck|order|obtain|get)|awaiting|awaited|repeat"
    r"|recheck|requested|declined|refused|due|recommend\w*|await)\b",
    re.I,
)
HISTORY = re.compile(
    r"\b(?:previous(?:ly)?|prior|history of|last (?:year|month|time|visit)|then was|had been"
    r"|used to be|baseline|admission|in the past|ago|initially|peak(?:ed)?|nadir|highest|lowest"
    r"|on arrival|at presentation|came in|presented with|was then|yesterday"
    r"|last (?:week|visit|check|result|value)|before surgery|pre-?op\w*|at booking|at intake"
    r"|at diagnosis|then (?=\d))",
    re.I,
)
NOW = re.compile(
    r"\b(?:today|repeat(?:ed)?|rechecked|now|current(?:ly)?|this morning|at this time|most recent"
    r"|most recently|latest|at discharge|this visit|today's)\b",
    re.I,
)
BIRTH = re.compile(r"\b(?:birth|dob|born)\b", re.I)
DEFINES = re.compile(
    r"\s?[\w%/.]{0,8}\s(?:equals?|corresponds?|indicates?|defines?|is considered|is diagnostic"
    r"|means|suggests)\b",
    re.I,
)
ARROW = re.compile(r"\s?[\w%/.]{0,8}(?:\s?\([^()]*\))?\s?(?:->|=>|\u2192|-->|\u27a1)")
GOAL_SECTION = re.compile(r"\b(?:goals?|targets?|reference (?:ranges?|values?))\b", re.I)
RESULTS = re.compile(
    r"\b(?:results?|vitals?|labs?|laborator\w+|measurements?|findings|exam\w*|chemistr\w+|counts?|panel)\b",
    re.I,
)
CHANGE = re.compile(
    r"\b(?:up|down|lost|gained|lose|gain|increased|decreased|dropped|rose|fell)(?: by)?\s*$", re.I
)
OTHER_SAMPLE = re.compile(
    r"\b(?:urine|urinary|urinalysis|ua|dipstick|csf|pleural|ascitic|synovial|stool)\b", re.I
)
DOSE = re.compile(
    r"\s?[\w/%.]{0,8}\s(?:by mouth|po|p\.o|bid|b\.i\.d|tid|t\.i\.d|qd|q\.d|once daily|daily"
    r"|twice daily|tablets?|capsules?|iv push|weekly|as needed|prn)\b",
    re.I,
)
PAST_SECTION = re.compile(r"\b(?:history(?! (?:and|&) physical)|pmh|pmhx|psh|past medical)\b", re.I)
PLAN = re.compile(r"\b(?:plan|goals?|recommendations?|instructions?|orders?)\b", re.I)
_CONNECTORS_TEXT = """
    of is was were are at the a an with level levels count value values reading today to be
    noted measured calculated calc about approximately around result results score total and in
    on by has his her now currently current this exam which estimated remains been found showed
    shows revealed serum plasma blood hi lo h l high low elevated normal stable positive only
    equals percent from done performed within limits taken recorded ra room air oral orally lab
    labs most recent for mm hg random date dates ago day days week weeks month months year years
"""
_CONNECTORS = frozenset(_CONNECTORS_TEXT.split())
_FROM = re.compile(r"\bfrom\s*$", re.I)
REACH, HEADING_REACH = 400, 2_000
"""Characters to either side of a place that are looked at."""
_OPENING = (",", ";", "(", "[", " and ", " but ", " then ")
_CLOSING = (", ", ";", "(", ")", "]", " and ", " but ", " then ")
_BRACKET = re.compile(r"\s?[\w/%.]{0,12}\s?\([^()]*\)")
_HEADING = re.compile(r"(?:^|[.;]\s)([A-Z][A-Za-z /&]{2,40}(?:[ (]*[\d:/-]{4,10}\)?)?):\s")
_ITEM_END = re.compile(r"[.!?]\s|[\u2022\u25aa\u25cf]\s?")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\.\.)(?<!\.\s\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bSt\.)(?<!\bProf\.)(?<!\bvs\.)"
    r"(?<!\bNo\.)\s+(?=[A-Z\u2022(\"])|(?<=;)\s|\s\u2022\s"
)


def clause(text: str, start: int, end: int) -> str:
    """The words around the characters `start` to `end`, between commas, and a bracket after."""
    return text[clause_start(text, start) : clause_end(text, end)]


def clause_start(text: str, position: int) -> int:
    """Where the clause at `position` starts."""
    reach = sentence(text, position)[0]
    starts = ((text.rfind(mark, reach, position), len(mark)) for mark in _OPENING)
    return max([reach, *(start + length for start, length in starts if start >= 0)])


def clause_end(text: str, position: int) -> int:
    """Where the clause at `position` ends, a bracket right behind a value and unit included."""
    bracket = _BRACKET.match(text, position)
    if bracket is not None:
        return bracket.end()
    stop = sentence(text, position)[1]
    ends = (text.find(mark, position, stop) for mark in _CLOSING)
    return min([stop, *(end for end in ends if end >= 0)])


def is_from(text: str, position: int) -> bool:
    """Whether "from" stands before `position`: what follows is the value before a change."""
    return _FROM.search(text, max(0, position - 8), position) is not None


def inline_heading(text: str, position: int) -> tuple[str, int]:
    """The last "Heading:" in `text` before `position`, and where it starts; "" without one."""
    found, start = "", -1
    for match in _HEADING.finditer(text, max(0, position - HEADING_REACH), position):
        found, start = match.group(1), match.start(1)
    return found, start


def is_of_relative(text: str, position: int) -> bool:
    """Whether the list item around `position` opens with a relative: "Mother: ...; LDL 220"."""
    item = text[max(0, position - REACH) : position]
    ends = [match.end() for match in _ITEM_END.finditer(item)]
    return _RELATIVE_FIRST.match(item, max(ends, default=0)) is not None


def sentence(text: str, position: int) -> tuple[int, int]:
    """Where the sentence around `position` starts and ends, at most REACH to either side."""
    start, end = max(0, position - REACH), min(len(text), position + REACH)
    for match in _SENTENCE_END.finditer(text, start, end):
        if match.end() <= position:
            start = match.end()
        elif match.start() >= position:
            return start, match.start()
    return start, end


def foreign_words(text: str) -> int:
    """How many words of `text` are more than connectors such as "was" or "today"."""
    return sum(word not in _CONNECTORS and not word.isdigit() for word in tokens(text))


def depth(text: str) -> int:
    """How many brackets `text` opens and leaves open."""
    return text.count("(") + text.count("[") - text.count(")") - text.count("]")


def unbracketed(text: str) -> str:
    """`text` without what it says in brackets."""
    return re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", text)
