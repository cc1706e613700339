# Sensor of one host, started every minute by the task scheduler: publishes clock offset, time zone and logins at night
# to CloudWatch. What cannot be read is not published: missing is not fine. Zombie connections are not told from idle
# ones here: Windows keeps no time of the last answer. The credentials of the instance's role stay with the AWS tools.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$place = Split-Path -Parent $MyInvocation.MyCommand.Path
$settings = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText((Join-Path $place 'settings.json')))
$metadata = 'http://169.254.169.254/latest'
$readings = [ordered]@{}

# Names what went wrong; the file keeps the last run's words.
$words = New-Object Collections.ArrayList
function Write-Word([string]$Text) { $words.Add($Text) | Out-Null }

# The size of the offset in milliseconds, as an alarm knows no sign: the middle one of three samples.
function Read-Offset {
  $w32tm = "$([Environment]::SystemDirectory)\w32tm.exe"
  $lines = @(& $w32tm /stripchart "/computer:$($settings.source)" /samples:3 /period:1 /dataonly)
  $samples = @(
    foreach ($line in $lines) {
      if ([string]$line -cmatch '([+-][0-9]+\.[0-9]+)s$') {
        1000 * [double]::Parse($Matches[1], [Globalization.CultureInfo]::InvariantCulture)
      }
    }
  )
  if ($samples.Count -lt 2) { throw "No answer of $($settings.source)" }
  $sorted = @($samples | Sort-Object)
  $readings['ClockOffset'] = @('Milliseconds', [Math]::Abs($sorted[[int][Math]::Floor($sorted.Count / 2)]))
}

# Minutes east of UTC.
function Read-TimeZone { $readings['TimeZoneOffset'] = @('None', [DateTimeOffset]::Now.Offset.TotalMinutes) }

# An address as bits; IPv4 stays IPv4 also where it stands inside IPv6.
function Get-Bits([Net.IPAddress]$Address) {
  if ($Address.IsIPv4MappedToIPv6) { $Address = $Address.MapToIPv4() }
  return @($Address.GetAddressBytes() | ForEach-Object { [Convert]::ToString($_, 2).PadLeft(8, '0') }) -join ''
}

function Test-Home([string]$Text) {
  $bits = Get-Bits ([Net.IPAddress]::Parse($Text))
  foreach ($cidr in @($settings.homeCidrs.Split(' ') | Where-Object { $_ -ne '' })) {
    $parts = @($cidr.Split('/'))
    $home4or6 = Get-Bits ([Net.IPAddress]::Parse($parts[0]))
    $length = $home4or6.Length
    if ($parts.Count -gt 1) { $length = [int]$parts[1] }
    $isSame = [string]::CompareOrdinal($bits, 0, $home4or6, 0, $length) -eq 0
    if ($bits.Length -eq $home4or6.Length -and $isSame) { return $true }
  }
  return $false
}

function Test-Night([DateTime]$At) {
  $time = $At.ToString('HH:mm', [Globalization.CultureInfo]::InvariantCulture)
  $from, $until = $settings.nightHours.Split('-')
  $isAfter = [string]::CompareOrdinal($time, $from) -ge 0
  $isBefore = [string]::CompareOrdinal($time, $until) -lt 0
  if ([string]::CompareOrdinal($from, $until) -lt 0) { return $isAfter -and $isBefore }
  return $isAfter -or $isBefore
}

# Logins over the network between two moments: time and address. Kinds 3, 8 and 10 come from another machine.
function Read-Login([DateTime]$Since, [DateTime]$Until) {
  $filter = @{ LogName = 'Security'; Id = 4624; StartTime = $Since; EndTime = $Until }
  try { $events = @(Get-WinEvent -FilterHashtable $filter) } catch {
    if ($_.CategoryInfo.Category -ne 'ObjectNotFound') { throw }
    return
  }
  foreach ($login in $events) {
    $fields = @{}
    $xml = [xml]$login.ToXml()
    foreach ($data in $xml.Event.EventData.Data) { $fields[$data.GetAttribute('Name')] = $data.InnerText }
    $address = $null
    if (@('3', '8', '10') -cnotcontains $fields['LogonType']) { continue }
    if (-not [Net.IPAddress]::TryParse([string]$fields['IpAddress'], [ref]$address)) { continue }
    if (-not [Net.IPAddress]::IsLoopback($address)) { @{ at = $login.TimeCreated; address = [string]$address } }
  }
}

# Counts from where the last published reading ended until a moment ago, as the log is a little behind.
function Read-NightLogin {
  $path = Join-Path $place 'known-until.txt'
  $until = [DateTime]::UtcNow.AddSeconds(-5)
  $since = $until.AddMinutes(-1)
  if ([IO.File]::Exists($path)) {
    $known = New-Object DateTime([long][IO.File]::ReadAllText($path), [DateTimeKind]::Utc)
    if ($known -le $until -and $known -gt $until.AddDays(-1)) { $since = $known }
  }
  $from = $since.ToLocalTime()
  $to = $until.ToLocalTime()
  $logins = @(Read-Login $from $to)
  $strange = @($logins | Where-Object { (Test-Night $_['at']) -and -not (Test-Home $_['address']) })
  $readings['NightLogins'] = @('Count', $strange.Count)
  $lines = @($strange | ForEach-Object { "$($_['at'].ToString('o')) $($_['address'])" })
  if ($lines.Count -gt 0) { [IO.File]::AppendAllLines((Join-Path $place 'night-logins.txt'), [string[]]$lines) }
  return $until.Ticks
}

# Publishes all readings in one call.
function Publish-Reading {
  $header = @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' }
  $token = Invoke-RestMethod -Method Put -Uri "$metadata/api/token" -Headers $header -TimeoutSec 5
  $header = @{ 'X-aws-ec2-metadata-token' = $token }
  $id = Invoke-RestMethod -Uri "$metadata/meta-data/instance-id" -Headers $header -TimeoutSec 5
  $region = Invoke-RestMethod -Uri "$metadata/meta-data/placement/region" -Headers $header -TimeoutSec 5
  # Loads the tools' own types, whichever of the modules is there.
  Get-Command -Name Write-CWMetricData | ForEach-Object { Import-Module -Name $_.ModuleName }
  $dimension = New-Object Amazon.CloudWatch.Model.Dimension
  $dimension.Name = 'InstanceId'
  $dimension.Value = $id
  $data = foreach ($name in $readings.Keys) {
    $datum = New-Object Amazon.CloudWatch.Model.MetricDatum
    $datum.MetricName = $name
    $datum.Unit = $readings[$name][0]
    $datum.Value = $readings[$name][1]
    $datum.Dimensions = @($dimension)
    $datum
  }
  $namespace = 'ConnectionFuse/Host'
  $endpoint = $settings.endpoint
  if ($endpoint -eq '') {
    Write-CWMetricData -Namespace $namespace -MetricData $data -Region $region | Out-Null
  } else {
    Write-CWMetricData -Namespace $namespace -MetricData $data -Region $region -EndpointUrl $endpoint | Out-Null
  }
}

$knownUntil = $null
try { Read-Offset } catch { Write-Word "Cannot measure the clock: $($_.Exception.Message)" }
Read-TimeZone
try { $knownUntil = Read-NightLogin } catch { Write-Word "Cannot read logins: $($_.Exception.Message)" }
$code = 0
try {
  Publish-Reading
  if ($null -ne $knownUntil) { [IO.File]::WriteAllText((Join-Path $place 'known-until.txt'), [string]$knownUntil) }
  [IO.File]::WriteAllLines((Join-Path $place 'published.txt'), [string[]]@($readings.Keys))
} catch {
  Write-Word "Cannot publish: $($_.Exception.Message)"
  $code = 70
}
[IO.File]::WriteAllLines((Join-Path $place 'words.txt'), [string[]]$words.ToArray())
exit $code
