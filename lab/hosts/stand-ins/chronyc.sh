#!/bin/bash
# Stands in for chronyc beside the stand-in of chronyd: a daemon that runs, has just measured, and steps when it is told.
set -u
case " $* " in
  *' tracking '*) echo "A9FEA97B,169.254.169.123,4,$(date +%s.%9N),0,0,0,0,0,0,0,0,0,Normal" ;;
  *' burst '* | *' online '* | *' offline '*) echo '200 OK' ;;
  *' activity '*) echo '1,0,0,0,0' ;;
  *' makestep '*) chronyd -q >/dev/null && echo '200 OK' ;;
  # waitsync TRIES MOST-SECONDS: the offset is whole microseconds.
  *' waitsync '*)
    awk -v offset="$(<"$STAND_IN/clock/offset")" -v most="$3" \
      'BEGIN { exit !(offset < most * 1e6 && -offset < most * 1e6) }'
    ;;
  *) echo '501 Not authorised' && exit 1 ;;
esac
