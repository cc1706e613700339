# Blocks peers and local ports of this host, and kills nothing: what is open stays open and silent until a kill follows
# or release-connections lifts the block. A rule that is named blocks too, with whatever ports it has.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/notes.ps1"
. "$PSScriptRoot/parts/firewall.ps1"
. "$PSScriptRoot/parts/named-rule.ps1"
. "$PSScriptRoot/parts/blocks.ps1"
. "$PSScriptRoot/parts/targets.ps1"
$document = 'block-connections'
$verdict['state'] = ''
$verdict['blocked'] = $false
$verdict['tableDigest'] = ''

# Looks at what is there before anything changes. What a kill of this incident set is never replaced by less.
function Test-Standing([string]$Request) {
  if (@(Get-OwnRule 'PersistentStore').Count -eq 0) { return $false }
  $verdict['blocked'] = $true
  $state = Read-State 'block'
  $digest = Get-Digest (Get-BlockText)
  if ($null -eq $state -or $state['document'] -cne $document -or $state['digest'] -cne $digest) {
    $verdict['state'] = 'taken'
    Stop-Document 1 'The rules were set by another document of this incident: left as they are'
  }
  $verdict['tableDigest'] = $digest
  return $state['request'] -ceq $Request
}

Read-CommonParameter
$ttl = [int](Read-Parameter 'ttlSeconds' $ttlPattern 6)
$peers = @(Read-CidrList 'peers' 8192)
$ports = @(Read-List 'ports' $portToken 600)
$named = Read-NamedRule
$agent = @(Read-CidrList 'agent' 2048)
$golden = @(Read-Golden)
$tokens = @(Read-List 'blockRanges' $blockToken 8192)
if ($peers.Count -eq 0 -and $ports.Count -eq 0 -and $named['name'] -eq '') {
  Stop-Document 64 'Parameters peers, ports and ruleName are all empty: wanted at least one address, port or rule'
}
$own = @($tokens | Where-Object { -not (Test-NamedToken $_) })
if ($peers.Count + $ports.Count -gt 0 -and $own.Count -eq 0) {
  Stop-Document 64 'Parameter blockRanges holds nothing for peers and ports'
}
$addresses = @(Get-NamedAddress $named $tokens $golden)
Confirm-Ready $firewallCommands
Initialize-Source $blocksSource
Confirm-Spared $tokens $golden $agent
Open-StateDirectory
Open-Notes 'rules'
Confirm-FirewallWorks
$verdict['state'] = 'already-blocked'
$request = Get-Digest "$ttl $($own -join ' ')"
$stands = Test-Standing $request
if ($own.Count -gt 0 -and -not $stands) {
  Set-Block $own $ttl
  $verdict['state'] = 'blocked'
}
Confirm-TimeLeft 'setting the rules'
try {
  if (Set-NamedRule $named $addresses $ports) { $verdict['state'] = 'blocked' }
} catch { Stop-Document 1 $_.Exception.Message }
$verdict['tableDigest'] = Save-Block $request
$verdict['blocked'] = $true
Confirm-TimeLeft 'reading the rules back'
Write-Verdict $true
exit 0
