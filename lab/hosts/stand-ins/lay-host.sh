#!/bin/bash
# Lays the folders that cover /usr/sbin and /etc of one server: PATH is fixed in the documents, so a tool of ours among
# links to all the others is what they find. Arguments: the server's folder, and the names of the stand-ins it gets.
set -eu
state=$1 stand_ins=$(dirname "$0")
shift

# The entries of a folder as links to where that folder can be reached beside the one that covers it.
link_all() {
  local from=$1 to=$2 beside=$3 entry target plain=()
  mkdir -p "$to" "$beside"
  for entry in "$from"/*; do
    if [[ ! -L $entry ]]; then
      plain+=("$beside/${entry##*/}")
      continue
    fi
    target=$(readlink -f "$entry" || true)
    [[ -e $target ]] || continue
    [[ $target != "$from"/* ]] || target=$beside${target#"$from"}
    ln -sf "$target" "$to/${entry##*/}"
  done
  ln -sf -t "$to" "${plain[@]}"
}

link_all /usr/sbin "$state/sbin" "$state/real-sbin"
link_all /etc "$state/etc" "$state/real-etc"
rm -f "$state/etc/cron.d" "$state/etc/systemd"
mkdir -p "$state/etc/cron.d" "$state/etc/systemd/system" "$state/units" "$state/run"
for tool; do
  rm -f "$state/sbin/$tool"
  cp "$stand_ins/$tool.sh" "$state/sbin/$tool"
  chmod 755 "$state/sbin/$tool"
done
