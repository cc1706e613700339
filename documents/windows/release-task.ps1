# Lets exactly the tasks run again that hold-task held, where they still are what the hold left behind. A task that was
# taken away is registered again from its saved text; run-as passwords are in no such text, so hold-task takes none of
# those tasks away.
. "$PSScriptRoot/parts/prelude.ps1"
. "$PSScriptRoot/parts/notes.ps1"
. "$PSScriptRoot/parts/tasks.ps1"
$document = 'release-task'

# Registers a removed task from what was saved; never from a text that somebody changed since.
function Restore-RemovedTask($State) {
  $text = Read-Note "task-$($State['name']).xml"
  if ($null -eq $text -or (Get-FileDigest $State['file']) -cne $State['fileDigest']) {
    throw 'its saved text is missing or was changed'
  }
  Register-ScheduledTask -Xml $text -TaskName $State['name'] -TaskPath $State['path'] | Out-Null
}

# Says what somebody else changed of a task, or nothing.
function Get-DriftReason($Found, $State) {
  if ($State['phase'] -ceq 'undone') { return 'was released already, and changed by somebody since' }
  if ($Found.Count -eq 0) {
    if ($State['manner'] -cne 'remove') { return 'is missing on this host' }
    return
  }
  if ($Found.Count -gt 1) { return 'is there more than once' }
  if ($Found[0].TaskPath -cne $State['path']) { return 'stands in another folder' }
  $definition = Get-DefinitionDigest (Get-TaskText $Found[0])
  if (@($State['definition'], $State['heldDefinition']) -cnotcontains $definition) { return 'does something else now' }
  if ($State['before'] -cne 'active') { return 'did not run before the incident' }
}

# Gives one task back, and says whether it is as it was.
function Restore-Task($Found, $State) {
  $name = $State['name']
  try {
    if ($Found.Count -eq 0) { Restore-RemovedTask $State } else {
      Enable-ScheduledTask -TaskName $name -TaskPath $State['path'] | Out-Null
    }
  } catch { $troubles.Add("Task $name did not come back: $($_.Exception.Message)") | Out-Null }
  if ((Get-CurrentWord $name) -ceq $State['before']) { return 'released' }
  $troubles.Add("Task $name is $(Get-CurrentWord $name), wanted $($State['before'])") | Out-Null
  return 'failed'
}

# Ends the hold on a task: this incident does not keep it from running any more.
function Complete-Hold($State) {
  $State['phase'] = 'undone'
  Save-State "task-$($State['name'])" $State
}

# Compares the three states of one task and says what became of it.
function Resume-Noted([string]$Name, $State) {
  $found = @(Find-Task $Name)
  $isBack = $found.Count -eq 1 -and (Get-TaskWord $found[0]) -ceq $State['before']
  $definition = ''
  if ($isBack) { $definition = Get-DefinitionDigest (Get-TaskText $found[0]) }
  if ($isBack -and @($State['definition'], $State['heldDefinition']) -ccontains $definition) {
    Complete-Hold $State
    return 'already-released'
  }
  if ($null -ne (Find-OtherHold "task-$Name")) {
    $troubles.Add("Task $Name is still held by another incident, whose release lets it run") | Out-Null
    Complete-Hold $State
    return 'drifted'
  }
  $reason = Get-DriftReason $found $State
  if ($null -ne $reason) {
    $troubles.Add("Task $Name $reason") | Out-Null
    return 'drifted'
  }
  $status = Restore-Task $found $State
  if ($status -eq 'released') { Complete-Hold $State }
  return $status
}

# Releases one task and adds it to the verdict. Without its note nobody knows what it was: nothing is guessed.
function Resume-Named([string]$Name) {
  $state = Read-State "task-$Name"
  $status = 'drifted'
  $before = 'unknown'
  if ($null -eq $state) {
    $troubles.Add("Task $Name has no note of this incident on the host") | Out-Null
  } else {
    $before = $state['before']
    $status = Resume-Noted $Name $state
  }
  Add-Item 'tasks' "windows:$Name" $before (Get-CurrentWord $Name) $status
}

Read-CommonParameter
$names = @(Read-TaskList)
# How a task was held stands in its note, which knows better; the value is only checked.
Read-Parameter 'manner' '^(disable|remove)$' 7 | Out-Null
Confirm-Ready @('Get-ScheduledTask', 'Export-ScheduledTask', 'Enable-ScheduledTask', 'Register-ScheduledTask')
Open-StateDirectory
Open-Notes 'tasks'
if ($names.Count -eq 0) {
  $names = @(Get-NotedName 'task')
  if ([IO.Directory]::GetFiles($stateDirectory, 'task-*.json').Length -eq 0) {
    Stop-Document 3 'Parameter tasks is empty, and no note on this host says what was held'
  }
}
foreach ($name in $names) { Resume-Named $name }
Complete-Document
