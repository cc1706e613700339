#!/bin/bash
# Stands in for chronyd where no clock may be touched: the server's clock is a number in a file, the microseconds by
# which it is behind. -Q measures it, -q steps it. A clock that does not hold is right for one reading after a step.
set -u
clock=$STAND_IN/clock
offset=$(<"$clock/offset")

# As chronyd writes them: the whole part, a point, six digits.
to_seconds() {
  local absolute=${1#-} sign=''
  [[ $1 != -* ]] || sign=-
  printf -v REPLY '%s%d.%06d' "$sign" $((absolute / 1000000)) $((absolute % 1000000))
}

to_seconds "$offset"
words=" $* "
if [[ $words == *' -q '* ]]; then
  # A network's answer is never exact to the microsecond.
  echo 20 >"$clock/offset"
  [[ $(<"$clock/holds") == yes ]] || echo "$offset" >"$clock/relapse"
  echo "System clock wrong by $REPLY seconds (step)"
  exit 0
fi
if [[ $words =~ \ logdir\ ([^ ]+)\  ]]; then
  # Leap status 4th, then delay and dispersion of peer and root from the 13th on.
  echo "2026-01-01 00:00:00 169.254.169.123 N 3 111 111 1111 6 6 1.00 $REPLY 1.0e-04 1.0e-05 4.0e-05 2.0e-05 A9FEA97B 4B K" \
    >"${BASH_REMATCH[1]}/measurements.log"
fi
echo "System clock wrong by $REPLY seconds (ignored)"
[[ ! -e $clock/relapse ]] || mv "$clock/relapse" "$clock/offset"
