/** The titles and pages of a package's own advisories; `via` also names the packages that bring one along. */
const describe = ({ name, severity, range, via }) => {
  const own = via.filter((one) => typeof one === 'object').map(({ title, url }) => `${title} (${url})`);
  const brought = via.filter((one) => typeof one === 'string');
  const reasons = [...own, ...(brought.length ? [`depends on ${brought.join(', ')}`] : [])];
  return `${severity}: ${name} ${range}: ${reasons.join('; ')}`;
};

export function readAudit(output) {
  let report;
  try {
    report = JSON.parse(output);
  } catch {
    // npm itself failed; it has said why.
  }
  if (!report?.vulnerabilities) {
    const reason = report?.message ?? report?.error?.summary;
    return {
      checked: false,
      advisories: [],
      summary: `NOT CHECKED: the registry does not answer questions about advisories${reason ? ` (${reason})` : ''}.`,
    };
  }
  const advisories = Object.values(report.vulnerabilities).map(describe);
  const { total } = report.metadata.dependencies;
  const summary = advisories.length
    ? `${advisories.length} of ${total} packages have known advisories.`
    : `None of ${total} packages has a known advisory.`;
  return { checked: true, advisories, summary };
}
