#!/bin/bash
# Runs a script as the agent would, where the folders of one server cover the machine's own. Arguments: the server's
# folder and the script; STAND_IN tells the stand-ins where their server is kept.
set -eu
export STAND_IN=$1
# shellcheck disable=SC2016 # the inner shell expands its own arguments
exec unshare -m bash -c '
  mount --rbind /usr/sbin "$1/real-sbin" && mount --rbind /etc "$1/real-etc" &&
    mount --bind "${sbin:-$1/sbin}" /usr/sbin && mount --bind "$1/etc" /etc && exec sh -c "$2"' enter "$1" "$2"
