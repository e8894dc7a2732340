// Finds a browser on this machine, or installs one. Uses only Node until `npm ci` has run.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const MINUTE_MS = 60_000;
const require = createRequire(import.meta.url);
const isRoot = process.getuid?.() === 0;

function folderNames(folder) {
  try {
    return readdirSync(folder);
  } catch {
    // This system has no such folder.
    return [];
  }
}

/**
 * The engines. `args` are passed at every start. The search goes through Playwright's build, the names on PATH, and
 * fixed paths; the installation through Playwright's download and Debian's packages. `needs` are programs without which
 * only Playwright's build can be used.
 */
const engines = {
  chromium: {
    variable: 'MAILSLOT_CHROMIUM',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    paths: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
      'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
    ],
    debianPackages: ['chromium'],
    args: [
      // The browser itself must not send requests.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-quic',
      // Chromium's sandbox does not start as root, as in containers.
      ...(isRoot ? ['--no-sandbox'] : []),
    ],
  },
  firefox: {
    variable: 'MAILSLOT_FIREFOX',
    names: ['firefox-esr', 'firefox'],
    paths: ['/Applications/Firefox.app/Contents/MacOS/firefox', 'C:\\Program Files\\Mozilla Firefox\\firefox.exe'],
    debianPackages: ['firefox-esr'],
    args: [],
  },
  webkit: {
    variable: 'MAILSLOT_WEBKIT',
    names: [],
    paths: folderNames('/usr/lib').map((name) => `/usr/lib/${name}/webkit2gtk-4.1/MiniBrowser`),
    needs: ['WebKitWebDriver', 'Xvfb'],
    debianPackages: ['webkit2gtk-driver', 'xvfb'],
    args: [],
  },
};

const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * Whether a browser starts: it does not if a system library is missing. On Windows `chrome --version` opens a window,
 * and MiniBrowser needs a display, so these are not started.
 */
const runs = (file) =>
  isExecutable(file) &&
  (process.platform === 'win32' ||
    file.endsWith('MiniBrowser') ||
    spawnSync(file, ['--version'], { stdio: 'ignore', timeout: MINUTE_MS / 2 }).status === 0);

const onPath = (name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));

/**
 * Finds an engine without installing anything; `undefined` if none runs. The environment variable `MAILSLOT_CHROMIUM`,
 * `MAILSLOT_FIREFOX` or `MAILSLOT_WEBKIT` (the path of an executable) overrides the search. The result is kept there,
 * so that test workers need not search again.
 */
export function findBrowser(engine) {
  const { variable, names, paths, needs = [], args } = engines[engine];
  const own = require('playwright')[engine].executablePath();
  const answer = (executablePath) => ({ executablePath, args, own: executablePath === own });
  const chosen = process.env[variable];
  if (chosen) {
    if (!existsSync(chosen)) throw new Error(`${variable} names a file that does not exist: ${chosen}`);
    return answer(chosen);
  }
  const usable = needs.every((name) => onPath(name).some(isExecutable)) ? [...names.flatMap(onPath), ...paths] : [];
  const executablePath = [own, ...usable].find((file) => file && runs(file));
  if (!executablePath) return undefined;
  process.env[variable] = executablePath;
  return answer(executablePath);
}

/** Runs a command with its output shown; whether it succeeded. It has a timeout, because a network may drop packets. */
function attempt(command, args, { timeout = 5 * MINUTE_MS, env = {} } = {}) {
  console.error(`mailslot: ${command} ${args.join(' ')} …`);
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout,
    env: { ...process.env, ...env },
  });
  return status === 0;
}

function download(engine) {
  const cli = join(dirname(require.resolve('playwright/package.json')), 'cli.js');
  return attempt(process.execPath, [cli, 'install', '--no-shell', engine], {
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000' },
  });
}

function installDebianPackages(names) {
  if (process.platform !== 'linux' || !onPath('apt-get').some(isExecutable)) return false;
  const asRoot = (...command) => (isRoot ? command : ['sudo', '-n', ...command]);
  const apt = (...args) => {
    const [command, ...rest] = asRoot('env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args);
    return attempt(command, rest);
  };
  // A failed update is ignored: it fails if one source is down, and the packages may still be found.
  apt('update');
  return apt('install', '-y', '--no-install-recommends', ...names);
}

/**
 * Finds an engine, or installs it.
 * @returns `{ executablePath, args, own }`; `own` is true for Playwright's build
 * @throws Error with instructions, if it cannot be installed
 */
export function provideBrowser(engine) {
  const found = findBrowser(engine);
  if (found) return found;
  for (const tryInstall of [() => download(engine), () => installDebianPackages(engines[engine].debianPackages)]) {
    if (!tryInstall()) continue;
    const installed = findBrowser(engine);
    if (installed) return installed;
  }
  const { variable, debianPackages } = engines[engine];
  throw new Error(
    `no ${engine} runs here and none could be installed. Do one of these, then try again:\n` +
      `  npx playwright install --with-deps ${engine}\n` +
      `  apt-get install ${debianPackages.join(' ')}\n` +
      `  ${variable}=/path/to/the/executable`,
  );
}
