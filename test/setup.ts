// Owns: the seed of the property tests. Fixed, so that a change is judged by what it changed and not by luck; another
// number in MILLRACE_TEST_SEED looks elsewhere, and `random` everywhere.

import fc from 'fast-check';

const DEFAULT_SEED = 1;

const wanted = process.env['MILLRACE_TEST_SEED'];
if (wanted !== 'random') fc.configureGlobal({ seed: wanted === undefined ? DEFAULT_SEED : Number(wanted) });
