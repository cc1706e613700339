# What things were before an incident's first change, and what became of them: one file a thing. Its phase is `held`
# while our change stands and `undone` once it was taken back.

$items = New-Object Collections.ArrayList
$troubles = New-Object Collections.ArrayList

# Incidents share services and tasks, unlike their firewall rules: while two of them hold the same thing, the first
# release must not take it from the second.
function Open-Notes([string]$Kind) {
  Lock-File (Join-Path (Split-Path -Parent $stateDirectory) "$Kind.lock") 'A document of another incident'
}

# Turns a note's text into a table that can be changed and kept again.
function ConvertFrom-Note([string]$Text) {
  $state = [ordered]@{}
  $note = ConvertFrom-Json -InputObject $Text
  foreach ($property in $note.PSObject.Properties) { $state[$property.Name] = $property.Value }
  return $state
}

# The note of a thing, or nothing.
function Read-State([string]$Key) {
  $text = Read-Note "$Key.json"
  if ($null -ne $text) { return ConvertFrom-Note $text }
}

# Keeps the note of a thing.
function Save-State([string]$Key, $State) {
  Save-Note "$Key.json" (ConvertTo-Json -InputObject $State -Compress) | Out-Null
}

# The note of another incident that still holds a thing which was active before it, or nothing.
function Find-OtherHold([string]$Key) {
  foreach ($directory in [IO.Directory]::GetDirectories((Split-Path -Parent $stateDirectory))) {
    $path = Join-Path $directory "$Key.json"
    if ($directory -eq $stateDirectory -or -not [IO.File]::Exists($path)) { continue }
    $state = ConvertFrom-Note ([IO.File]::ReadAllText($path, [Text.Encoding]::Unicode))
    if ($state['phase'] -ceq 'held' -and $state['before'] -ceq 'active') { return $state }
  }
}

# Names of the things of a kind that this incident has to bring back: those that were active, or were taken away.
function Get-NotedName([string]$Kind) {
  foreach ($file in [IO.Directory]::GetFiles($stateDirectory, "$Kind-*.json")) {
    $state = ConvertFrom-Note ([IO.File]::ReadAllText($file, [Text.Encoding]::Unicode))
    if ($state['before'] -ceq 'active' -or $state['manner'] -ceq 'remove') { $state['name'] }
  }
}

# Adds what became of one thing to the verdict.
function Add-Item([string]$Field, [string]$Name, [string]$Before, [string]$Now, [string]$Status) {
  $items.Add([ordered]@{ name = $Name; before = $Before; now = $Now; status = $Status }) | Out-Null
  $verdict[$Field] = $items.ToArray()
}

# Ends the script: anything that failed makes it 1, anything that somebody else changed makes it 3.
function Complete-Document {
  $statuses = @($items | ForEach-Object { $_['status'] })
  $text = $troubles.ToArray() -join '; '
  if ($statuses -ccontains 'failed') { Stop-Document 1 $text }
  if ($statuses -ccontains 'drifted') { Stop-Document 3 $text }
  Write-Verdict $true
  exit 0
}
