// The part of prom-client that this project uses: the registry, which formats. Its own types describe the whole
// package, whose other files would be loaded in vain.

declare module "prom-client/registry" {
  export interface Collected {
    name: string;
    help: string;
    type: string;
    values: { value: number; labels: Record<string, string>; metricName?: string }[];
  }
  export default class Registry {
    static readonly PROMETHEUS_CONTENT_TYPE: string;
    registerMetric(metric: { name: string; get(): Promise<Collected> }): void;
    metrics(): Promise<string>;
  }
}
