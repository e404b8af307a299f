"""Text for LaTeX: characters that mean something to LaTeX, or that its usual fonts lack, become commands.

Letters of Latin alphabets stay as they are: LaTeX reads UTF-8, and has them all in the font encoding T1. Letters of
other alphabets stay too, for XeLaTeX and LuaLaTeX.
"""

import re

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "ς": "varsigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma",
    "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
MATH = {"±": "pm", "×": "times", "·": "cdot", "≤": "leq", "≥": "geq", "≠": "neq", "≈": "approx", "∞": "infty"}
MATH |= {"→": "rightarrow", "←": "leftarrow", "↓": "downarrow", "↑": "uparrow", "∈": "in", "∼": "sim"}
COMMANDS = {"\\": "textbackslash", "~": "textasciitilde", "^": "textasciicircum", "<": "textless", ">": "textgreater"}
COMMANDS |= {"|": "textbar", "…": "ldots", "–": "textendash", "—": "textemdash", "°": "textdegree"}
LATEX = str.maketrans(
    {chr(code): " " for code in (*range(32), *range(127, 160))}
    | {character: rf"\{character}" for character in "&%$#_{}"}
    | {character: rf"\{name}{{}}" for character, name in COMMANDS.items()}
    | {character: rf"$\{name}$" for character, name in (GREEK | MATH).items()}
    | {"−": "$-$", "√": r"$\surd$", "\u00a0": "~"}
)
LIGATURE = re.compile(r"([-'`,])(?=\1)|[?!](?=`)")
"""A pattern for pairs of characters that LaTeX would set as another character."""


def escaped(text: object) -> str:
    """A text for LaTeX. If it begins with a bracket or a star, braces keep LaTeX from reading it as an argument of the
    line's end before it."""
    tex = LIGATURE.sub(r"\g<0>{}", str(text).translate(LATEX))
    return f"{{}}{tex}" if tex.startswith(("[", "*")) else tex


def cell(text: object) -> str:
    """The text of a cell for LaTeX, with a minus sign before a negative number in the place of a hyphen."""
    return re.sub(r"^-(?=[\d.])", "$-$", escaped(text))
