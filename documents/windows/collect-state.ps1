# Reads the state of this host: sockets, load, memory, time zone, stopped services, our rules, versions, tools, and
# whether sockets can be killed here. Changes nothing; what could not be read is null, never a guess.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/blocks.ps1"
. "$PSScriptRoot/parts/connections.ps1"
$document = 'collect-state'
$listening = [uint32]2
$established = [uint32]5
$deleteTcb = [uint32]12
# What the other documents need on top of what this one does.
$otherCommands = @(
  'New-NetFirewallRule', 'Get-NetFirewallProfile', 'Get-DnsClientServerAddress', 'Get-ScheduledTask',
  'Export-ScheduledTask', 'Stop-Service', 'Set-Date', 'w32tm.exe', 'Write-CWMetricData'
)
$list = New-Object Collections.ArrayList
$troubles = New-Object Collections.ArrayList
# The load is a notion of Linux, and no source is known here to measure the clock against.
$fields = @(
  'listening', 'established', 'ports', 'load', 'cpuPercent', 'memoryKib', 'timeZone', 'clockOffsetSeconds',
  'failedUnits', 'tables', 'kernel', 'agent', 'missing', 'socketDestroy'
)
foreach ($field in $fields) { $verdict[$field] = $null }
$verdict['listFile'] = ''
$verdict['listDigest'] = ''

# Runs one part of the reading; what it cannot read must not cost the rest.
function Read-Part([string]$What, [scriptblock]$Read) {
  try {
    Confirm-TimeLeft 'reading the state'
    & $Read
  } catch { $troubles.Add("Cannot read $What") | Out-Null }
}

# Keeps lines in the list under a heading.
function Add-Lines([string]$Title, $Lines) {
  $list.Add("== $Title") | Out-Null
  foreach ($line in $Lines) { $list.Add([string]$line) | Out-Null }
}

# How many names there are, and the first three without what could break the line; the list has them all.
function Get-NameSummary([string[]]$Names) {
  $clean = @($Names | Select-Object -First 3 | ForEach-Object { $_ -creplace '[^a-zA-Z0-9 .,:;=_()@/+-]', ' ' })
  $first = @($clean | ForEach-Object { $_.Substring(0, [Math]::Min(64, $_.Length)) })
  return [ordered]@{ count = $Names.Length; names = [object[]]$first }
}

function Read-SocketState {
  $sockets = [Tables]::Read()
  $open = @($sockets | Where-Object { $_.State -eq $established })
  $verdict['listening'] = @($sockets | Where-Object { $_.State -eq $listening }).Count
  $verdict['established'] = $open.Count
  # The twenty busiest local ports.
  $byPort = @($open | Group-Object -Property { [Connection]::ToPort($_.LocalPort) })
  $busy = @($byPort | Sort-Object -Property Count -Descending)
  $pairs = New-Object Collections.ArrayList
  foreach ($port in @($busy | Select-Object -First 20)) {
    $pairs.Add([object[]]@([int]$port.Name, $port.Count)) | Out-Null
  }
  $verdict['ports'] = $pairs.ToArray()
  Add-Lines 'TCP sockets: state, ours, the peer, process' @($sockets | ForEach-Object { "$($_.State) $($_.Identity)" })
}

function Read-LoadState {
  $system = Get-CimInstance -ClassName Win32_OperatingSystem
  $verdict['memoryKib'] = [ordered]@{
    total = [long]$system.TotalVisibleMemorySize
    available = [long]$system.FreePhysicalMemory
  }
  $verdict['kernel'] = [string]$system.Version
  $processors = @(Get-CimInstance -ClassName Win32_Processor)
  $loads = @($processors | ForEach-Object { $_.LoadPercentage } | Where-Object { $null -ne $_ })
  if ($loads.Count -gt 0) { $verdict['cpuPercent'] = [int]($loads | Measure-Object -Average).Average }
}

function Read-TimeState {
  $offset = (Get-Date -Format 'zzz').Replace(':', '')
  $verdict['timeZone'] = [ordered]@{ offset = $offset; name = [TimeZoneInfo]::Local.Id; synchronized = $null }
}

# Services that should run by themselves and ended with an error; 1077 is one that was never started.
function Read-ServiceState {
  $stopped = @(Get-CimInstance -ClassName Win32_Service -Filter "StartMode='Auto' AND State<>'Running'")
  $failed = @($stopped | Where-Object { @(0, 1077) -notcontains $_.ExitCode } | ForEach-Object { $_.Name })
  $verdict['failedUnits'] = Get-NameSummary $failed
  Add-Lines 'services that do not run although they should' @($stopped | ForEach-Object { "$($_.Name) $($_.ExitCode)" })
}

function Read-RuleState {
  $rules = @(Find-Item { Get-NetFirewallRule -Group 'connection-fuse' } | ForEach-Object { $_.Name })
  $verdict['tables'] = Get-NameSummary $rules
  Add-Lines 'firewall rules of ours' $rules
}

function Read-AgentState {
  $agent = @(Get-CimInstance -ClassName Win32_Service -Filter "Name='AmazonSSMAgent'")
  if ($agent.Count -eq 0) { return }
  $file = [Diagnostics.FileVersionInfo]::GetVersionInfo($agent[0].PathName.Trim('"'))
  if ([string]$file.ProductVersion -match '[0-9]+(\.[0-9]+){3}') { $verdict['agent'] = $Matches[0] }
}

function Read-ToolState {
  $missing = @($otherCommands | Where-Object { $name = $_; $null -eq (Find-Item { Get-Command -Name $name }) })
  $verdict['missing'] = [object[]]$missing
  Add-Lines 'missing commands' $missing
}

# Opens a connection to itself and kills it: that proves our rights and SetTcpEntry at once.
function Test-SocketDestroy {
  $listener = New-Object Net.Sockets.TcpListener([Net.IPAddress]::Loopback, 0)
  $client = New-Object Net.Sockets.TcpClient
  try {
    $listener.Start()
    $client.Connect([Net.IPAddress]::Loopback, $listener.LocalEndpoint.Port)
    $text = [string]$client.Client.LocalEndPoint
    $own = @([Tables]::Read() | Where-Object { $_.LocalText -ceq $text -and $_.State -eq $established })
    if ($own.Count -ne 1) { throw 'Our own connection is not in the table' }
    [Tables]::End($own[0], $deleteTcb) | Out-Null
    $left = @([Tables]::Read() | Where-Object { $_.LocalText -ceq $text -and $_.State -eq $established })
    $verdict['socketDestroy'] = $left.Count -eq 0
  } finally {
    $client.Close()
    $listener.Stop()
  }
}

Read-CommonParameter
Confirm-Ready @('Get-CimInstance', 'Get-NetFirewallRule')
Open-StateDirectory
Initialize-Source ($blocksSource + "`n" + $connectionsSource)
Read-Part 'the sockets' { Read-SocketState }
Read-Part 'load and memory' { Read-LoadState }
Read-Part 'the time zone' { Read-TimeState }
Read-Part 'the services' { Read-ServiceState }
Read-Part 'the firewall rules' { Read-RuleState }
Read-Part 'the version of the agent' { Read-AgentState }
Read-Part 'the tools' { Read-ToolState }
Read-Part 'whether sockets can be killed' { Test-SocketDestroy }
Confirm-TimeLeft 'reading the state'
$name = "state-$([DateTime]::UtcNow.ToString('yyyyMMddHHmmssfff')).txt"
$verdict['listFile'] = Save-Note $name (($list.ToArray() -join "`r`n") + "`r`n")
$verdict['listDigest'] = Get-FileDigest $verdict['listFile']
if ($troubles.Count -gt 0) { Stop-Document 1 ($troubles.ToArray() -join '; ') }
Write-Verdict $true
exit 0
