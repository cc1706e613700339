# Common ground of our Windows documents, for Windows PowerShell 5.1. The builder puts this text in the place of the
# line that sources it, so that the agent gets one file. Values arrive as SSM_<name> in the environment only and are
# never evaluated. Written without a Windows at hand: see README.md.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# The wall clock may be stepped while we run; this one may not.
$started = [Diagnostics.Stopwatch]::StartNew()
$incident = ''
$problem = ''
$deadlineMs = 0
$stateDirectory = ''
# Held open until the script ends.
$locks = New-Object Collections.ArrayList
# The document's own fields, in the order in which the verdict prints them.
$verdict = [ordered]@{}

# The same grammar as the document's allowedPattern: an old agent or a caller past the API meets it a second time.
$incidentPattern = '^[a-z0-9-]{1,48}$'
$deadlinePattern = '^(120|1[01][0-9]|[1-9][0-9]?)$'
$byte = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
$firstByte = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]?)'
$ipv4Address = "$firstByte(\.$byte){3}"
$ipv6Address = '[1-9a-fA-F][0-9a-fA-F]{2,3}:[0-9a-fA-F:]{1,34}'
$ipv4Cidr = "(0\.0\.0\.0/0|$ipv4Address(/(3[0-2]|[12][0-9]|[1-9]))?)"
$ipv6Cidr = "(::/0|$ipv6Address(/(12[0-8]|1[01][0-9]|[1-9][0-9]|[89]))?)"
$cidrToken = "($ipv4Cidr|$ipv6Cidr)"
$portToken = '(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})'

# Systems Manager cuts off what is printed at 2,500 characters, with what the agent adds: half a verdict is none.
$mostCharacters = 2000
# More than the parameters of a cut can name, so that only an undo by its notes is ever bounded.
$mostItems = 6

function ConvertTo-Line($Fields) { return ConvertTo-Json -InputObject $Fields -Compress -Depth 5 }

# Keeps what would be too long in a note, and leaves the first of a list and how many there are, those that went wrong
# before the others, and as much of the error as fits.
function Limit-Verdict($Fields, [string]$Whole) {
  $Fields['wholeFile'] = ''
  $Fields['wholeDigest'] = ''
  try {
    $name = "verdict-$document-$([DateTime]::UtcNow.ToString('yyyyMMddHHmmssfff')).json"
    $path = Save-Note $name $Whole
    $Fields['wholeDigest'] = Get-FileDigest $path
    $Fields['wholeFile'] = $path
  } catch { $Fields['wholeDigest'] = '' }
  foreach ($field in 'services', 'tasks') {
    if (-not $Fields.Contains($field)) { continue }
    $bad = @($Fields[$field] | Where-Object { @('failed', 'drifted') -ccontains $_['status'] })
    $good = @($Fields[$field] | Where-Object { @('failed', 'drifted') -cnotcontains $_['status'] })
    $Fields["${field}Total"] = $bad.Length + $good.Length
    $Fields[$field] = [object[]]@($bad + $good | Select-Object -First $mostItems)
  }
  while ((ConvertTo-Line $Fields).Length -gt $mostCharacters -and $Fields['error'].Length -gt 0) {
    $Fields['error'] = $Fields['error'].Substring(0, [int][Math]::Floor($Fields['error'].Length * 0.9))
  }
}

# Prints the one line that counts. Past the formatter: it would break lines at the width of a console.
function Write-Verdict([bool]$Ok) {
  $line = [ordered]@{ ok = $Ok; document = $document; incident = $incident }
  foreach ($key in $verdict.Keys) { $line[$key] = $verdict[$key] }
  $line['totalMs'] = [int]$started.ElapsedMilliseconds
  $line['error'] = $problem
  $text = ConvertTo-Line $line
  if ($text.Length -gt $mostCharacters) { Limit-Verdict $line $text }
  [Console]::Out.WriteLine((ConvertTo-Line $line))
}

# Ends the script with a verdict. Every text that came from outside loses what could confuse its reader.
function Stop-Document([int]$Code, [string]$Text) {
  $clean = $Text -creplace '[^a-zA-Z0-9 .,:;=_()@/\\+''-]', ' '
  $script:problem = $clean.Substring(0, [Math]::Min(300, $clean.Length))
  Write-Verdict $false
  exit $Code
}

# Whatever was not foreseen ends in a verdict too, never in a script that goes on.
trap { Stop-Document 70 $_.Exception.Message }

# Reads one parameter; a value outside its grammar ends the script. An agent that knows no ENV_VAR leaves it unset, and
# Windows knows no empty variables: both read as empty here.
function Read-Parameter([string]$Name, [string]$Pattern, [int]$Longest) {
  $value = [string][Environment]::GetEnvironmentVariable("SSM_$Name")
  # In .NET a `$` also stands before a last newline: control characters are refused whatever the pattern says.
  if ($value.Length -gt $Longest -or $value -cmatch '[\x00-\x1f]' -or $value -cnotmatch $Pattern) {
    $start = $value.Substring(0, [Math]::Min(80, $value.Length))
    Stop-Document 64 "Parameter $Name is not of the wanted form, received '$start'"
  }
  return $value
}

# Reads a list whose items single blanks separate; nothing comes back for an empty one.
function Read-List([string]$Name, [string]$Token, [int]$Longest) {
  $value = Read-Parameter $Name "^($Token( $Token)*)?$" $Longest
  if ($value -ne '') { return $value.Split(' ') }
}

# Counts what the pattern of a CIDR cannot: the groups of IPv6.
function Test-Cidr([string]$Text) {
  $address = $Text.Split('/')[0]
  $parsed = $null
  if ($Text -ceq '::/0') { return $true }
  return [Net.IPAddress]::TryParse($address, [ref]$parsed) -and $address.Split(':').Count -le 8
}

# Reads a list of CIDRs.
function Read-CidrList([string]$Name, [int]$Longest) {
  $cidrs = @(Read-List $Name $cidrToken $Longest)
  foreach ($cidr in $cidrs) {
    if (-not (Test-Cidr $cidr)) { Stop-Document 64 "Parameter $Name holds no CIDR: '$cidr'" }
  }
  return $cidrs
}

# Checks what every document takes, and fixes the deadline.
function Read-CommonParameter {
  $script:incident = Read-Parameter 'incident' $incidentPattern 48
  $script:deadlineMs = 1000 * [int](Read-Parameter 'deadlineSeconds' $deadlinePattern 3)
}

# True while there is time left; loops that wait for something ask it.
function Test-TimeLeft { return $started.ElapsedMilliseconds -lt $deadlineMs }

# Refuses to go on when the deadline has passed, whatever the last tool said.
function Confirm-TimeLeft([string]$What) {
  if (-not (Test-TimeLeft)) { Stop-Document 75 "Deadline of $($deadlineMs / 1000) s passed while $What" }
}

# Waits until a condition holds, or the deadline passes; says which.
function Wait-Until([scriptblock]$Condition) {
  while (-not (& $Condition)) {
    if (-not (Test-TimeLeft)) { return $false }
    Start-Sleep -Milliseconds 100
  }
  return $true
}

# Looks something up that may be missing. Only a plain "not found" counts as missing; every other error ends the script.
function Find-Item([scriptblock]$Look) {
  try { return & $Look } catch { if ($_.CategoryInfo.Category -ne 'ObjectNotFound') { throw } }
}

# Refuses to start half equipped: a tool that is missed midway would leave a block without a kill.
function Confirm-Ready([string[]]$Commands) {
  foreach ($name in $Commands) {
    $command = Find-Item { Get-Command -Name $name }
    if ($null -eq $command) { Stop-Document 69 "Command '$name' is missing on this host" }
  }
  $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
  $principal = New-Object Security.Principal.WindowsPrincipal($identity)
  if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    Stop-Document 77 'No administrator: the agent must run as SYSTEM'
  }
}

# Makes the directory of notes for administrators and the system alone. Anybody may make directories in ProgramData: one
# that somebody else laid there first could hold a task of theirs for us to register, and is refused.
function New-GuardedDirectory([string]$Path) {
  $security = New-Object Security.AccessControl.DirectorySecurity
  $security.SetSecurityDescriptorSddlForm('O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)')
  [IO.Directory]::CreateDirectory($Path, $security) | Out-Null
  $found = [IO.Directory]::GetAccessControl($Path)
  $owner = $found.GetOwner([Security.Principal.SecurityIdentifier]).Value
  if (@('S-1-5-18', 'S-1-5-32-544') -cnotcontains $owner -or -not $found.AreAccessRulesProtected) {
    Stop-Document 73 "State directory '$Path' is not ours: its owner is '$owner'"
  }
}

# Opens a file that nobody else can open meanwhile. In our own directory: a named mutex could be taken first by whoever
# is to be cut.
function Lock-File([string]$Path, [string]$Held) {
  $isOpen = Wait-Until {
    try {
      $locks.Add([IO.File]::Open($Path, 'OpenOrCreate', 'ReadWrite', 'None')) | Out-Null
      $true
    } catch [IO.IOException] { $false }
  }
  if (-not $isOpen) { Stop-Document 75 "$Held holds the lock" }
}

# One document of an incident at a time: the agent may deliver a cut and its release together.
function Open-StateDirectory {
  $root = [string][Environment]::GetEnvironmentVariable('CF_STATE_DIR')
  if ($root -eq '') { $root = Join-Path ([Environment]::GetFolderPath('CommonApplicationData')) 'connection-fuse' }
  New-GuardedDirectory $root
  $script:stateDirectory = Join-Path $root $incident
  [IO.Directory]::CreateDirectory($stateDirectory) | Out-Null
  Lock-File (Join-Path $stateDirectory 'lock') 'Another document of this incident'
}

# Keeps a text under a name of this incident, whole or not at all, and tells where. Former states are kept once: what a
# second run finds is what the first one did.
function Save-Note([string]$Name, [string]$Text) {
  $path = Join-Path $stateDirectory $Name
  # UTF-16, as the task scheduler itself writes what it exports.
  [IO.File]::WriteAllText("$path.new", $Text, [Text.Encoding]::Unicode)
  if ([IO.File]::Exists($path)) {
    [IO.File]::Replace("$path.new", $path, [NullString]::Value)
  } else {
    [IO.File]::Move("$path.new", $path)
  }
  return $path
}

# Reads a note back; nothing comes back where there is none.
function Read-Note([string]$Name) {
  $path = Join-Path $stateDirectory $Name
  if ([IO.File]::Exists($path)) { return [IO.File]::ReadAllText($path, [Text.Encoding]::Unicode) }
}

# The sha256 of a text, in hex.
function Get-Digest([string]$Text) {
  $sha = New-Object Security.Cryptography.SHA256CryptoServiceProvider
  $hash = $sha.ComputeHash([Text.Encoding]::Unicode.GetBytes($Text))
  return [BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant()
}

# The sha256 of a file, in hex: what any tool says of it.
function Get-FileDigest([string]$Path) {
  return (Get-FileHash -Algorithm SHA256 -LiteralPath $Path).Hash.ToLowerInvariant()
}
