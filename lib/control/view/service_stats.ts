export type { Histogram, ServiceStats } from "../../service/stats.ts";
