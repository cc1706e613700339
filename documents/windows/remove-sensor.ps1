# Removes the sensor of this host, if it is still the one that was installed. What it saw stays on the host.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/notes.ps1"
. "$PSScriptRoot/parts/sensor-files.ps1"
$document = 'remove-sensor'
foreach ($field in 'state', 'sensorDigest', 'timer') { $verdict[$field] = '' }

# Takes task and files away; a missing one is no error: a removal that was interrupted must be able to end.
function Remove-Sensor {
  if ($null -ne (Find-SensorTask)) {
    Disable-ScheduledTask -TaskPath $taskFolder -TaskName $sensorTask | Out-Null
    Stop-ScheduledTask -TaskPath $taskFolder -TaskName $sensorTask
    Unregister-ScheduledTask -TaskPath $taskFolder -TaskName $sensorTask -Confirm:$false
  }
  foreach ($name in ($sensorFiles + 'installed.txt')) { [IO.File]::Delete((Join-Path (Get-SensorDirectory) $name)) }
}

Read-CommonParameter
$expected = Read-Parameter 'expectedDigest' '^([0-9a-f]{64})?$' 64
Confirm-Ready @('Get-ScheduledTask', 'Unregister-ScheduledTask')
Open-StateDirectory
Open-Notes 'sensor'
$noted = Join-Path (Get-SensorDirectory) 'installed.txt'
# Without a digest from the caller, what the installation noted is the only other witness.
if ($expected -eq '' -and [IO.File]::Exists($noted)) { $expected = [IO.File]::ReadAllText($noted) }
$verdict['sensorDigest'] = Get-SensorDigest
$verdict['timer'] = Get-TimerWord
if ($verdict['sensorDigest'] -eq '' -and $verdict['timer'] -eq 'missing') {
  $verdict['state'] = 'already-removed'
  Write-Verdict $true
  exit 0
}
if ($verdict['sensorDigest'] -ne '' -and $verdict['sensorDigest'] -cne $expected) {
  $verdict['state'] = 'drifted'
  Stop-Document 3 'The sensor is not the one that was installed: left as it is'
}
Confirm-TimeLeft 'comparing the sensor'
Remove-Sensor
$verdict['timer'] = Get-TimerWord
if ((Get-SensorDigest) -ne '' -or $verdict['timer'] -ne 'missing') { Stop-Document 70 'The sensor is still there' }
$verdict['state'] = 'removed'
Write-Verdict $true
exit 0
