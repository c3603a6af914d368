// Worked values that the formulas must reproduce, as typed constants.

import banditFile from '../fixtures/golden/bandit.json' with { type: 'json' };
import formulasFile from '../fixtures/golden/formulas.json' with { type: 'json' };
import publishedFile from '../fixtures/golden/published.json' with { type: 'json' };
import trlCurvesFile from '../fixtures/golden/trl-curves.json' with { type: 'json' };
import trlFile from '../fixtures/golden/trl.json' with { type: 'json' };

export const bandit = banditFile;
export const formulas = formulasFile.values;
export const published = publishedFile;
export const trl = trlFile;
export const trlCurves = trlCurvesFile;
