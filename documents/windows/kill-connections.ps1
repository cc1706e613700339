# Cuts connections of this host and keeps them cut: list -> block -> kill -> list again.
# The block comes before the kill, or clients are back before the verdict; the verdict rests on the lists alone. Only
# IPv4 can be killed: what runs over IPv6 is blocked, stays in the list and counts as a survivor.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/notes.ps1"
. "$PSScriptRoot/parts/firewall.ps1"
. "$PSScriptRoot/parts/named-rule.ps1"
. "$PSScriptRoot/parts/blocks.ps1"
. "$PSScriptRoot/parts/connections.ps1"
. "$PSScriptRoot/parts/targets.ps1"
$document = 'kill-connections'
$mostRounds = 3
$verdict['scope'] = ''
foreach ($field in 'selected', 'cut', 'survivors', 'goldenBefore', 'goldenLost') { $verdict[$field] = 0 }
$verdict['blocked'] = $false
foreach ($field in 'tableDigest', 'listFile', 'listDigest') { $verdict[$field] = '' }
foreach ($field in 'blockMs', 'killMs') { $verdict[$field] = 0 }

# A list that does not belong to the scope is a misunderstanding, not a detail.
function Confirm-Scope([string]$Scope, [string]$List, [int]$Count) {
  if ($Scope -cne $List -and $Count -gt 0) { Stop-Document 64 "Parameter $List is given, but scope is '$Scope'" }
  if ($Scope -ceq $List -and $Count -eq 0) { Stop-Document 64 "Scope '$Scope' needs at least one of $Scope" }
}

# The name servers this host asks. Without names the agent finds no way back to be told of the release, and golden
# channels that are dialled by name end.
function Get-Resolver {
  $addresses = @(Get-DnsClientServerAddress | ForEach-Object { $_.ServerAddresses })
  return $addresses | Where-Object { $_ -notmatch '%' } | Select-Object -Unique
}

# Leaves the way to names open: rules for the other ports, and for port 53 one without the resolvers.
function Split-Token([string]$Token, [string[]]$Resolvers) {
  $direction, $protocol, $ports, $ranges = $Token.Split('@')
  $others = Remove-Port $ports 53
  if ($direction -ceq 'in' -or $others -ceq $ports) { return $Token }
  if ($others -ne '') { "$direction@$protocol@$others@$ranges" }
  $left = [AddressSpan]::Subtract($ranges, $Resolvers)
  if ($left -ne '') { "$direction@$protocol@53@$left" }
}

# Takes the numbers of the last list into the verdict.
function Read-Count($Cutter) {
  $verdict['selected'] = $Cutter.Selected
  $verdict['cut'] = $Cutter.ListCut().Length
  $verdict['survivors'] = $Cutter.Survivors
  $verdict['goldenBefore'] = $Cutter.GoldenBefore
  $verdict['goldenLost'] = $Cutter.CountGoldenLost()
}

# Repeats for sockets that were born while the first walk went on.
function Stop-Connection($Cutter) {
  $since = $started.ElapsedMilliseconds
  for ($round = 1; $round -le $mostRounds; $round++) {
    $Cutter.Kill()
    if ($Cutter.Survivors -eq $Cutter.SurvivorsIpv6) { break }
  }
  $verdict['killMs'] = [int]($started.ElapsedMilliseconds - $since)
  Read-Count $Cutter
}

# Keeps the exact list of what is gone.
function Save-List($Cutter) {
  $text = ($Cutter.ListCut() -join "`r`n") + "`r`n"
  $verdict['listFile'] = Save-Note "cut-$([DateTime]::UtcNow.ToString('yyyyMMddHHmmssfff')).txt" $text
  $verdict['listDigest'] = Get-FileDigest $verdict['listFile']
}

Read-CommonParameter
$scope = Read-Parameter 'scope' '^(server|peers|ports)$' 6
$verdict['scope'] = $scope
# A caller from before there was a choice does not hand it over.
$only = Read-Parameter 'only' '^(all|zombies)?$' 7
Read-Parameter 'silentSeconds' '^[0-9]{0,4}$' 4 | Out-Null
if ($only -ceq 'zombies') { Stop-Document 64 'Parameter only is zombies: Windows does not tell how long one is silent' }
$peersFrom = Read-Parameter 'peersFrom' '^(night-logins)?$' 12
Read-Parameter 'sinceSeconds' '^[0-9]{0,5}$' 5 | Out-Null
Read-CidrList 'homeCidrs' 2048 | Out-Null
# The ranges of a block are worked out before it reaches the host.
if ($peersFrom -cne '') { Stop-Document 64 'Parameter peersFrom is night-logins: Windows blocks only what it is given' }
$ttl = [int](Read-Parameter 'ttlSeconds' $ttlPattern 6)
$peers = @(Read-CidrList 'peers' 8192)
$ports = @(Read-List 'ports' $portToken 600)
Confirm-Scope $scope 'peers' $peers.Count
Confirm-Scope $scope 'ports' $ports.Count
$agent = @(Read-CidrList 'agent' 2048)
$named = Read-NamedRule
$golden = @(Read-Golden)
$all = @(Read-List 'blockRanges' $blockToken 8192)
$addresses = @(Get-NamedAddress $named $all $golden)
$tokens = @($all | Where-Object { -not (Test-NamedToken $_) })
if ($tokens.Count -eq 0) { Stop-Document 64 'Parameter blockRanges is empty, wanted what golden channels leave' }
Confirm-Ready ($firewallCommands + 'Get-DnsClientServerAddress')
Initialize-Source ($blocksSource + "`n" + $connectionsSource)
Confirm-Spared $all $golden $agent
Open-StateDirectory
Open-Notes 'rules'
Confirm-FirewallWorks

$cutter = [Cutter]::new([string[]]$tokens, [string[]]$golden)
$cutter.ObserveBefore()
Read-Count $cutter
Confirm-TimeLeft 'listing connections'
$rules = $tokens
if ($scope -ceq 'server') {
  $resolvers = @(Get-Resolver)
  $rules = @($tokens | ForEach-Object { Split-Token $_ $resolvers })
}
Set-Block $rules $ttl
$verdict['blocked'] = $true
# Our own rules block already: a named one that cannot be set is told of in the end, and keeps no kill from its work.
$trouble = ''
try { Set-NamedRule $named $addresses $ports | Out-Null } catch { $trouble = $_.Exception.Message }
$verdict['blockMs'] = [int]$started.ElapsedMilliseconds
# Before the kill, which may take all the time there is: without this note the release would find no witness.
$verdict['tableDigest'] = Save-Block (Get-Digest "$ttl $($tokens -join ' ')")
Stop-Connection $cutter
Save-List $cutter
if ($cutter.Survivors -gt $cutter.SurvivorsIpv6) {
  Stop-Document 1 "$($cutter.Survivors) connections survive the kill: the system answered $($cutter.LastError)"
}
if ($cutter.Survivors -gt 0) {
  Stop-Document 1 "$($cutter.Survivors) IPv6 connections are blocked and not ended: Windows has no way to end them"
}
if ($trouble -ne '') { Stop-Document 1 $trouble }
Confirm-TimeLeft 'killing connections'
Write-Verdict $true
exit 0
