# Stops services and what stands on them, and reads back that they are stopped and their processes gone.
# What ran before is noted before the first stop: start-service starts exactly that again.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/notes.ps1"
. "$PSScriptRoot/parts/services.ps1"
$document = 'stop-service'

# Refuses what this host cannot lose, also when it only stands on what is named.
function Confirm-Expendable([string]$Name, $Service) {
  $reached = @($Name)
  if ($null -ne $Service) { $reached += @($Service.DependentServices | ForEach-Object { $_.Name }) }
  $kept = @($reached | Where-Object { $untouchable -contains $_ })
  if ($kept.Count -gt 0) { Stop-Document 64 "Parameter services names '$Name', but '$($kept[0])' is never stopped" }
}

# Notes what a service was when an incident first stopped it. Active now means that somebody started it since: that
# counts anew, this document never starts anything.
function Save-FormerState($Service) {
  $key = "service-$($Service.Name)"
  $known = Read-State $key
  if ($null -eq $known -or $known['phase'] -cne 'held') { $known = Find-OtherHold $key }
  if ($null -eq $known) {
    $known = @{ before = Get-ServiceWord $Service; startType = [string]$Service.StartType; dependents = '' }
  }
  if ((Get-ServiceWord $Service) -eq 'active') { $known['before'] = 'active' }
  $running = @($known['dependents'].Split(' ')) + @(Get-RunningDependent $Service)
  $state = [ordered]@{
    name = $Service.Name
    phase = 'held'
    before = $known['before']
    startType = $known['startType']
    dependents = @($running | Where-Object { $_ -ne '' } | Select-Object -Unique) -join ' '
  }
  Save-State $key $state
  return $state['before']
}

# Stops one service and says whether it is stopped and its process gone. Without -NoWait a service that hangs would
# hold this script beyond its deadline.
function Stop-One([string]$Name) {
  $processId = Get-OwnProcessId $Name
  Stop-Service -Name $Name -Force -NoWait
  return Wait-Until {
    $isStopped = [string](Get-Service -Name $Name).Status -ceq 'Stopped'
    $isStopped -and ($processId -eq 0 -or $null -eq (Find-Item { Get-Process -Id $processId }))
  }
}

# Stops what stands on a service first, each for itself: the service alone would wait for them without end.
function Stop-WithDependents($Service) {
  foreach ($name in (@(Get-RunningDependent $Service) + $Service.Name)) {
    if (-not (Stop-One $name)) { return $false }
  }
  return $true
}

# Stops one service, if it runs, and says what became of it.
function Stop-Named([string]$Name) {
  $service = Find-Service $Name
  $status = 'failed'
  $before = 'missing'
  if ($null -ne $service) {
    $before = Save-FormerState $service
    $status = 'already-stopped'
    if ((Get-ServiceWord $service) -eq 'active') {
      $status = 'failed'
      if (Stop-WithDependents $service) { $status = 'stopped' }
    }
  }
  $now = Get-CurrentWord $Name
  if ($status -eq 'failed') { $troubles.Add("$Name is $now after its stop") | Out-Null }
  Add-Item 'services' $Name $before $now $status
}

Read-CommonParameter
$names = @(Read-ServiceList)
if ($names.Count -eq 0) { Stop-Document 64 'Parameter services names nothing' }
Confirm-Ready @('Get-Service', 'Stop-Service', 'Get-Process', 'Get-CimInstance')
Open-StateDirectory
Open-Notes 'services'
# Everything is looked at before anything is stopped: a refusal leaves the host as it was.
foreach ($name in $names) { Confirm-Expendable $name (Find-Service $name) }
foreach ($name in $names) { Stop-Named $name }
Complete-Document
