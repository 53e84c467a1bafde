"""Search in English and Chinese: English by words and their stems, Chinese by pairs of neighbouring characters.

Chinese is written without spaces. A text holds a word if it holds all pairs of characters of the word one after the other, so no
dictionary of words is needed.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.search import languages
from sphinx.search.en import SearchEnglish

_PARTS = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")


def pieces(text: str) -> list[str]:
    """The words of a text; of Chinese the pairs of characters, and a character that stands alone."""
    found = []
    for part in _PARTS.findall(text):
        chinese = "\u3400" <= part[0] <= "\u9fff" and len(part) > 2
        found += [part[i : i + 2] for i in range(len(part) - 1)] if chinese else [part]
    return found


class Bigrams(SearchEnglish):
    """The words of a page as Sphinx's index keeps them, and in JavaScript the words of a question."""

    lang = "bigrams"
    language_name = "English"  # also the name of the stemmer in JavaScript
    js_splitter_code = r"""
function splitQuery(query) {
  const found = [];
  for (const part of query.match(/[\u3400-\u9fff]+|[^\u3400-\u9fff\s.,;:!?()\[\]{}"'`<>=+*\/|\\-]+/g) || []) {
    if (/^[\u3400-\u9fff]/.test(part) && part.length > 2)
      for (let i = 0; i + 1 < part.length; i++) found.push(part.slice(i, i + 2));
    else found.push(part);
  }
  return found;
}
"""

    def split(self, input: str) -> list[str]:
        return pieces(input)


def setup(app: Any) -> dict[str, Any]:
    languages["bigrams"] = Bigrams
    return {"parallel_read_safe": True, "parallel_write_safe": True}
