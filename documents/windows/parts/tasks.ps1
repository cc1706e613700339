# Scheduled tasks of this host: what they are, and what they do.

# The one kind of this system, whatever the folder; the other kinds are Linux's.
$taskToken = 'windows:[A-Za-z0-9][A-Za-z0-9_.-]{0,99}'
$verdict['tasks'] = @()

# Every task of a name, in whatever folder.
function Find-Task([string]$Name) { return Find-Item { Get-ScheduledTask -TaskName $Name } }

# One word for a task: active is one that may run, or still runs.
function Get-TaskWord($Task) {
  if ($null -eq $Task) { return 'missing' }
  if ($Task.Settings.Enabled -or [string]$Task.State -ceq 'Running') { return 'active' }
  return 'inactive'
}

# The same, looked up anew; more than one of a name is no single word.
function Get-CurrentWord([string]$Name) {
  $found = @(Find-Task $Name)
  if ($found.Count -gt 1) { return 'ambiguous' }
  if ($found.Count -eq 0) { return 'missing' }
  return Get-TaskWord $found[0]
}

# The text of a task, as the scheduler exports it.
function Get-TaskText($Task) {
  return [string](Export-ScheduledTask -TaskName $Task.TaskName -TaskPath $Task.TaskPath)
}

# Digest of what a task does. Whether it may run is left out: that is what we change ourselves.
function Get-DefinitionDigest([string]$Text) {
  $xml = New-Object Xml.XmlDocument
  # Nothing is fetched for a document type that somebody wrote into it.
  $xml.XmlResolver = $null
  $xml.LoadXml($Text)
  foreach ($node in @($xml.SelectNodes("/*/*[local-name()='Settings']/*[local-name()='Enabled']"))) {
    $node.ParentNode.RemoveChild($node) | Out-Null
  }
  return Get-Digest $xml.OuterXml
}

# Reads the tasks that are named, each once and without its kind.
function Read-TaskList {
  $names = @(Read-List 'tasks' $taskToken 564)
  if ($names.Count -gt 5) { Stop-Document 64 "Parameter tasks names $($names.Count) tasks, at most 5 are wanted" }
  return $names | ForEach-Object { $_.Split(':')[1] } | Select-Object -Unique
}
