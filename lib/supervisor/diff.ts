/** What is to be done so that what runs is what is planned; names in the order of the plans. */
export interface PlanChange<Plan> {
  /** Plans of what does not run yet. */
  start: Plan[];
  /** Names of what runs and is planned no longer. */
  stop: string[];
  /** Plans of what runs by another plan. */
  restart: Plan[];
}

/**
 * Compares the plans in force with those wanted.
 *
 * @param same whether two plans of one name come to the same.
 */
export function diffPlans<Plan>(
  before: ReadonlyMap<string, Plan>,
  after: ReadonlyMap<string, Plan>,
  same: (a: Plan, b: Plan) => boolean,
): PlanChange<Plan> {
  const kept = [...after].filter(([name]) => before.has(name));
  return {
    start: [...after].filter(([name]) => !before.has(name)).map(([, plan]) => plan),
    stop: [...before.keys()].filter((name) => !after.has(name)),
    restart: kept.filter(([name, plan]) => !same(before.get(name)!, plan)).map(([, plan]) => plan),
  };
}
