import { FuseError } from '../shared/errors.ts';

/** A review could not be looked after: what is locked stays locked, what is not is still open. The clock tries again. */
export class ReviewNotWatchedError extends FuseError {
  override readonly name = 'ReviewNotWatchedError';
}
