"""The modules and styles of the page without what is for people who write them.

Comments, types (which are comments) and spaces that part nothing are left out. Every line keeps its
number, and every literal its text, so what a browser reports can be looked up.
"""

import re

CSS_UNREAD = re.compile(
    r"/\*(?:(?!\*/)[\s\S])*\*/|^[ \t]+|(?<=[:;,{]) | (?=[{}])|;(?=\s*\})| (?=>)|(?<=>) ",
    re.MULTILINE,
)
# What a module consists of outside of templates. A regular expression follows no value.
JS_PART = re.compile(
    r"(?P<comment>//[^\n]*|/\*(?:(?!\*/)[\s\S])*\*/)"
    r"""|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"|(?P<regex>(?:(?<=[(,=>:!&|?{;\n])|(?<=\breturn))[ ]?"
    r"/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/)"
    r"|(?P<space>[ \t]+)|(?P<word>[\w$]+)|(?P<sign>[\s\S])"
)
# The text of a template goes on to a backtick, or to `${`, where code begins again.
TEMPLATE_PART = re.compile(r"(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?P<end>`|\$\{)")
WORD = re.compile(r"[\w$]")
SIGNS = ("++", "--", "//", "/*")  # not to be made of two that stand apart


def squeezed(name: str, text: str) -> str:
    """What is served of a file of this name."""
    if name.endswith(".css"):
        return CSS_UNREAD.sub(lambda found: "\n" * found[0].count("\n"), text)
    return squeezed_js(text) if name.endswith(".js") else text


def squeezed_js(code: str) -> str:
    """A module without comments and without spaces that part nothing."""
    kept = ["\n"]
    opened: list[bool] = []  # of each open brace, whether a template goes on after it
    is_apart, at = False, 0  # whether a space or a comment stood before
    while at < len(code):
        part = JS_PART.match(code, at)
        assert part is not None, "the last alternative is any character"  # noqa: S101
        at, found = part.end(), part[0]
        if part["comment"] or part["space"]:
            kept.append("\n" * found.count("\n"))
            is_apart = True
            continue
        if found == "`" or (found == "}" and opened and opened.pop()):
            rest = TEMPLATE_PART.match(code, at)
            if rest is None:
                raise ValueError("a template does not end")
            at, found = rest.end(), found + rest[0]
            if rest["end"] != "`":
                opened.append(True)
        elif found == "{":
            opened.append(False)
        before = next(one for one in reversed(kept) if one)
        if is_apart and is_needed(before[-1], found[0]):
            kept.append(" ")
        kept.append(found)
        is_apart = False
    return "".join(kept[1:])


def is_needed(before: str, after: str) -> bool:
    """Whether a space parts two words or two signs."""
    return bool(WORD.match(before) and WORD.match(after)) or before + after in SIGNS
