import { isRecord } from '../record.ts';

/**
 * Members whose value AWS assigns. The sign of a sample is looked for in these only: whoever holds a server can write
 * its tags, process names or file paths, and must not be able to pass a real finding off as a sample.
 */
const assignedByAws = new Set([
  'availabilityZone',
  'subnetId',
  'subNetId',
  'vpcId',
  'groupId',
  'productCodeId',
  'accessKeyId',
  'principalId',
  'countryName',
  'cityName',
]);

/** Where the owner of a resource chooses keys and values himself. */
const chosenByOwners = new Set(['tags', 'labels', 'runtimeDetails', 'requestParameters']);

/** Why a finding (normalised keys) is a sample or test of AWS and must never cut, or undefined when it is real. */
export function whySample(finding: Record<string, unknown>): string | undefined {
  if (typeof finding['type'] === 'string' && finding['type'].startsWith('Canary:')) return 'Its type is "Canary:…"';
  const service = finding['service'];
  if (isRecord(service) && isMarked(service['additionalInfo'])) return 'Its additionalInfo says sample';
  return holdsGeneratedValue(finding) ? 'Its values begin with "GeneratedFinding"' : undefined;
}

/** The mark stands in `additionalInfo` itself (EventBridge) or in the JSON text of its `value` (GetFindings). */
function isMarked(additionalInfo: unknown): boolean {
  if (!isRecord(additionalInfo)) return false;
  if (saysYes(additionalInfo['sample'])) return true;
  const value = additionalInfo['value'];
  if (typeof value !== 'string') return isRecord(value) && saysYes(value['sample']);
  try {
    const parsed: unknown = JSON.parse(value);
    return isRecord(parsed) && saysYes(parsed['sample']);
  } catch {
    return false; // free text, no mark
  }
}

function saysYes(value: unknown): boolean {
  return value === true || value === 'true';
}

function holdsGeneratedValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsGeneratedValue);
  if (!isRecord(value)) return false;
  return Object.entries(value).some(([key, member]) => {
    if (typeof member === 'string') return assignedByAws.has(key) && member.startsWith('GeneratedFinding');
    return !chosenByOwners.has(key) && holdsGeneratedValue(member);
  });
}
