# Installs the sensor of this host: files -> task -> one run to see that it publishes. Installing the same again changes
# nothing; another version or other settings replace what is there.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/notes.ps1"
. "$PSScriptRoot/parts/sensor-files.ps1"
$document = 'install-sensor'
foreach ($field in 'state', 'sensorDigest', 'formerDigest', 'timer') { $verdict[$field] = '' }
$verdict['firstRun'] = 'not-run'
$verdict['metrics'] = @()
$sensor = @'
. "$PSScriptRoot/sensor.ps1"
'@

# Writes one file so that nobody ever reads half of it; one that is the same already stays as it is.
function Save-SensorFile([string]$Name, [string]$Text) {
  $path = Join-Path (Get-SensorDirectory) $Name
  if ([IO.File]::Exists($path) -and [IO.File]::ReadAllText($path) -ceq $Text) { return }
  [IO.File]::WriteAllText("$path.new", $Text, [Text.Encoding]::Unicode)
  if ([IO.File]::Exists($path)) {
    [IO.File]::Replace("$path.new", $path, [NullString]::Value)
  } else {
    [IO.File]::Move("$path.new", $path)
  }
}

# Keeps the files that are there before they are replaced; a second run keeps those of the first.
function Save-Former([string]$Digest) {
  $state = Read-State 'sensor'
  if ($null -ne $state) { return $state['former'] }
  foreach ($name in $sensorFiles) {
    $path = Join-Path (Get-SensorDirectory) $name
    if ([IO.File]::Exists($path)) { Save-Note "before-$name" ([IO.File]::ReadAllText($path)) | Out-Null }
  }
  Save-State 'sensor' ([ordered]@{ former = $Digest })
  return $Digest
}

# Makes the task that starts the sensor every minute, restarts or not.
function Register-Sensor {
  $powershell = "$([Environment]::SystemDirectory)\WindowsPowerShell\v1.0\powershell.exe"
  $file = Join-Path (Get-SensorDirectory) 'sensor.ps1'
  $arguments = "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File `"$file`""
  $action = New-ScheduledTaskAction -Execute $powershell -Argument $arguments
  $minute = New-TimeSpan -Minutes 1
  $trigger = New-ScheduledTaskTrigger -Once -At (Get-Date) -RepetitionInterval $minute
  $principal = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount -RunLevel Highest
  $settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew -ExecutionTimeLimit $minute
  $task = New-ScheduledTask -Action $action -Trigger $trigger -Principal $principal -Settings $settings
  Register-ScheduledTask -TaskPath $taskFolder -TaskName $sensorTask -InputObject $task -Force | Out-Null
}

# Lets the sensor run once: that the host can publish is known when it has.
function Start-Sensor {
  $directory = Get-SensorDirectory
  $published = Join-Path $directory 'published.txt'
  if ([IO.File]::Exists($published)) { [IO.File]::Delete($published) }
  $verdict['firstRun'] = 'failed'
  Start-ScheduledTask -TaskPath $taskFolder -TaskName $sensorTask
  if (-not (Wait-Until { [IO.File]::Exists($published) })) {
    $words = Join-Path $directory 'words.txt'
    $said = ''
    if ([IO.File]::Exists($words)) { $said = [IO.File]::ReadAllText($words) }
    Stop-Document 1 "The sensor does not publish: $said"
  }
  $verdict['metrics'] = [object[]][IO.File]::ReadAllLines($published)
  $verdict['firstRun'] = 'published'
}

Read-CommonParameter
$source = Read-Parameter 'source' "^($ipv4Address|$ipv6Address)$" 39
$homeCidrs = @(Read-CidrList 'homeCidrs' 2048)
$nightHours = Read-Parameter 'nightHours' '^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$' 11
# Zombies are told by what Windows does not keep: these three are checked and not used.
Read-List 'ports' $portToken 600 | Out-Null
Read-Parameter 'zombieSeconds' '^[1-9][0-9]{0,3}$' 4 | Out-Null
Read-Parameter 'receiveOnlySeconds' '^(0|[1-9][0-9]{0,5})$' 6 | Out-Null
# A session token goes there: nowhere but to AWS, or to this host itself.
$aws = 'https://([a-z0-9-]{1,63}\.){1,8}(amazonaws\.com|amazonaws\.com\.cn|api\.aws)'
$endpoint = Read-Parameter 'endpoint' "^($aws|http://127\.0\.0\.1:[1-9][0-9]{0,4})?$" 200
$hours = $nightHours.Split('-')
if ($hours[0] -ceq $hours[1]) { Stop-Document 64 "Parameter nightHours is no span: '$nightHours'" }
if (-not (Test-Cidr $source)) { Stop-Document 64 "Parameter source holds no address: '$source'" }
Confirm-Ready @('Write-CWMetricData', 'Register-ScheduledTask', 'Start-ScheduledTask', 'Get-WinEvent')
Open-StateDirectory
Open-Notes 'sensor'
[IO.Directory]::CreateDirectory((Get-SensorDirectory)) | Out-Null
$before = Get-SensorDigest
$verdict['formerDigest'] = Save-Former $before
$settings = [ordered]@{ source = $source; homeCidrs = ''; nightHours = $nightHours; endpoint = $endpoint }
$settings['homeCidrs'] = $homeCidrs -join ' '
Save-SensorFile 'sensor.ps1' $sensor
Save-SensorFile 'settings.json' (ConvertTo-Json -InputObject $settings -Compress)
$verdict['sensorDigest'] = Get-SensorDigest
[IO.File]::WriteAllText((Join-Path (Get-SensorDirectory) 'installed.txt'), $verdict['sensorDigest'])
$verdict['state'] = 'installed'
if ($before -ne '') { $verdict['state'] = 'replaced' }
if ($before -ceq $verdict['sensorDigest'] -and (Get-TimerWord) -eq 'active') { $verdict['state'] = 'already-installed' }
Register-Sensor
$verdict['timer'] = Get-TimerWord
if ($verdict['timer'] -ne 'active') { Stop-Document 70 'The task of the sensor does not run' }
Start-Sensor
Confirm-TimeLeft 'letting the sensor run once'
Write-Verdict $true
exit 0
