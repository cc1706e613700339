// The package ships without types; only what the linter uses is declared.
declare module 'asl-validator' {
  /** Validates a definition; `errors` is empty when it found nothing. */
  export default function validateAsl(definition: object): {
    readonly isValid: boolean;
    /** From its JSON schemas with `message`, from its own checks with `Message`. */
    readonly errors: readonly {
      readonly message?: string;
      readonly instancePath?: string;
      readonly Message?: string;
    }[];
  };
}
