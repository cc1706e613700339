export { ConnectionFuse } from './constructs/connection-fuse.ts';
export type { ConnectionFuseProps } from './constructs/connection-fuse.ts';
export { loadPolicy } from '../lambdas/shared/policy/load-policy.ts';
export { parsePolicy } from '../lambdas/shared/policy/parse-policy.ts';
export type { Policy } from '../lambdas/shared/policy/policy-schema.ts';
