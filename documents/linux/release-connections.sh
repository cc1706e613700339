#!/bin/bash
# Takes the block of one incident away again, if it is still the block that was set.
# Cut sockets stay cut: what comes back is the peers' freedom to connect.
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
readonly document=release-connections

state='' table_digest='' timer_expired=false

print_verdict() {
  read_clock
  printf '{"ok":%s,"document":"%s","incident":"%s","state":"%s","tableDigest":"%s","expired":%s,"totalMs":%d,"error":"%s"}\n' \
    "$1" "$document" "$incident" "$state" "$table_digest" "$timer_expired" $((REPLY - started_at_ms)) "$error"
}

read_common_parameters
expected=${SSM_expectedDigest-}
[[ $expected =~ ^([0-9a-f]{64})?$ ]] ||
  fail 64 "Parameter expectedDigest must be empty or 64 of 0-9 a-f, received '${expected:0:80}'"
require_tools nft timeout flock sha256sum
open_state_dir

if ! table_exists; then
  state=already-released
  tell_verdict true
  exit 0
fi
read_table

# Without a digest from the audit, what the cut itself noted on this host is the only other witness.
if [[ -z $expected && -r table.sha256 ]]; then
  read -r expected <table.sha256
fi
if [[ $table_digest != "$expected" ]]; then
  state=drifted
  fail 3 "Table '$table' is not the one that was set, wanted '${expected:-unknown}': left as it is"
fi

check_deadline 'comparing the table'
nft_said=$(run nft delete table inet "$table" 2>&1) || fail 70 "Cannot delete table '$table': $nft_said"
# The exit code is not the proof; the list without it is.
table_exists && fail 70 "Table '$table' is still there after its deletion"
rm -f table.sha256
state=released
tell_verdict true
