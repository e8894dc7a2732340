/** The result of a check for advisories, in words. */
export interface AuditReport {
  /** Whether the registry answered. */
  checked: boolean;
  /** One line for each affected package; empty if there is none, or if nothing was checked. */
  advisories: string[];
  /** The result in one sentence. */
  summary: string;
}

/** Reads the output of `npm audit --json`, which can be any text if npm fails. */
export function readAudit(output: string): AuditReport;
