"""Three hundred texts that a page, a chart or a template might take for something else than text."""

from __future__ import annotations

__all__ = ["HOSTILE_TEXTS"]

_RUN = "window.pwned=1"

_ELEMENTS = (
    f"<script>{_RUN}</script>",
    f"<img src=x onerror={_RUN}>",
    f"<svg onload={_RUN}>",
    f"<svg><script>{_RUN}</script></svg>",
    f"<iframe srcdoc='<script>parent.{_RUN}</script>'></iframe>",
    f"<body onload={_RUN}>",
    f"<details open ontoggle={_RUN}>x</details>",
    f"<input autofocus onfocus={_RUN}>",
    f"<a href='javascript:{_RUN}'>x</a>",
    f"<math><mi xlink:href='javascript:{_RUN}'>x</mi></math>",
    f"<video><source onerror={_RUN}></video>",
    f"<object data='javascript:{_RUN}'>",
    f"<form action='javascript:{_RUN}'><button>x</button></form>",
    f"<style>@import 'javascript:{_RUN}'</style>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=https://example.org/x.css>",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<base href=https://example.org/>",
    "<img src=https://example.org/x.png>",
    "<marquee>x</marquee>",
    "<template><b>x</b></template>",
    "<!-- ", "--> ", "<![CDATA[", "]]>", "<?xml version='1.0'?>", "<plaintext>", "<textarea>", "<title>x",
)  # fmt: skip
_ENDS = ("</script>", "</SCRIPT >", "</style>", "</title>", "</pre>", "</td></tr></table>", "</section>", "</svg>")
_PLOTLY = (
    "<b>bold</b>", "<i>x</i>", "<sub>2</sub>", "<sup>2</sup>", "<br>", "<span style='color:red'>x</span>", "<s>x</s>",
    "<a href='https://example.org'>x</a>", "<u>x</u>", "<em>x</em>", "<extra></extra>", "%{x}", "%{y:.2f}", "%{text}",
    "%{customdata[0]}", "%{fullData.name}", "%{meta}", "$x^2$", "$\\alpha$", "\\(x\\)", "$$x$$",
)  # fmt: skip
_ENTITIES = ("&amp;", "&lt;b&gt;", "&#60;script&#62;", "&#x3c;", "&nbsp;", "&copy", "&", "&amp;lt;", "&quot;", "&#0;")
_TEMPLATES = (
    "{{7*7}}", "{% raw %}", "{{ ''.__class__ }}", "{# x #}", "${7*7}", "#{7*7}", "`${window.pwned=1}`", "{0}",
    "%s%n", "__proto__", "constructor", "toString", "null", "undefined", "NaN", "true", "1e5", "2020-01-01", "0x10",
    "=1+1", "@x", "-1", "'; DROP TABLE runs; --",
)  # fmt: skip
_UNICODE = (
    "\u202eabc\u202c", "\u2066x\u2069", "\u200b", "\ufeff", "\u2028", "\u2029", "\U0001f600", "\U0001d54f", "日本語",
    "مرحبا", "e\u0301", "Z\u0363\u036b\u0307", "\U0001f468\u200d\U0001f469", "\ud83d", "\udfff", "\ue000", "\uffff",
)  # fmt: skip
_CONTROLS = ("\x00", "a\x00b", "\x07", "\x08", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x7f", "\x85", "\r", "\x0c")
_SHAPES = ("x" * 10_000, "long words " * 900, "a\nb", "a\tb", '"', "'", '"><', "\\", "\\u003c", "\\n", "/../..", "*/")
_PARTS = (*_ELEMENTS, *_ENDS, *_PLOTLY, *_ENTITIES, *_TEMPLATES, *_UNICODE, *_CONTROLS, *_SHAPES)

HOSTILE_TEXTS = tuple(
    text
    for number, part in enumerate(_PARTS)
    for text in (f"{number} {part}", f"{number}\"'>{part}", f"{part}</script>{number}" if number % 3 else part)
)
"""More than 300, no two alike."""
