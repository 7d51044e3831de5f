#!/bin/sh
# For a Quick Action of the Finder: marks the chosen files; photo.jpg becomes photo.stamped.jpg beside it.
# Automator: New > Quick Action; "receives" image files and movie files "in" Finder; add "Run Shell Script",
# "Pass input" as arguments, and put this text into it.
PATH="$HOME/.local/bin:/opt/homebrew/bin:/usr/local/bin:$PATH"
if ! said=$(stamp embed --quiet -- "$@" 2>&1); then
  # The text is handed over as an argument, so that nothing in it is taken for a command.
  osascript -e 'on run argv' -e 'display alert "stamp" message (item 1 of argv) as warning' -e 'end run' "$said"
  exit 1
fi
