#!/bin/bash
# Stands in for setpriv where the world knows no account but root: the database takes the name it is told, and is found
# in the server's own folder.
set -u
while (($# > 0)) && [[ $1 != -- ]]; do shift; done
shift
exec env PGUSER=postgres PGHOST="$STAND_IN/postgres" "$@"
