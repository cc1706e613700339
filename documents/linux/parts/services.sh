#!/bin/bash
# What stop-service and start-service have in common: a service is the unit itself and what would start it on demand.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
declare -A shown=()
triggers=()

print_verdict() {
  printf '{"ok":%s,"document":"%s","incident":"%s",%s,"error":"%s"}\n' \
    "$1" "$document" "$incident" "$(print_things services 1200)" "$error"
}

# Reads the services into `named`, each as the whole name of its unit.
read_services() {
  local list=${SSM_services-} name item items=()
  ((${#list} <= 564)) || fail 64 "Parameter services has ${#list} characters, at most 564 are wanted"
  [[ $list != *[!a-zA-Z0-9@_.:\ -]* && $list != ' '* && $list != *' ' && $list != *'  '* ]] ||
    fail 64 "Parameter services is not a list separated by single blanks: '${list:0:80}'"
  IFS=' ' read -ra items <<<"$list"
  ((${#items[@]} <= 5)) || fail 64 "Parameter services names ${#items[@]} services, at most 5 are wanted"
  for item in "${items[@]}"; do
    name=${item%.service}
    # `x@` alone is a template: there is nothing of that name to stop.
    [[ $name =~ ^[a-zA-Z0-9][a-zA-Z0-9@_.:-]{0,99}$ && $name != *@ ]] ||
      fail 64 "Parameter services names no service: '$item'"
    name+=.service
    refuse_protected "$name" services
    [[ -n ${shown[$name]-} ]] || named+=("$name")
    shown[$name]=$item
  done
}

# Calls each service by its own name instead of an alias, so that notes under one name are found under the other.
resolve_aliases() {
  local name id wanted=("${named[@]}")
  read_units "${wanted[@]}"
  named=()
  for name in "${wanted[@]}"; do
    id=${unit["$name Id"]}
    [[ $id == "$name" || -z ${shown[$id]-} ]] || continue
    named+=("$id")
    shown[$id]=${shown[$name]}
  done
}

# Reads the services with what starts them on demand. A name may be an alias of a protected unit, so every name of the
# unit is looked at.
read_with_triggers() {
  local name alias all=()
  read_units "$@"
  for name; do
    for alias in ${unit["$name Names"]-}; do refuse_protected "$alias" services; done
    list_triggers "$name"
    all+=("${triggers[@]}")
  done
  read_units "${all[@]}"
}

# Puts the sockets and paths that start a service on demand into `triggers`. Timers are tasks: hold-task is for them.
list_triggers() {
  local trigger
  triggers=()
  for trigger in ${unit["$1 TriggeredBy"]-}; do
    [[ $trigger == *.socket || $trigger == *.path ]] || continue
    [[ $trigger =~ ^[a-zA-Z0-9@_.:\\-]+$ ]] || fail 70 "Cannot read what starts '$1': '$trigger'"
    triggers+=("$trigger")
  done
}
