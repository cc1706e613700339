# Takes the block of one incident away again, if it is still the block that was set, and puts the named rule back.
# Cut connections stay cut: what comes back is the peers' freedom to connect.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/notes.ps1"
. "$PSScriptRoot/parts/firewall.ps1"
. "$PSScriptRoot/parts/named-rule.ps1"
$document = 'release-connections'
$verdict['state'] = ''
$verdict['tableDigest'] = ''
$verdict['expired'] = $false

# Says whether the rules that stand are those that were set. Where some of them are gone already, an earlier release was
# interrupted: the rest is ours when the note that the digest vouches for has every line of it.
function Test-Unchanged([string]$Expected) {
  $text = Get-BlockText
  $verdict['tableDigest'] = Get-Digest $text
  $noted = [string](Read-Note 'block.txt')
  # Without a digest from the audit, what the cut itself noted on this host is the only other witness.
  if ($Expected -eq '' -and $noted -ne '') { $Expected = Get-Digest $noted }
  if ($verdict['tableDigest'] -ceq $Expected) { return $true }
  if ((Get-Digest $noted) -cne $Expected) { return $false }
  $known = @($noted.Split("`n"))
  return @($text.Split("`n") | Where-Object { $known -cnotcontains $_ }).Count -eq 0
}

# Removes the rules of this incident, each by its name, and says what became of the block.
function Remove-Block([string]$Expected) {
  $rules = @(Get-OwnRule 'PersistentStore')
  if ($rules.Count -eq 0) {
    # The block was there and nobody released it: its own time lifted it.
    $state = Read-State 'block'
    $verdict['expired'] = $null -ne $state -and $state['phase'] -ceq 'held' -and [string](Read-Note 'block.txt') -ne ''
    return 'already-released'
  }
  if (-not (Test-Unchanged $Expected)) { return 'drifted' }
  foreach ($rule in $rules) { Remove-NetFirewallRule -Name $rule.Name }
  # That no error came is not the proof; the list without them is.
  if (@(Get-OwnRule 'PersistentStore').Count + @(Get-OwnRule 'ActiveStore').Count -gt 0) {
    Stop-Document 70 'Rules of this incident are still there after their removal'
  }
  return 'released'
}

# Ends the hold of the incident on its block.
function Complete-Block {
  $state = Read-State 'block'
  if ($null -eq $state) { return }
  $state['phase'] = 'undone'
  Save-State 'block' $state
}

Read-CommonParameter
$expected = Read-Parameter 'expectedDigest' $digestPattern 64
Confirm-Ready $firewallCommands
Open-StateDirectory
Open-Notes 'rules'
$states = @(Remove-Block $expected)
if ($states -ccontains 'drifted') {
  $verdict['state'] = 'drifted'
  Stop-Document 3 'The rules are not those that were set: left as they are'
}
Confirm-TimeLeft 'removing the rules'
foreach ($file in [IO.Directory]::GetFiles($stateDirectory, 'rule-*.json')) {
  $states += Undo-NamedRule (Read-State ([IO.Path]::GetFileNameWithoutExtension($file)))
}
if ($states -ccontains 'drifted') {
  $verdict['state'] = 'drifted'
  Stop-Document 3 'The named rule is not as it was set: left as it is'
}
Remove-DeadMan
Complete-Block
$verdict['state'] = 'already-released'
if ($states -ccontains 'released') { $verdict['state'] = 'released' }
Write-Verdict $true
exit 0
