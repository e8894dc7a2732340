import { startBrowser } from '../doctor/browser.ts';
import { examine } from '../doctor/doctor.ts';
import { formatFindings } from '../doctor/finding.ts';
import { type Command, CommandError, EXIT, parseArguments } from './command.ts';

export const doctor: Command = {
  help: `Usage: mailslot doctor URL [--json] [--click SELECTOR] [--no-event] [--browser PATH]

Opens the page in Chromium as a new visitor, several times, and says what is right and what to mend.
It needs playwright: npm install -D playwright && npx playwright install chromium.

  --json             the findings as JSON: { url, ok, findings: [{ check, state, text, mend }] }
  --click SELECTOR   clicks this once the page has loaded, so that it tracks; for apps that import mailslot
  --no-event         tracks nothing itself. Otherwise it tracks an event through the page's tag, in the
                     collection mailslot_doctor
  --browser PATH     the Chromium to use; else MAILSLOT_CHROMIUM, playwright's own, or one on PATH

Exit codes: 0 if there is nothing to mend, 1 if there is, 2 if the page could not be examined.`,

  async run(args, { print, env, cwd }) {
    const { values, paths } = parseArguments(
      args,
      {
        json: { type: 'boolean' },
        click: { type: 'string' },
        'no-event': { type: 'boolean' },
        browser: { type: 'string' },
      },
      1,
    );
    const [url] = paths;
    if (!url || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new CommandError('Name the page to examine, such as https://shop.example.');
    }
    const browser = await startBrowser({ executable: values.browser, env, cwd });
    try {
      const options = { click: values.click, tracksOwn: !values['no-event'] };
      const findings = await examine(browser, url, options);
      const ok = findings.every(({ state }) => state !== 'bad');
      print(values.json ? JSON.stringify({ url, ok, findings }, null, 2) : formatFindings(url, findings));
      return ok ? EXIT.OK : EXIT.FOUND;
    } finally {
      await browser.close();
    }
  },
};
