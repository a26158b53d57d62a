"""How hard a text is to read, by the formula of Flesch and Kincaid (1975): a school year, and an age from it.

Syllables are counted by the spelling, which is right for about nine words of ten; the formula is rougher.
"""

import re

__all__ = ["grade", "reading_age", "syllables", "without_markup"]

_VOWELS = re.compile(r"[aeiouy]+")
_WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")


def syllables(word: str) -> int:
    """Count the syllables of an English word: groups of vowels, less what is not spoken at its end."""
    small = word.lower().replace("'", "")
    if "-" in small:
        return sum(syllables(part) for part in small.split("-") if part)
    found = len(_VOWELS.findall(small))
    if small.endswith(("es", "ed")) and not re.search(r"(?:[cgsxz]e|[cs]he|ie|[^l]le)s$|[td]ed$", small):
        found -= bool(re.search(r"[^aeiouy]e[sd]$", small))
    elif small.endswith("e") and not small.endswith("le"):
        found -= bool(re.search(r"[^aeiouy]e$", small))
    elif small.endswith("le"):
        found -= bool(re.search(r"[aeiouy]le$", small))
    return max(found, 1)


def without_markup(text: str) -> str:
    """Return the sentences of a Markdown text: headings and marked places go, list items get a full stop."""
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\[\[.*?\]\]|\{[{%].*?[%}]\}|https?://\S+", " ", text, flags=re.DOTALL)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    lines = [re.sub(r"^(?:-|\d+\.)\s+", "", line.strip()) for line in text.splitlines()]
    return "\n".join(f"{line}." if line and line[-1] not in ".?!," else line for line in lines)


def grade(text: str) -> float:
    """Return the American school year that a plain text is for."""
    words = _WORD.findall(text)
    sentences = [one for one in re.split(r"[.?!]+(?:\s|$)", text) if _WORD.search(one)]
    spoken = sum(syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * spoken / len(words) - 15.59


def reading_age(text: str) -> float:
    """Return the age of a child who can read a Markdown text: five years more than the school year."""
    return grade(without_markup(text)) + 5
