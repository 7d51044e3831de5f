#!/usr/bin/env bash
# What the action does, by its variables: SOURCES, OUTPUT, KEY, COPYRIGHT, REQUIRE; see action.yml.
set -euo pipefail

read_lines() { # the lines of a text, without empty ones, into the array `lines`
  lines=()
  local line
  while IFS= read -r line; do
    [ -z "${line//[[:space:]]/}" ] || lines+=("$line")
  done <<<"$1"
}

read_lines "$SOURCES"
sources=("${lines[@]}")

if [ -z "$OUTPUT" ]; then
  read_lines "$REQUIRE"
  options=()
  for field in "${lines[@]}"; do options+=(--require "$field"); done
  exec stamp show --quiet "${options[@]}" -- "${sources[@]}"
fi

[ -n "$KEY" ] || { echo "marking needs a key: give the input \`key\` from a secret" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(umask 077 && printf '%s\n' "$KEY" >"$folder/mark.key")
options=(--key-file "$folder/mark.key" --no-catalogue)
[ -z "$COPYRIGHT" ] || options+=(--copyright "$COPYRIGHT")
stamp embed "${options[@]}" -o "$OUTPUT/" -- "${sources[@]}"
