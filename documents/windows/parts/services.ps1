# Services of this host: what they are, and what stands on them.

# The document's grammar without the colon, which no file can have in its name here. One of several instances of a
# database has a `$` in its name.
$instanceToken = '(MSSQL|SQLAgent|MSOLAP|ReportServer)\$[A-Za-z0-9_]{1,16}'
$serviceToken = "([A-Za-z0-9][A-Za-z0-9@_.-]{0,99}|$instanceToken)"
$verdict['services'] = @()

# Stopping one of these would cut our own way to the host, the clock we set right, or what holds the block.
$untouchable = @(
  'AmazonSSMAgent', 'AWSLiteAgent', 'BFE', 'BrokerInfrastructure', 'CryptSvc', 'DcomLaunch', 'Dhcp', 'Dnscache',
  'EventLog', 'gpsvc', 'KeyIso', 'LSM', 'mpssvc', 'Netlogon', 'nsi', 'NTDS', 'PlugPlay', 'Power', 'ProfSvc',
  'RpcEptMapper', 'RpcSs', 'SamSs', 'Schedule', 'SENS', 'sshd', 'SystemEventsBroker', 'TermService', 'W32Time',
  'Winmgmt', 'WinRM'
)

# A service by its exact name, or nothing.
function Find-Service([string]$Name) { return Find-Item { Get-Service -Name $Name } }

# One word for a service's state. On the way up or round counts as active: there is something to lose.
function Get-ServiceWord($Service) {
  if ($null -eq $Service) { return 'missing' }
  if (@('Stopped', 'StopPending') -contains [string]$Service.Status) { return 'inactive' }
  return 'active'
}

# The same, looked up anew.
function Get-CurrentWord([string]$Name) { return Get-ServiceWord (Find-Service $Name) }

# Names of the services that run and stand on this one, directly or not, in the order in which they must stop.
function Get-RunningDependent($Service) {
  foreach ($dependent in $Service.DependentServices) {
    if ((Get-ServiceWord $dependent) -eq 'active') { $dependent.Name }
  }
}

# The process of a service that has one of its own; 0 where it shares one or does not run.
function Get-OwnProcessId([string]$Name) {
  $found = @(Get-CimInstance -ClassName Win32_Service -Filter "Name='$Name'")
  if ($found.Count -ne 1 -or $found[0].ServiceType -cne 'Own Process') { return 0 }
  return [int]$found[0].ProcessId
}

# Reads the services that are named, each once.
function Read-ServiceList {
  $names = @(Read-List 'services' $serviceToken 564)
  if ($names.Count -gt 5) { Stop-Document 64 "Parameter services names $($names.Count) services, at most 5 are wanted" }
  return $names | Select-Object -Unique
}
