/**
 * The login page: a form for the token, with a user name because password managers need one. It has no script.
 * @param problem HTML with the error to show
 */
export const loginPage = (problem = ''): string =>
  page(
    'Log in',
    `<form method="post" action="/dashboard/login">
        <input name="username" autocomplete="username" value="dashboard" hidden>
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required maxlength="512" autofocus aria-describedby="help${problem && ' problem'}"${problem && ' aria-invalid="true"'}>
        ${problem && `<p id="problem" role="alert">${problem}</p>`}
        <button>Open the dashboard</button>
        <p id="help">The collector prints an address with the token when it starts, in the line with <code>"dashboard"</code>, unless the operator has set one of their own.</p>
      </form>`,
  );

/** Shown for a moment to a visitor who follows a link from another site. */
export const redirectPage = (): string => page('Opening the dashboard…', '<p>One moment.</p>');

const page = (title: string, content: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>mailslot · ${title}</title>
    <link rel="icon" href="/dashboard/icon.svg">
    <link rel="stylesheet" href="/dashboard/login.css">
  </head>
  <body>
    <main>
      <h1><span class="name">mailslot</span> ${title}</h1>
      <svg class="slot" viewBox="0 0 220 62" aria-hidden="true">
        <rect class="brass" x="10" y="8" width="200" height="46" rx="7"/>
        <rect class="brass-edge" x="13.5" y="11.5" width="193" height="39" rx="4.5"/>
        <circle class="screw" cx="25" cy="31" r="3"/>
        <circle class="screw" cx="195" cy="31" r="3"/>
        <rect class="gap" x="40" y="25" width="140" height="13" rx="2"/>
      </svg>
      ${content}
    </main>
  </body>
</html>
`;
