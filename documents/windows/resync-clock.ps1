# Measures this host's clock against one source and, in mode step, puts it right: measure -> step -> measure again.
# What the time service says of itself proves nothing, so the verdict rests on readings of our own. It would take
# minutes to slew seconds away, so the clock is stepped. Windows itself writes the hardware clock with every step.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/notes.ps1"
$document = 'resync-clock'
$mostSteps = 3
$samplesEach = 3
$w32tm = "$([Environment]::SystemDirectory)\w32tm.exe"
$verdict['mode'] = ''
$verdict['source'] = ''
foreach ($field in 'offsetBeforeMs', 'boundBeforeMs', 'offsetAfterMs', 'boundAfterMs') { $verdict[$field] = $null }
foreach ($field in 'withinLimit', 'stepped', 'repeated') { $verdict[$field] = $false }
$verdict['readings'] = 0
foreach ($field in 'stable', 'daemon') { $verdict[$field] = $false }
$verdict['hardwareClock'] = 'untouched'
$verdict['timeZone'] = (Get-Date -Format 'zzz').Replace(':', '')

# Offsets in milliseconds, as the tool prints them in seconds; a positive one means that this host's clock is behind.
# Lines of a source that did not answer hold no such number.
function Read-Sample {
  $lines = @(& $w32tm /stripchart "/computer:$source" "/samples:$samplesEach" /period:1 /dataonly)
  foreach ($line in $lines) {
    if ([string]$line -cmatch '([+-][0-9]+\.[0-9]+)s$') {
      1000 * [double]::Parse($Matches[1], [Globalization.CultureInfo]::InvariantCulture)
    }
  }
}

# Takes one reading: the middle one of some samples, and how far the farthest of them is from zero at most. A clock that
# cannot be read is never called right.
function Read-Clock {
  $samples = @(Read-Sample | Sort-Object)
  Confirm-TimeLeft "measuring against '$source'"
  if ($samples.Count -lt 2) {
    $verdict['withinLimit'] = $false
    Stop-Document 65 "Cannot measure against '$source': $($samples.Count) of $samplesEach samples were answered"
  }
  $offset = $samples[[int][Math]::Floor($samples.Count / 2)]
  $spread = [Math]::Max($samples[-1] - $offset, $offset - $samples[0])
  $bound = [Math]::Abs($offset) + $spread
  $verdict['readings'] += 1
  $verdict['withinLimit'] = $bound -lt $limitMs
  return @{ offset = [Math]::Round($offset, 3); bound = [Math]::Round($bound, 3) }
}

# Takes a reading after a change.
function Read-ClockAfter {
  $reading = Read-Clock
  $verdict['offsetAfterMs'] = $reading['offset']
  $verdict['boundAfterMs'] = $reading['bound']
  return $reading
}

# Notes what was before the first step; a later run reports that, not what the first one made.
function Save-Before($Reading) {
  $state = Read-State 'clock'
  if ($null -ne $state) {
    $verdict['repeated'] = $true
  } else {
    $state = [ordered]@{ offset = $Reading['offset']; bound = $Reading['bound'] }
    if (-not $verdict['withinLimit']) { Save-State 'clock' $state }
  }
  $verdict['offsetBeforeMs'] = $state['offset']
  $verdict['boundBeforeMs'] = $state['bound']
}

# Moves the clock by an offset.
function Move-Clock([double]$OffsetMs) {
  Set-Date -Adjust ([TimeSpan]::FromTicks([long]($OffsetMs * 10000))) | Out-Null
  $verdict['stepped'] = $true
  $verdict['hardwareClock'] = 'left to Windows'
}

# Steps until the offset is under the limit. One that grew by the step was no offset of this clock: the step is taken
# back, and nothing more is tried.
function Step-Clock($Reading) {
  for ($step = 1; $step -le $mostSteps; $step++) {
    $former = $Reading
    Move-Clock $former['offset']
    $Reading = Read-ClockAfter
    if ($verdict['withinLimit']) { return }
    if ([Math]::Abs($Reading['offset']) -gt [Math]::Abs($former['offset'])) {
      Move-Clock (-$former['offset'])
      Stop-Document 70 'The offset grew by the step: it was taken back'
    }
  }
  Stop-Document 1 "The clock is not under the limit after $mostSteps steps"
}

# Lets the time service, where it runs, find its sources anew. What it answers is not looked at: the readings are.
function Update-TimeService {
  $service = Find-Item { Get-Service -Name 'W32Time' }
  $verdict['daemon'] = $null -ne $service -and [string]$service.Status -ceq 'Running'
  if ($verdict['daemon']) { & $w32tm /resync /rediscover /nowait | Out-Null }
}

# Reads again and again: a service that follows another source would pull the clock away within seconds.
function Watch-Stability([int]$Seconds) {
  $untilMs = $started.ElapsedMilliseconds + 1000 * $Seconds
  do {
    Read-ClockAfter | Out-Null
    if (-not $verdict['withinLimit']) { Stop-Document 1 'The clock did not stay under the limit' }
  } while ($started.ElapsedMilliseconds -lt $untilMs)
  $verdict['stable'] = $true
}

Read-CommonParameter
$mode = Read-Parameter 'mode' '^(measure|step)$' 7
$source = Read-Parameter 'source' "^($ipv4Address|$ipv6Address)$" 39
if (-not (Test-Cidr $source)) { Stop-Document 64 "Parameter source holds no address: '$source'" }
$limitText = Read-Parameter 'limitMs' '^([1-9][0-9]{0,4}(\.[0-9]{1,3})?|0\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$' 9
$limitMs = [double]::Parse($limitText, [Globalization.CultureInfo]::InvariantCulture)
$stableSeconds = [int](Read-Parameter 'stableSeconds' '^(60|[1-5][0-9]|[0-9])$' 2)
$verdict['mode'] = $mode
$verdict['source'] = $source
Confirm-Ready @($w32tm, 'Set-Date')
Open-StateDirectory
$reading = Read-Clock
if ($mode -ceq 'measure') {
  $verdict['offsetBeforeMs'] = $reading['offset']
  $verdict['boundBeforeMs'] = $reading['bound']
  Write-Verdict $true
  exit 0
}
$verdict['offsetAfterMs'] = $reading['offset']
$verdict['boundAfterMs'] = $reading['bound']
Save-Before $reading
if (-not $verdict['withinLimit']) { Step-Clock $reading }
Update-TimeService
Watch-Stability $stableSeconds
Confirm-TimeLeft 'watching the clock'
Write-Verdict $true
exit 0
