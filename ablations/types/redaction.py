"""Text without the secrets of the environment, for everything that is printed, stored or logged."""

import os
import re
from collections.abc import Iterator
from urllib.parse import unquote

SECRET = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|CONNECTION_STRING|HEADERS|GIT_CONFIG_VALUE|(?:^|_)(?:TOKEN|KEY|PASS|PAT)(?:_|$)",
    re.IGNORECASE,
)
"""Matches names of environment variables whose values are secrets, for any library."""
PLACE = re.compile(r"_(?:FILE|PATH|DIR|URI|URL)$|^GOOGLE_APPLICATION_CREDENTIALS$", re.IGNORECASE)
"""Matches names of variables that hold the place of a secret, which an error must be able to name."""
SHORTEST = 6
"""Characters of a value that is hidden: a shorter one, such as "true", is found in any text."""
USER = re.compile(r"(?<=://)[^/\s]*@")
PASSWORD = re.compile(r"://[^/:@\s]*:([^@\s]+)@")


def without_secrets(text: str) -> str:
    """``https://user:password@host`` as ``https://host``, and no value of a secret environment variable."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, "***")
    return USER.sub("", text)


def _secrets() -> Iterator[str]:
    """Values of secret variables, and the passwords in URIs of any variable, as they are written and as they are
    meant."""
    for name, value in os.environ.items():
        if SECRET.search(name) and not PLACE.search(name) and len(value.strip()) >= SHORTEST:
            yield value.strip()
        for password in PASSWORD.findall(value):
            if len(password) >= SHORTEST:
                yield from (password, unquote(password))
