/** The lab was put together wrongly: a mistake of the scenario, the test or the template, never of the product's calls. */
export class LabSetupError extends Error {
  override readonly name = 'LabSetupError';
}
