# Keeps scheduled tasks from running, over restarts too: saves, disables, stops, looks again.
# With manner remove a task is taken away once its saved text was read back. One that runs with a stored password is
# only disabled even then: passwords are not in the text, so taking it away could not be undone.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/notes.ps1"
. "$PSScriptRoot/parts/tasks.ps1"
$document = 'hold-task'
$verdict['remark'] = ''

# Saves the text of a task beside its note and reads it back; a text that is kept already is that of the first hold.
function Save-TaskText([string]$Key, [string]$Text) {
  $path = Save-Note "$Key.xml" $Text
  if ((Read-Note "$Key.xml") -cne $Text) { Stop-Document 73 "Cannot read back what was saved in '$path'" }
  return $path
}

# Notes what a task was when an incident first held it. Active now means that somebody enabled it since: that counts
# anew, this document never does.
function Save-FormerState($Task, [string]$Manner) {
  $key = "task-$($Task.TaskName)"
  $state = Read-State $key
  $isActive = (Get-TaskWord $Task) -eq 'active'
  if ($null -eq $state -or $state['phase'] -cne 'held' -or $isActive) {
    $other = Find-OtherHold $key
    $text = Get-TaskText $Task
    $path = Save-TaskText $key $text
    $state = [ordered]@{
      name = $Task.TaskName
      phase = 'held'
      before = Get-TaskWord $Task
      path = $Task.TaskPath
      manner = $Manner
      file = $path
      fileDigest = Get-FileDigest $path
      definition = Get-DefinitionDigest $text
      heldDefinition = ''
    }
    if ($null -ne $other) { $state['before'] = $other['before'] }
  }
  if ($state['manner'] -ceq 'remove' -and [string]$Task.Principal.LogonType -match 'Password') {
    $state['manner'] = 'disable'
    $verdict['remark'] = "Task '$($Task.TaskName)' is disabled, not removed: its password is stored in no text"
  }
  Save-State $key $state
  return $state
}

# Disables first: a task that is only stopped may start again at once. Says whether it is held.
function Suspend-Task($Task) {
  $name = $Task.TaskName
  $path = $Task.TaskPath
  Disable-ScheduledTask -TaskName $name -TaskPath $path | Out-Null
  Stop-ScheduledTask -TaskName $name -TaskPath $path
  return Wait-Until { (Get-TaskWord (Get-ScheduledTask -TaskName $name -TaskPath $path)) -eq 'inactive' }
}

# Holds the one task of a name, and says what became of it.
function Suspend-Found($Task, [string]$Manner) {
  $wasHeld = (Get-TaskWord $Task) -eq 'inactive'
  $state = Save-FormerState $Task $Manner
  if (-not (Suspend-Task $Task)) { return 'failed' }
  # Being disabled may change more of the text than the one word: this is what the release compares with.
  $held = Get-ScheduledTask -TaskName $Task.TaskName -TaskPath $Task.TaskPath
  $state['heldDefinition'] = Get-DefinitionDigest (Get-TaskText $held)
  Save-State "task-$($Task.TaskName)" $state
  if ($state['manner'] -ceq 'remove') {
    Unregister-ScheduledTask -TaskName $Task.TaskName -TaskPath $Task.TaskPath -Confirm:$false
    if ((Get-CurrentWord $Task.TaskName) -ne 'missing') { return 'failed' }
    return 'held'
  }
  if ($wasHeld) { return 'already-held' }
  return 'held'
}

# Holds one task and adds it to the verdict.
function Suspend-Named([string]$Name, [string]$Manner) {
  $found = @(Find-Task $Name)
  $known = Read-State "task-$Name"
  $status = 'failed'
  if ($found.Count -eq 1) { $status = Suspend-Found $found[0] $Manner }
  # Taken away by an earlier run of this incident.
  if ($found.Count -eq 0 -and $null -ne $known -and $known['phase'] -ceq 'held' -and $known['manner'] -ceq 'remove') {
    $status = 'already-held'
  }
  $before = 'missing'
  $state = Read-State "task-$Name"
  if ($null -ne $state) { $before = $state['before'] }
  if ($status -eq 'failed') { $troubles.Add("Task $Name is $(Get-CurrentWord $Name), not held") | Out-Null }
  Add-Item 'tasks' "windows:$Name" $before (Get-CurrentWord $Name) $status
}

Read-CommonParameter
$names = @(Read-TaskList)
$manner = Read-Parameter 'manner' '^(disable|remove)$' 7
if ($names.Count -eq 0) { Stop-Document 64 'Parameter tasks names nothing' }
Confirm-Ready @('Get-ScheduledTask', 'Export-ScheduledTask', 'Disable-ScheduledTask', 'Unregister-ScheduledTask')
Open-StateDirectory
Open-Notes 'tasks'
foreach ($name in $names) { Suspend-Named $name $manner }
Complete-Document
