# The files and the task of the host sensor, as they are installed and removed, and how they are told from others'.

$taskFolder = '\connection-fuse\'
$sensorTask = 'host-sensor'
$sensorFiles = @('sensor.ps1', 'settings.json')

# No incident has a `_`, so none shares the directory of the sensor, which lies in our guarded one.
function Get-SensorDirectory { return Join-Path (Split-Path -Parent $stateDirectory) 'host_sensor' }

# The task of the sensor, or nothing.
function Find-SensorTask { return Find-Item { Get-ScheduledTask -TaskPath $taskFolder -TaskName $sensorTask } }

# `active` when the scheduler will start the sensor again.
function Get-TimerWord {
  $task = Find-SensorTask
  if ($null -eq $task) { return 'missing' }
  if ($task.Settings.Enabled) { return 'active' }
  return 'inactive'
}

# Digest of the files that are there; of none, nothing.
function Get-SensorDigest {
  $sums = @(
    foreach ($name in $sensorFiles) {
      $path = Join-Path (Get-SensorDirectory) $name
      if ([IO.File]::Exists($path)) { "$(Get-FileDigest $path) $name" }
    }
  )
  if ($sums.Count -eq 0) { return '' }
  return Get-Digest ($sums -join "`n")
}
