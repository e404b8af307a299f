"""The command line: commands, what they print as text and as JSON, and shell completion.

Nothing heavy is imported before the arguments and the study are known to be good.
"""

from ablations.types.environment import open_streams

open_streams()  # before anything here opens a file
