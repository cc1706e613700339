# The one firewall rule that people know by name, such as ERM-Device: read and noted, then changed, then read back.

# Every rule of this host with that name, the inner or the shown one; shown names are not unique.
function Find-NamedRule([string]$RuleName) {
  $inner = @(Find-Item { Get-NetFirewallRule -Name $RuleName })
  $shown = @(Find-Item { Get-NetFirewallRule -DisplayName $RuleName })
  return $inner + $shown | Sort-Object -Property Name -Unique
}

# What we may change of a rule, as one text.
function Get-NamedText($Rule) {
  $address = Get-NetFirewallAddressFilter -AssociatedNetFirewallRule $Rule
  return "$($Rule.Action) $($Rule.Enabled) $($Rule.Direction) $(@($address.RemoteAddress | Sort-Object) -join ',')"
}

# The key of a rule's note: its name may hold what no file name can.
function Get-NamedKey([string]$RuleName) {
  $lower = $RuleName.ToLowerInvariant()
  return "rule-$((Get-Digest $lower).Substring(0, 16))"
}

# Notes a rule as it was when an incident first changed it.
function Save-NamedState([string]$RuleName, $Rule) {
  $key = Get-NamedKey $RuleName
  $known = Read-State $key
  if ($null -ne $known -and $known['phase'] -ceq 'held') { return $known }
  $other = Find-OtherHold $key
  $state = [ordered]@{ name = $RuleName; phase = 'held'; before = 'active'; created = 'no'; text = ''; set = '' }
  if ($null -ne $other) {
    $state['created'] = $other['created']
    $state['text'] = $other['text']
  } elseif ($null -eq $Rule) {
    $state['created'] = 'yes'
  } else {
    $state['text'] = Get-NamedText $Rule
  }
  Save-State $key $state
  return $state
}

# Makes the rule block: where there are golden channels, everybody but them, and else whom it was for before. Says
# whether it had to be changed, and throws where it cannot be.
function Set-NamedRule($Named, [string[]]$Addresses, [string[]]$Ports) {
  $ruleName = $Named['name']
  if ($ruleName -eq '') { return $false }
  $found = @(Find-NamedRule $ruleName)
  if ($found.Count -gt 1) { throw "$($found.Count) rules are called '$ruleName', wanted one: left as they are" }
  if ($found.Count -eq 0 -and -not $Named['mayCreate']) { throw "No rule is called '$ruleName', and none may be made" }
  if ($found.Count -eq 0 -and $Ports.Length -eq 0) { throw "Rule '$ruleName' cannot be made: ports is empty" }
  $former = ''
  if ($found.Count -eq 0) {
    $state = Save-NamedState $ruleName $null
    $from = $Addresses
    if ($from.Length -eq 0) { $from = @('Any') }
    New-BlockRule $ruleName 'in' 'TCP' $Ports $from
  } else {
    $former = Get-NamedText $found[0]
    $state = Save-NamedState $ruleName $found[0]
    Set-NetFirewallRule -Name $found[0].Name -Action Block -Enabled True
    if ($Addresses.Length -gt 0) { Set-NetFirewallRule -Name $found[0].Name -RemoteAddress $Addresses }
  }
  $now = @(Find-NamedRule $ruleName)
  if ($now.Count -ne 1 -or [string]$now[0].Action -cne 'Block' -or [string]$now[0].Enabled -cne 'True') {
    throw "Rule '$ruleName' does not block after it was set to"
  }
  $state['set'] = Get-NamedText $now[0]
  Save-State (Get-NamedKey $ruleName) $state
  return $former -cne $state['set']
}

# Puts the rule back, and says whether it is as it was.
function Restore-NamedRule($Rule, $State) {
  if ($State['created'] -ceq 'yes') {
    Remove-NetFirewallRule -Name $Rule.Name
    return @(Find-NamedRule $State['name']).Count -eq 0
  }
  $action, $enabled, $null, $addresses = $State['text'].Split(' ')
  $list = $addresses.Split(',')
  Set-NetFirewallRule -Name $Rule.Name -Action $action -Enabled $enabled -RemoteAddress $list
  return (Get-NamedText (Get-NetFirewallRule -Name $Rule.Name)) -ceq $State['text']
}

# Compares before, ours and now for one rule that this incident changed: released, already-released or drifted. The
# answer is not given before the rule was read back.
function Undo-NamedRule($State) {
  $found = @(Find-NamedRule $State['name'])
  $isGone = $found.Count -eq 0
  $text = ''
  if ($found.Count -eq 1) { $text = Get-NamedText $found[0] }
  $isBefore = $found.Count -eq 1 -and $text -ceq $State['text']
  if ($State['created'] -ceq 'yes') { $isBefore = $isGone }
  $isOurs = $found.Count -eq 1 -and $text -ceq $State['set']
  $status = 'drifted'
  # A rule that blocked before the incident is both: nothing is to be put back.
  if ($isBefore) {
    $status = 'already-released'
  } elseif ($isOurs -and $null -ne (Find-OtherHold (Get-NamedKey $State['name']))) {
    # The release of the other incident puts it back.
    $status = 'already-released'
  } elseif ($isOurs) {
    if (-not (Restore-NamedRule $found[0] $State)) { Stop-Document 70 "Rule '$($State['name'])' is not as before" }
    $status = 'released'
  }
  if ($status -ne 'drifted') {
    $State['phase'] = 'undone'
    Save-State (Get-NamedKey $State['name']) $State
  }
  return $status
}
