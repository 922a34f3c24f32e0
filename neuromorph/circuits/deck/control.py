"""Control cards: ``.tran``, the printing forms, ``.temp``, ``.neb``, ``.option``."""

from __future__ import annotations

import re
from collections.abc import Callable

from neuromorph.circuits.circuit import Analysis, Output, canonical
from neuromorph.circuits.deck.card import Card

Value = Callable[[str], float]

_CALL = re.compile(r"([VIPC])\((.+)\)")
_AT = re.compile(r"@(.+)\[([VIPC])\]")
_WORD = {"DEVV": "V", "DEVI": "I", "PHASE": "P", "NODEV": "V", "NODEP": "P",
         "DEVP": "P"}


def analysis(card: Card, value: Value) -> Analysis:
    """Read a ``.tran`` card.

    Raises
    ------
    NetlistError
        Fewer than two times, or times that make no sense.
    """
    words = card.tokens[1:]
    startup = not any(w.upper() == "DST" for w in words)
    # UIC, WRspice's "use initial conditions", says what always holds: phases start at zero
    times = [value(w) for w in words if w.upper() not in ("DST", "UIC")]
    if not 1 < len(times) < 6:
        raise card.error(f"{len(times)} times came, .tran step stop [start [step [window]]] [DST] "
                         "is allowed")
    step, duration, start, print_step, window = ([*times, 0.0, 0.0, 0.0])[:5]
    if print_step and print_step < step:
        raise card.error(f"print step {print_step:g} s is below the step {step:g} s")
    if window < 0:
        raise card.error(f"a filter window of {window:g} s came, 0 s or more is allowed")
    try:
        return Analysis(step=step, duration=duration, start=start, startup=startup,
                        print_step=print_step or None, window=window)
    except ValueError as error:
        raise card.error(str(error)) from None


def outputs(card: Card, file: str | None) -> list[Output]:
    """Read a ``.print``, ``.plot`` or ``.save`` card.

    Raises
    ------
    NetlistError
        A form that is not known.
    """
    words = [w.upper() for w in card.tokens[1:] if w.upper() != "TRAN"]
    if not words:
        raise card.error("nothing to print is named")
    result: list[Output] = []
    for k, word in enumerate(words):
        if word in _WORD:
            return [*result, _word_form(card, words[k:], file)]
        result.append(request(word, card, file))
    return result


def request(word: str, card: Card | None = None, file: str | None = None) -> Output:
    """Return the output that ``V(3)``, ``P(B1.XDUT)``, ``I(L1)`` or ``@B1[p]`` asks for.

    Raises
    ------
    ValueError
        A form that is not known (a NetlistError if it came from a card).
    """
    word = word.upper().replace(" ", "")
    if match := _CALL.fullmatch(word):
        kind, inner = match.group(1), match.group(2)
    elif match := _AT.fullmatch(word):
        inner, kind = match.group(1), match.group(2)
    elif word.endswith("#BRANCH"):
        inner, kind = word.removesuffix("#BRANCH"), "I"
    else:
        message = f"unknown output {word!r}, V(node) V(n1,n2) V(device) I(device) P(...) are known"
        raise card.error(message) if card else ValueError(message)
    targets = tuple(canonical(t) for t in inner.split(","))
    if len(targets) > 2 or not all(targets):
        message = f"output {word!r} names {len(targets)} targets, one or two are allowed"
        raise card.error(message) if card else ValueError(message)
    return Output(kind="I" if kind == "C" else kind, targets=targets, file=file)


def _word_form(card: Card, words: list[str], file: str | None) -> Output:
    targets = tuple(canonical(w) for w in words[1:])
    most = 2 if words[0].startswith("NODE") else 1
    if not 1 <= len(targets) <= most:
        raise card.error(f"{words[0].lower()} with {len(targets)} targets, 1 to {most} are allowed")
    return Output(kind=_WORD[words[0]], targets=targets, file=file)
