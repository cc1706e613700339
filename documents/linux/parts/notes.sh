#!/bin/bash
# What things were before an incident's first change, and what became of them. One line a thing: name, phase, former
# state. The phase is `held` while our change stands and `undone` once it was taken back.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
declare -A phase=() former=() other_holder=() other_former=() before=() now=() status=()
noted=() named=() troubles='' notes_file=''

# Reads the notes of this incident and of the others. Incidents share units and files, unlike their nft tables: while
# two of them hold the same thing, the first release must not take it from the second.
open_notes() {
  local file line
  notes_file=$1
  # One document at a time on the whole host; the lock of the state directory is for one incident only.
  exec 8>"../$notes_file.lock" || fail 73 "Cannot write beside state directory '$state_dir'"
  run flock 8 || fail 75 'A document of another incident holds the lock'
  for file in ../*/"$notes_file"; do
    [[ -e $file ]] || continue
    # shellcheck disable=SC2094 # the name of the file only tells whose note it is
    while IFS= read -r line; do read_note "$file" "$line"; done <"$file"
  done
}

read_note() {
  local file=$1 name word rest
  read -r name word rest <<<"$2"
  [[ $word =~ ^(held|undone)$ && -n $rest ]] || fail 73 "Cannot understand the note '$2' in '$file'"
  if [[ $file -ef $notes_file ]]; then
    noted+=("$name")
    phase[$name]=$word former[$name]=$rest
  elif [[ $word == held && $rest == 'active '* ]]; then
    # What was not active before, its release leaves alone: nobody has to wait for it.
    file=${file%/*}
    other_holder[$name]=${file##*/} other_former[$name]=$rest
  fi
}

# Puts the former state of a thing into REPLY, as the first document that holds it noted it; empty when none did.
recall() {
  REPLY=''
  if [[ ${phase[$1]-} == held ]]; then
    REPLY=${former[$1]}
  elif [[ -n ${other_holder[$1]-} ]]; then
    REPLY=${other_former[$1]}
  fi
}

# Notes a thing anew; nothing is on the disk before `save_notes`.
note() {
  [[ -n ${phase[$1]-} ]] || noted+=("$1")
  phase[$1]=$2 former[$1]=$3
}

# Writes the notes so that a crash leaves the old file or the new one.
save_notes() {
  local name
  if ! for name in "${noted[@]}"; do echo "$name ${phase[$name]} ${former[$name]}"; done >"$notes_file.new" ||
    ! run sync "$notes_file.new" || ! mv -f "$notes_file.new" "$notes_file"; then
    fail 73 "Cannot write '$state_dir/$notes_file'"
  fi
}

# Sets what the verdict says of a thing; a thing counts as failed until it was seen otherwise.
judge() {
  status[$1]=$2 now[$1]=$3
}

# Adds to what went wrong; the verdict carries it as its error.
trouble() {
  troubles+="${troubles:+; }$1"
}

# Prints the things the verdict knows as one of its fields, each with its state before and now. Where not all have
# room, what went wrong comes first.
print_things() {
  local name thing bad=() good=()
  for name in "${named[@]}"; do
    [[ -n ${status[$name]-} ]] || continue
    printf -v thing '{"name":"%s","before":"%s","now":"%s","status":"%s"}' \
      "${shown[$name]-$name}" "${before[$name]}" "${now[$name]}" "${status[$name]}"
    if $is_cut && [[ ${status[$name]} =~ ^(failed|drifted)$ ]]; then bad+=("$thing"); else good+=("$thing"); fi
  done
  print_list "$1" "$2" "${bad[@]}" "${good[@]}"
}

# Ends the script: anything that failed makes it 1, anything that somebody else changed makes it 3.
conclude() {
  local name code=0
  for name in "${named[@]}"; do
    case ${status[$name]} in
      failed) code=1 ;;
      drifted) ((code == 1)) || code=3 ;;
    esac
  done
  ((code == 0)) || fail "$code" "$troubles"
  tell_verdict true
}
