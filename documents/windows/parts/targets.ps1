# What a cut must spare, and the check that the block which was computed elsewhere really spares it.

$goldenToken = "(in|out)@$cidrToken@(any|$portToken)"
$ruleNamePattern = '^([A-Za-z0-9][A-Za-z0-9 _.-]{0,99})?$'

# Reads the golden channels.
function Read-Golden {
  $channels = @(Read-List 'golden' $goldenToken 8192)
  foreach ($channel in $channels) {
    $cidr = $channel.Split('@')[1]
    if (-not (Test-Cidr $cidr)) { Stop-Document 64 "Parameter golden holds no channel: '$channel'" }
  }
  return $channels
}

# Refuses a block that would hit what is golden, the agent's path or link-local services: nothing is cut on a
# misunderstanding.
function Confirm-Spared([string[]]$Tokens, [string[]]$Channels, [string[]]$Agent) {
  $peers = @($Agent) + @('169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32')
  foreach ($channel in (@($Channels) + @($peers | ForEach-Object { "in@$_@any" }))) {
    $golden = [Golden]::new($channel)
    foreach ($token in $Tokens) {
      $isHit = $golden.IsHitBy([Block]::new($token))
      if ($isHit) { Stop-Document 64 "Parameter blockRanges would block '$channel', which is to live on" }
    }
  }
}

# Reads which rule is meant, if any, and whether it may be made.
function Read-NamedRule {
  $name = Read-Parameter 'ruleName' $ruleNamePattern 100
  $create = Read-Parameter 'createRule' '^(yes|no)$' 3
  return @{ name = $name; mayCreate = $create -ceq 'yes' }
}

# True for the token that is not for a rule of ours but for the one with a name: every port, TCP alone.
function Test-NamedToken([string]$Token) { return $Token.StartsWith('in@tcp@0-65535@', [StringComparison]::Ordinal) }

# Whom the rule is to block: where there are golden channels, one token says so, and holds none of them.
function Get-NamedAddress($Named, [string[]]$Tokens, [string[]]$Golden) {
  if ($Named['name'] -eq '' -or $Golden.Length -eq 0) { return }
  foreach ($token in $Tokens) { if (Test-NamedToken $token) { return $token.Split('@')[3].Split(',') } }
  Stop-Document 64 "Rule '$($Named['name'])' would block golden channels: wanted its token in blockRanges"
}
