// Owns: the tables at the end of a run, made from keyed state. Not here: how they are printed (cli/).

import { MillraceError, messageOf } from '../base/errors.ts';
import type { LaneState } from '../state/lane-state.ts';
import type { TopologyPlan } from '../topology/plan.ts';
import type { ReportTable } from './run-types.ts';

/** Throws MR_BOLT_FAILED if the user's `rows` throws. */
export function reportTables(plan: TopologyPlan, state: LaneState): ReportTable[] {
  return plan.reports.map((report) => {
    const component = plan.components[report.component]?.name ?? '';
    try {
      const rows = report.rows(state.entries(component, report.state));
      return { title: report.title, columns: report.columns, rows };
    } catch (error) {
      throw new MillraceError('MR_BOLT_FAILED', `The report '${report.title}' could not be made.`, {
        expected: 'its rows function to return rows',
        got: messageOf(error),
        next: 'Correct the function. The run itself is done and stored.',
        cause: error,
      });
    }
  });
}
