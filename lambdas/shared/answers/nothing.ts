import type { Answers, Cut, Evidence } from '../contracts/incident.ts';

/** No to every question: nothing is done to such a server. */
export const allNo: Answers = {
  lifeline: false,
  spreads: false,
  coreBusiness: false,
  securityRisk: false,
  underReview: false,
  overloaded: false,
};

/** Cuts nothing, whoever reads it: what every server without a risk carries. */
export const noCut: Cut = { scope: 'peers', peers: [] };

/** The same sentence for every question that was not asked. */
export function repeatSentence(sentence: string): Evidence {
  return {
    lifeline: sentence,
    spreads: sentence,
    coreBusiness: sentence,
    securityRisk: sentence,
    underReview: sentence,
    overloaded: sentence,
  };
}
