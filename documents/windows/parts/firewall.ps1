# The firewall rules of one incident. A block wins over every permission here, so what is golden stands in no rule at
# all: the caller computed what is left, and the host writes it down.

$group = 'connection-fuse'
$taskFolder = '\connection-fuse\'
$portRangeToken = "(0|$portToken)(-$portToken)?"
$addressRangeToken = "$ipv4Address(-$ipv4Address)?|[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}(-[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7})?"
$blockToken = "(in|out)@(any|tcp)@$portRangeToken(,$portRangeToken)*@($addressRangeToken)(,($addressRangeToken))*"
$ttlPattern = '^(604800|60[0-3][0-9]{3}|604[0-7][0-9]{2}|[1-5][0-9]{5}|[1-9][0-9]{0,4}|0)$'
$digestPattern = '^([0-9a-f]{64})?$'
$firewallCommands = @(
  'Get-NetFirewallRule', 'New-NetFirewallRule', 'Set-NetFirewallRule', 'Remove-NetFirewallRule',
  'Get-NetFirewallAddressFilter', 'Get-NetFirewallPortFilter', 'Get-NetFirewallProfile', 'Get-ScheduledTask',
  'Register-ScheduledTask', 'Unregister-ScheduledTask'
)

# Rules in a firewall that is off, or that heeds only the domain's rules, would block nothing and look as if they did.
function Confirm-FirewallWorks {
  foreach ($found in @(Get-NetFirewallProfile -PolicyStore ActiveStore)) {
    if ([string]$found.Enabled -cne 'True') { Stop-Document 69 "The firewall is off for profile '$($found.Name)'" }
    if ([string]$found.AllowLocalFirewallRules -ceq 'False') {
      Stop-Document 69 "The domain's policy lets no rule of this host count for profile '$($found.Name)'"
    }
  }
}

# The rules of this incident. The dot after its name is no character of an incident: none is the start of another.
function Get-OwnRule([string]$Store) {
  $all = @(Find-Item { Get-NetFirewallRule -PolicyStore $Store -Group $group })
  return $all | Where-Object { $_.Name.StartsWith("cf-$incident.", [StringComparison]::Ordinal) }
}

# A range of ports; one of a single port is that port.
function Join-Range([int]$Low, [int]$High) {
  if ($Low -eq $High) { return [string]$Low }
  return "$Low-$High"
}

# Leaves one port out of a list of port ranges.
function Remove-Port([string]$Ports, [int]$Port) {
  $kept = @(
    foreach ($range in $Ports.Split(',')) {
      $ends = @($range.Split('-'))
      $low = [int]$ends[0]
      $high = [int]$ends[-1]
      if ($Port -lt $low -or $Port -gt $high) { $range; continue }
      if ($low -lt $Port) { Join-Range $low ($Port - 1) }
      if ($high -gt $Port) { Join-Range ($Port + 1) $high }
    }
  )
  return $kept -join ','
}

# Makes one rule. Inbound rules know our ports, outbound ones the peer's.
function New-BlockRule([string]$Name, [string]$Direction, [string]$Protocol, [string[]]$Ports, [string[]]$Addresses) {
  $text = "connection-fuse $incident"
  if ($Direction -ceq 'in') {
    New-NetFirewallRule -Name $Name -DisplayName $text -Group $group -Direction Inbound -Action Block -Enabled True `
      -Profile Any -Protocol $Protocol -LocalPort $Ports -RemoteAddress $Addresses | Out-Null
  } else {
    New-NetFirewallRule -Name $Name -DisplayName $text -Group $group -Direction Outbound -Action Block -Enabled True `
      -Profile Any -Protocol $Protocol -RemotePort $Ports -RemoteAddress $Addresses | Out-Null
  }
}

# Makes the rules of a block, TCP first: that is what the kill waits for. DHCP lives on, or the host would lose its
# address and the golden channels with it; protocols without ports are left to the security groups.
function Add-Block([string[]]$Tokens) {
  $number = 0
  $generation = "cf-$incident.$([DateTime]::UtcNow.Ticks)"
  foreach ($protocol in @('TCP', 'UDP')) {
    foreach ($token in $Tokens) {
      $direction, $protocols, $ports, $addresses = $token.Split('@')
      if ($protocol -ceq 'UDP') {
        if ($protocols -cne 'any') { continue }
        $spared = @(67, 547)
        if ($direction -ceq 'in') { $spared = @(68, 546) }
        foreach ($port in $spared) { $ports = Remove-Port $ports $port }
        if ($ports -eq '') { continue }
      }
      $number += 1
      $portList = $ports.Split(',')
      $addressList = $addresses.Split(',')
      New-BlockRule "$generation-$number" $direction $protocol $portList $addressList
    }
  }
  return $number
}

# Replaces the block of an incident: the new rules stand before the old ones go, so a second run never opens a gap.
# A time of its own is armed first: a script that dies midway must not leave a block for good.
function Set-Block([string[]]$Tokens, [int]$Seconds) {
  $former = @(Get-OwnRule 'PersistentStore')
  if ($Seconds -gt 0) { Set-DeadMan $Seconds } else { Remove-DeadMan }
  $count = Add-Block $Tokens
  foreach ($rule in $former) { Remove-NetFirewallRule -Name $rule.Name }
  if (-not (Test-Block $count)) { Stop-Document 70 "Not all of the $count rules are in force" }
}

# True when so many rules of ours are in force. The active store holds what the firewall really goes by.
function Test-Block([int]$Count) {
  $active = @(Get-OwnRule 'ActiveStore' | Where-Object { [string]$_.PrimaryStatus -ceq 'OK' })
  return $Count -gt 0 -and $active.Count -eq $Count
}

# One line for a rule: all that decides what it blocks.
function Get-RuleText($Rule) {
  $address = Get-NetFirewallAddressFilter -AssociatedNetFirewallRule $Rule
  $port = Get-NetFirewallPortFilter -AssociatedNetFirewallRule $Rule
  $lists = foreach ($list in $port.LocalPort, $port.RemotePort, $address.LocalAddress, $address.RemoteAddress) {
    @($list | Sort-Object) -join ','
  }
  return "$($Rule.Direction) $($Rule.Action) $($Rule.Enabled) $($Rule.Profile) $($port.Protocol) $($lists -join ' ')"
}

# The lines of every rule of ours, sorted: names change from run to run, what is blocked does not.
function Get-BlockText {
  return @(Get-OwnRule 'PersistentStore' | ForEach-Object { Get-RuleText $_ } | Sort-Object) -join "`n"
}

# Notes what was set, for the release and for the next run. Gives back its digest.
function Save-Block([string]$Request) {
  $text = Get-BlockText
  $state = [ordered]@{ name = 'block'; phase = 'held'; before = 'inactive'; document = $document; request = $Request }
  $state['digest'] = Get-Digest $text
  Save-Note 'block.txt' $text | Out-Null
  Save-State 'block' $state
  return $state['digest']
}

# The task that lifts the block by itself. Rules outlive restarts here, so nothing else would.
function Set-DeadMan([int]$Seconds) {
  $powershell = "$([Environment]::SystemDirectory)\WindowsPowerShell\v1.0\powershell.exe"
  $ours = "Where-Object { `$_.Name.StartsWith('cf-$incident.') }"
  $lift = "Get-NetFirewallRule -Group '$group' | $ours | Remove-NetFirewallRule"
  $action = New-ScheduledTaskAction -Execute $powershell -Argument "-NoProfile -NonInteractive -Command `"$lift`""
  $trigger = New-ScheduledTaskTrigger -Once -At (Get-Date).AddSeconds($Seconds)
  $principal = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount -RunLevel Highest
  $settings = New-ScheduledTaskSettingsSet -StartWhenAvailable
  $task = New-ScheduledTask -Action $action -Trigger $trigger -Principal $principal -Settings $settings
  Register-ScheduledTask -TaskPath $taskFolder -TaskName "cf-$incident" -InputObject $task -Force | Out-Null
}

# Takes that task away again.
function Remove-DeadMan {
  foreach ($task in @(Find-Item { Get-ScheduledTask -TaskPath $taskFolder -TaskName "cf-$incident" })) {
    Unregister-ScheduledTask -TaskPath $task.TaskPath -TaskName $task.TaskName -Confirm:$false
  }
}
