#!/bin/bash
# How each engine is reached: on this host as its own administrator over the local socket, so that no password is needed
# anywhere; on RDS as rds-connection.sh says.
# Every function reads statements from stdin and writes rows, separated by tabs; what the client complains about goes to
# the file database.err.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
connection=local sqlserver=localhost

# Writes names as string literals of SQL into REPLY: their grammar knows no quote and no backslash. A blank stands for
# no names: it is nobody's, and unlike an empty literal it is no null to Oracle.
quote_names() {
  printf -v REPLY "'%s'," "${@:- }"
  REPLY=${REPLY%,}
}

# Fills REPLY with what the last client complained about, in one line. MySQL's repeats a long statement before its error.
read_complaint() {
  REPLY=$({ grep -m 1 '^ERROR ' database.err || cat database.err; } | head -c 600 | tr -s '\n' ' ')
  REPLY=${REPLY:-no word from the client}
}

# The server ends the statement when our time is over: without it an ALTER that waits for a lock would come true after
# we gave up. A search path of pg_catalog alone keeps planted functions of other schemas out of an administrator's query.
run_postgresql() {
  local left options how
  read_clock
  left=$((deadline_at_ms > REPLY ? deadline_at_ms - REPLY : 1))
  options="-c search_path=pg_catalog -c statement_timeout=$left -c client_min_messages=error"
  # setpriv becomes psql, where su and runuser would leave it running when they are killed.
  how=(-u PGTZ HOME=/ PGAPPNAME=connection-fuse PGCONNECT_TIMEOUT=5 "PGOPTIONS=$options"
    setpriv --reuid=postgres --regid=postgres --init-groups -- psql -d postgres)
  # The entry may ask for less than the certificate of the server, but has to say so.
  [[ $connection == local ]] ||
    how=(-i "PATH=$PATH" HOME=/root PGSSLMODE=verify-full "PGSERVICEFILE=$rds_folder/pg_service.conf" psql
      -d "service=${connection#rds:} application_name=connection-fuse connect_timeout=5 options='$options'")
  (cd / && run env "${how[@]}" -XAtqw -F $'\t' -v ON_ERROR_STOP=1 "$@") 2>database.err
}

# sql_log_bin: what is done to accounts here stays here, a replica must not follow. The time zone is the one InnoDB
# itself writes times in. The client reads root's own option files, for servers whose root has no socket login.
run_mysql() {
  local client=mariadb how settings="sql_mode = '', time_zone = 'SYSTEM', lock_wait_timeout = 5"
  [[ -x $(type -P mariadb) ]] || client=mysql
  how=("HOME=${HOME:-/root}" "$client" --user=root --protocol=socket)
  if [[ $connection == local ]]; then
    settings+=', sql_log_bin = 0'
  else
    how=(-i "PATH=$PATH" "$client" --defaults-file="$rds_folder/mysql.cnf" --defaults-group-suffix="_${connection#rds:}"
      --protocol=tcp)
  fi
  run env "${how[@]}" --batch --skip-column-names --skip-reconnect --connect-timeout=5 --default-character-set=utf8mb4 \
    --init-command="SET SESSION $settings" "$@" 2>database.err
}

# Finds the only database of /etc/oratab; with several nobody here can say which one is meant.
find_oracle_home() {
  local sid home rest found=()
  [[ -r /etc/oratab ]] || fail 69 "File '/etc/oratab' is missing: no Oracle database is known on this host"
  while IFS=: read -r sid home rest; do
    [[ $sid =~ ^[A-Za-z][A-Za-z0-9_]{0,29}$ && $home =~ ^/[A-Za-z0-9._/-]+$ ]] && found+=("$sid:$home")
  done </etc/oratab
  ((${#found[@]} == 1)) || fail 65 "File '/etc/oratab' names ${#found[@]} databases, wanted one"
  oracle_sid=${found[0]%%:*} oracle_home=${found[0]#*:}
  [[ -x $oracle_home/bin/sqlplus ]] || fail 69 "Tool 'sqlplus' is missing in '$oracle_home'"
}

run_oracle() {
  local how
  if [[ $connection == local ]]; then
    how=(HOME=/ "ORACLE_SID=$oracle_sid" "ORACLE_HOME=$oracle_home"
      setpriv --reuid=oracle --regid="$(id -g oracle)" --init-groups -- "$oracle_home/bin/sqlplus" -S -L '/ as sysdba')
  else
    how=(-i "PATH=$PATH" HOME=/root "TNS_ADMIN=$rds_folder/oracle"
      "LD_LIBRARY_PATH=${rds_sqlplus%/*}:${rds_sqlplus%/*}/../lib" "$rds_sqlplus" -S -L "/@${connection#rds:}")
  fi
  (cd / && NLS_LANG=AMERICAN_AMERICA.AL32UTF8 run env "${how[@]}") 2>database.err
}

# Finds sqlcmd, and the login of a file only root can read: Linux seldom has a trusted one. A file given is one of RDS,
# whose first line is the server.
find_sqlcmd() {
  local file=${1:-/etc/connection-fuse/sqlcmd} candidate
  for candidate in /opt/mssql-tools18/bin/sqlcmd /opt/mssql-tools/bin/sqlcmd; do
    [[ ! -x $candidate ]] || { sqlcmd=$candidate && break; }
  done
  [[ -n ${sqlcmd-} ]] || fail 69 "Tool 'sqlcmd' is missing on this host"
  [[ -e $file ]] || return 0
  [[ $(stat -c '%u %a' "$file") == '0 600' ]] || fail 65 "File '$file' must be root's with mode 600"
  { { [[ $connection == local ]] || read -r sqlserver; } && read -r SQLCMDUSER && read -r SQLCMDPASSWORD; } <"$file" ||
    fail 65 "File '$file' must hold user and password, for RDS below a line with the server"
  [[ $sqlserver =~ ^[A-Za-z0-9][A-Za-z0-9.-]{0,253}(,[0-9]{1,5})?$ && -n $SQLCMDUSER ]] ||
    fail 65 "File '$file' names no server as HOST or HOST,PORT, or no user"
  export SQLCMDUSER SQLCMDPASSWORD
}

# Only this host's own server may show a certificate that nobody vouches for.
run_sqlserver() {
  local login=(-E) trust=-C
  [[ -z ${SQLCMDUSER-} ]] || login=()
  [[ $connection == local ]] || trust=-N
  run "$sqlcmd" -S "$sqlserver" "${login[@]}" "$trust" -b -x -h -1 -W -I -l 5 -s $'\t' -r 1 2>database.err
}
