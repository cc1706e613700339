/** The EC2 tags that carry server facts. Nobody in the pipeline may write them. */
export const tagKeys = {
  lifeline: 'connection-fuse:lifeline',
  profile: 'connection-fuse:profile',
  service: 'connection-fuse:service',
  /** `on`: the server gets the host sensor. */
  sensor: 'connection-fuse:sensor',
  /** On security groups the fuse made: `quarantine`, `sealed` or `golden:<channel>`. */
  role: 'connection-fuse:role',
} as const;
