#!/bin/bash
# Holds logins, so that ended sessions do not come back at once, and lets them go again. What a login was before stands
# in a file of this incident before the first change: a line LOGIN@FORMER each. The value that holds a login is a
# connection limit of 0 on PostgreSQL and a locked account on MariaDB and MySQL.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
readonly login_token='^[A-Za-z0-9._-]{1,64}(@(-1|0|[1-9][0-9]{0,9})|@[A-Za-z0-9.:%_/-]{1,100}@(locked|unlocked))$'
# What one verdict has room for. Those that are held must all stand there: the release takes them from it.
readonly most_held_characters=900
logins=() free_logins=() tokens=() held=''

# Prints a field that is a list of names; their grammar knows nothing that JSON would quote.
print_names() {
  local name quoted=()
  for name in "${@:3}"; do quoted+=("\"$name\""); done
  print_list "$1" "$2" "${quoted[@]}"
}

# Reads the logins of these names with their values of now; those a hold would miss go to `free_logins`.
read_login_values() {
  local rows login value kind
  declare -gA now_values=()
  logins=() free_logins=()
  if [[ $engine == postgresql ]]; then held=0; else held=locked; fi
  (($# > 0)) || return 0
  rows=$("read_logins_$engine" "$@") || return 1
  while IFS=$'\t' read -r login value kind; do
    [[ $login@$value =~ $login_token ]] || continue
    now_values[$login]=$value
    case $kind in
      bound) logins+=("$login") ;;
      free) free_logins+=("$login") ;;
    esac
  done <<<"$rows"
}

# Reads a note into `former_values` and `tokens`.
read_note() {
  local token
  declare -gA former_values=()
  tokens=()
  [[ -r $1 ]] || return 0
  while read -r token; do
    [[ $token =~ $login_token ]] || continue
    former_values[${token%@*}]=${token##*@}
    tokens+=("$token")
  done <"$1"
}

# Writes a note as a whole or not at all.
write_note() {
  local note=$1
  shift
  { (($# == 0)) || printf '%s\n' "$@"; } >"$note.new" && mv "$note.new" "$note"
}

# Holds the logins of these names; what holds afterwards, by a second look, is in `logins_held` as LOGIN@FORMER.
hold_logins_of() {
  local login text
  read_login_values "$@" || return 1
  logins_left+=("${free_logins[@]}")
  read_note "logins-$engine"
  for login in "${logins[@]}"; do
    # Where our own value is in place, only the note knows what was before it.
    [[ ${now_values[$login]} == "$held" && -n ${former_values[$login]-} ]] ||
      former_values[$login]=${now_values[$login]}
  done
  text=${logins[*]}
  # A former value with its `@` has up to 12 characters; quotes and comma are 3, of which the blank stands for one.
  if ((${#text} + 14 * ${#logins[@]} > most_held_characters)); then
    echo "${#logins[@]} logins are more than one verdict can name" >database.err
    return 1
  fi
  tokens=()
  for login in "${!former_values[@]}"; do tokens+=("$login@${former_values[$login]}"); done
  write_note "logins-$engine" "${tokens[@]}" || return 1
  for login in "${logins[@]}"; do
    [[ ${now_values[$login]} == "$held" ]] || "set_login_$engine" "$login" "${now_values[$login]}" "$held" || return 1
  done
  read_login_values "$@" || return 1
  for login in "${logins[@]}"; do
    if [[ ${now_values[$login]} == "$held" ]]; then
      logins_held+=("$login@${former_values[$login]}")
    else
      error="Login '$login' could not be held"
    fi
  done
}
