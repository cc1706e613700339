#!/bin/bash
# Lists in a verdict, each bounded where the verdict would be too long.
# shellcheck disable=SC2154 # set by the prelude

# Prints a field that is a list of JSON values. Of a verdict that is cut, the first values that fit into so many
# characters, and how many there are.
print_list() {
  local name=$1 most_characters=$2 value text=''
  shift 2
  for value; do
    ! $is_cut || ((${#text} + ${#value} < most_characters)) || break
    text+="${text:+,}$value"
  done
  printf '"%s":[%s]' "$name" "$text"
  ! $is_cut || printf ',"%sTotal":%d' "$name" $#
}
