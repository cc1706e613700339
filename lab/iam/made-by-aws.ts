const stepFunctionsLog = 'Step Functions delivers its own log, and the lab has none';
const traces = 'Lambda and Step Functions send traces of their own, and the lab has none';
const functionLog = 'Lambda writes the log of a function in its name, and the lab keeps it itself';
const tableKey = 'DynamoDB asks for the key of the table in the name of its caller, and the lab encrypts nothing';

/** Actions that a role has to allow and no code of the app calls, with the reason. */
export const madeByAws: Readonly<Record<string, string>> = {
  'logs:CreateLogStream': functionLog,
  'logs:PutLogEvents': functionLog,
  'xray:PutTraceSegments': traces,
  'xray:PutTelemetryRecords': traces,
  'xray:GetSamplingRules': traces,
  'xray:GetSamplingTargets': traces,
  'logs:CreateLogDelivery': stepFunctionsLog,
  'logs:DeleteLogDelivery': stepFunctionsLog,
  'logs:DescribeLogGroups': stepFunctionsLog,
  'logs:DescribeResourcePolicies': stepFunctionsLog,
  'logs:GetLogDelivery': stepFunctionsLog,
  'logs:ListLogDeliveries': stepFunctionsLog,
  'logs:PutResourcePolicy': stepFunctionsLog,
  'logs:UpdateLogDelivery': stepFunctionsLog,
  'kms:Decrypt': tableKey,
  'kms:DescribeKey': tableKey,
  'kms:Encrypt': tableKey,
  'kms:GenerateDataKey': tableKey,
  'sqs:SendMessage':
    'Lambda keeps what an event could not be worked off for in the name of the function, the lab in that of the rule',
  'states:StopExecution': 'A machine stops the one it waits for only when it is stopped itself, or runs out of time',
};
