import { isRecord, readText } from '../record.ts';

/**
 * The keys that tie a log line to its incident, wherever a function's input carries them. Only these are taken: an
 * event's other content stays out of the logs.
 */
export function logKeysOf(input: unknown): Record<string, string> {
  if (!isRecord(input)) return {};
  const assessment = recordAt(input, 'assessment');
  const incident = recordAt(input, 'incident') ?? recordAt(assessment, 'incident');
  const entry = recordAt(input, 'entry') ?? recordAt(input, 'request');
  const found = {
    incidentId: readText(incident?.['id']) ?? readText(entry?.['incidentId']),
    action: readText(input['action']) ?? readText(entry?.['action']),
    cohortId: readText(recordAt(input, 'cohort')?.['id']) ?? readText(entry?.['cohortId']),
    step: readText(input['step']),
    executionId: readText(incident?.['executionId']) ?? readText(input['executionId']),
  };
  return Object.fromEntries(Object.entries(found).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function recordAt(record: Record<string, unknown> | undefined, key: string): Record<string, unknown> | undefined {
  const value = record?.[key];
  return isRecord(value) ? value : undefined;
}
