#!/bin/bash
# Stands in for systemctl where no systemd runs: units are files, services are real processes. Knows what our documents
# ask for, and answers as systemd 252 does. A unit's file may name a `mode`, a way to go wrong.
set -u
units=$STAND_IN/units run=$STAND_IN/run loaded=$STAND_IN/loaded
mkdir -p "$run" "$loaded"

is_alive() {
  local stat
  [[ $1 != 0 ]] || return 1
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  stat=${stat##*) }
  [[ $stat != [ZX]* ]]
}

# Puts a property that the unit's file names into REPLY.
read_property() {
  local key value
  REPLY=''
  [[ -e $units/$1 ]] || return 0
  while IFS='=' read -r key value; do [[ $key != "$2" ]] || REPLY=$value; done <"$units/$1"
}

# Puts the process of a unit into REPLY, 0 when it is gone.
find_process() {
  REPLY=0
  [[ ! -s $run/$1.pid ]] || REPLY=$(<"$run/$1.pid")
  is_alive "$REPLY" || REPLY=0
}

# Puts what a unit does into REPLY.
find_state() {
  local pid
  find_process "$1"
  pid=$REPLY
  read_property "$1" ActiveState
  if [[ -n $REPLY ]]; then
    return
  elif [[ -e $run/$1.denied ]]; then
    REPLY=inactive
  elif [[ -e $run/$1.stopping && $pid != 0 ]]; then
    REPLY=deactivating
  elif [[ -e $run/$1.on || $pid != 0 ]]; then
    REPLY=active
  elif [[ -e $run/$1.failed ]]; then
    REPLY=failed
  else
    REPLY=inactive
  fi
}

show_unit() {
  local name=$1 key id=$1 file paths=''
  [[ ! -L $units/$1 ]] || id=$(readlink "$units/$1")
  echo "Id=$id"
  find_state "$id"
  echo "ActiveState=$REPLY"
  if [[ -e $units/$name ]]; then
    printf 'LoadState=loaded\nFragmentPath=%s\n' "$units/$id"
  else
    echo 'LoadState=not-found'
  fi
  find_process "$id"
  echo "MainPID=$REPLY"
  for file in "$loaded/$id"/*.conf; do
    [[ ! -e $file ]] || paths+="${paths:+ }/etc/systemd/system/$id.d/${file##*/}"
  done
  echo "DropInPaths=$paths"
  for key in Names UnitFileState TriggeredBy Triggers ControlGroup NRestarts; do
    read_property "$id" "$key"
    [[ $key != Names || -n $REPLY ]] || REPLY=$id
    echo "$key=$REPLY"
  done
}

# Nothing of the caller but the process itself lives on: neither its pipes nor its locks.
spawn() {
  setsid sleep 1000 </dev/null >/dev/null 2>&1 8>&- 9>&- &
  echo $! >"$run/$1.pid"
}

end_process() {
  find_process "$1"
  [[ $REPLY != 0 ]] || return 0
  kill -TERM "$REPLY"
  while is_alive "$REPLY"; do sleep 0.01; done
}

stop_unit() {
  read_property "$1" mode
  rm -f "$run/$1.on"
  case $REPLY in
    stays) ;;
    orphans) : >"$run/$1.denied" ;;
    hangs) : >"$run/$1.stopping" && exec sleep 1000 ;;
    returns) end_process "$1" && spawn "$1" ;;
    fails) end_process "$1" && : >"$run/$1.failed" ;;
    *) end_process "$1" ;;
  esac
}

start_unit() {
  if [[ ! -e $units/$1 ]]; then
    echo "Failed to start $1: Unit $1 not found." >&2
    return 5
  fi
  if [[ -d $loaded/$1 ]] && grep -rqs '^AssertPathExists=!/$' "$loaded/$1"; then
    echo "Assertion failed on job for $1." >&2
    return 1
  fi
  read_property "$1" mode
  case $REPLY:$1 in
    refuses:*) echo "Job for $1 failed." >&2 && return 1 ;;
    dies:*) : >"$run/$1.failed" ;;
    *:*.service) find_process "$1" && { [[ $REPLY != 0 ]] || spawn "$1"; } ;;
    *) : >"$run/$1.on" ;;
  esac
}

reload() {
  local name directory
  rm -rf "${loaded:?}"
  mkdir "$loaded"
  for directory in /etc/systemd/system/*.d; do
    [[ -d $directory ]] || continue
    name=${directory##*/}
    cp -r "$directory" "$loaded/${name%.d}"
  done
}

if [[ -e $STAND_IN/broken ]]; then
  echo 'Failed to connect to bus: "Host is down"' >&2
  exit 1
fi
echo "$*" >>"$STAND_IN/calls"
command=$1
shift
while (($# > 0)) && [[ $1 == --* ]]; do
  [[ $1 != -- ]] || { shift && break; }
  shift
done
code=0
case $command in
  show)
    separator=''
    for name; do
      printf '%s' "$separator"
      show_unit "$name"
      separator=$'\n'
    done
    ;;
  stop) for name; do stop_unit "$name" || code=$?; done ;;
  start) for name; do start_unit "$name" || code=$?; done ;;
  daemon-reload) [[ ! -e $STAND_IN/no-reload ]] && reload || code=1 ;;
  list-units) for name in "$run"/*.failed; do echo "$(basename "$name" .failed) loaded failed failed"; done ;;
  *) echo "Unknown command verb $command." >&2 && exit 1 ;;
esac
exit $code
