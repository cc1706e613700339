# Starts the services again that stop-service stopped, with what stood on them, where they still are what the stop left
# behind. Compares three states: what was before, what the stop made of it, what is now.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/notes.ps1"
. "$PSScriptRoot/parts/services.ps1"
$document = 'start-service'

# Says what somebody else changed of a service, or nothing.
function Get-DriftReason($Service, $State) {
  if ($null -eq $Service) { return 'is missing on this host' }
  if ($null -eq $State) { return }
  if ($State['phase'] -ceq 'undone') { return 'was started again already, and stopped by somebody since' }
  if ($State['before'] -cne 'active') { return 'did not run before the incident' }
  $type = [string]$Service.StartType
  if ($type -cne $State['startType']) { return "started as $($State['startType']) before, and somebody made it $type" }
}

# Names of what is to run again, in the order of starting. Without a note the parameter is the only witness, and knows
# the service alone.
function Get-Part([string]$Name, $State) {
  $Name
  if ($null -eq $State -or $State['dependents'] -eq '') { return }
  $dependents = $State['dependents'].Split(' ')
  # They were noted in the order of stopping.
  [Array]::Reverse($dependents)
  $dependents
}

# Starts one service and says whether it runs, and goes on running. Start-Service would wait for it without end.
function Start-One([string]$Name) {
  (Get-Service -Name $Name).Start()
  $isUp = Wait-Until { [string](Get-Service -Name $Name).Status -ceq 'Running' }
  Start-Sleep -Milliseconds 500
  return $isUp -and [string](Get-Service -Name $Name).Status -ceq 'Running'
}

# Starts what of the parts does not run; the first that does not come up ends it.
function Start-All([string[]]$Names) {
  foreach ($name in $Names) {
    $isUp = $false
    try { $isUp = Start-One $name } catch { $troubles.Add("$name says: $($_.Exception.Message)") | Out-Null }
    if (-not $isUp) {
      $troubles.Add("$name is $(Get-CurrentWord $name) after its start") | Out-Null
      return 'failed'
    }
  }
  return 'started'
}

# Ends the hold on a service: this incident does not keep it down any more.
function Complete-Hold([string]$Key, $State) {
  if ($null -eq $State) { return }
  $State['phase'] = 'undone'
  Save-State $Key $State
}

# Compares the three states of one service, and starts it where it still is as we left it.
function Start-Named([string]$Name) {
  $key = "service-$Name"
  $state = Read-State $key
  $parts = @(Get-Part $Name $state)
  $down = @($parts | Where-Object { (Get-CurrentWord $_) -cne 'active' })
  $reason = Get-DriftReason (Find-Service $Name) $state
  if ($down.Count -eq 0) {
    $status = 'already-started'
  } elseif ($null -ne (Find-OtherHold $key)) {
    $status = 'drifted'
    $troubles.Add("$Name is still stopped by another incident, whose release starts it") | Out-Null
    # From here on that incident alone holds it.
    Complete-Hold $key $state
  } elseif ($null -ne $reason) {
    $status = 'drifted'
    $troubles.Add("$Name $reason") | Out-Null
  } else {
    $status = Start-All $down
  }
  if (@('started', 'already-started') -ccontains $status) { Complete-Hold $key $state }
  Add-Item 'services' $Name 'active' (Get-CurrentWord $Name) $status
}

Read-CommonParameter
$names = @(Read-ServiceList)
Confirm-Ready @('Get-Service')
Open-StateDirectory
Open-Notes 'services'
if ($names.Count -eq 0) {
  $names = @(Get-NotedName 'service')
  if ([IO.Directory]::GetFiles($stateDirectory, 'service-*.json').Length -eq 0) {
    Stop-Document 3 'Parameter services is empty, and no note on this host says what was active'
  }
}
foreach ($name in $names) { Start-Named $name }
Complete-Document
