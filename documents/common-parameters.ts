import { maxListCharacters } from '../lambdas/shared/host-address.ts';
import {
  cidrListPattern,
  deadlinePattern,
  goldenListPattern,
  incidentPattern,
  ttlPattern,
} from './parameter-patterns.ts';

// Parameters that several documents take, each with one meaning and one rule wherever it stands.

/** Under which a document works; `description` says what lies there. */
export const incidentParameter = <Text extends string>(description: Text) =>
  ({ description, allowedPattern: incidentPattern, minChars: 1, maxChars: 48 }) as const;

/** A script's own deadline, in seconds. */
export const deadlineParameter = <Seconds extends string>(usualSeconds: Seconds) =>
  ({
    description: 'The script gives up after so many seconds and says so',
    allowedPattern: deadlinePattern,
    minChars: 1,
    maxChars: 3,
    default: usualSeconds,
  }) as const;

/** Golden channels of the host. */
export const goldenParameter = {
  description: 'Golden channels, in@CIDR@PORT or out@CIDR@PORT: never cut',
  allowedPattern: goldenListPattern,
  minChars: 0,
  maxChars: maxListCharacters,
  default: '',
} as const;

/** What the agent of Systems Manager has to reach. */
export const agentParameter = {
  description: 'CIDRs the SSM agent needs: endpoints and resolver; link-local services are always spared',
  allowedPattern: cidrListPattern,
  minChars: 0,
  maxChars: 2048,
  default: '',
} as const;

/** How long a block stands, in seconds. */
export const ttlParameter = {
  description: 'After so many seconds the kernel lifts the block by itself; 0: only a release lifts it',
  allowedPattern: ttlPattern,
  minChars: 1,
  maxChars: 6,
  default: '0',
} as const;
