/** Thrown when a lab host cannot do what was asked; never for what happened to its connections. */
export class HostWorldError extends Error {
  override readonly name = 'HostWorldError';
}
