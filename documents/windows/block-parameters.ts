import { maxBlockRangesCharacters } from '../../lambdas/shared/actions/kill-connections/complement-ranges.ts';
import type { CommandParameters } from '../command-document.ts';
import { blockRangesPattern, ruleNamePattern, yesNoPattern } from '../parameter-patterns.ts';

/** What a block needs on Windows besides what it needs on Linux. */
export const windowsBlockParameters = {
  blockRanges: {
    description: 'What is to be blocked, in@PROTOCOL@PORTS@RANGES or out@...: all that is neither golden nor the agent',
    allowedPattern: blockRangesPattern,
    minChars: 0,
    maxChars: maxBlockRangesCharacters,
    default: '',
  },
  ruleName: {
    description: 'A firewall rule of the host that is to block by its own ports too; empty: none',
    allowedPattern: ruleNamePattern,
    minChars: 0,
    maxChars: 100,
    default: '',
  },
  createRule: {
    description: 'yes: a rule that is not there is made, for the ports in scope',
    allowedPattern: yesNoPattern,
    minChars: 2,
    maxChars: 3,
    default: 'no',
  },
} as const satisfies CommandParameters;
