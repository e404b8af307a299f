"""Text as LaTeX sets it: every character that means something to LaTeX, or that its usual fonts lack, as a command.

Letters of Latin alphabets are left to LaTeX, which reads UTF-8 and, in the font encoding T1, has them all; those of
other alphabets are left as they are too, for XeLaTeX and LuaLaTeX.
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
"""Pairs that LaTeX would set as one other character."""


def escaped(text: object) -> str:
    """A text that begins with a bracket would be taken for an option of the line's end before it."""
    tex = LIGATURE.sub(r"\g<0>{}", str(text).translate(LATEX))
    return f"{{}}{tex}" if tex.startswith(("[", "*")) else tex


def cell(text: object) -> str:
    """A minus is one, and no hyphen."""
    return re.sub(r"^-(?=[\d.])", "$-$", escaped(text))
