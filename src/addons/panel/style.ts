/** The panel's own style. A page's style does not reach into a shadow root, nor does this one reach out. */
export const STYLE = `
:host { display: block; font: 14px/1.4 system-ui, sans-serif; color: inherit; }
:host([data-floating]) {
  position: fixed; inset: auto 0 0 auto; z-index: 2147483647; width: min(26rem, 100vw); max-height: 70vh; overflow: auto;
  box-sizing: border-box; padding: 12px 16px; background: Canvas; color: CanvasText; color-scheme: light dark;
  border: 1px solid GrayText; border-radius: 8px 0 0 0;
}
:host([data-floating]) header { display: flex; justify-content: space-between; align-items: baseline; }
h2, h3 { font-size: 1em; margin: 1.2em 0 .3em; }
header h2 { margin: 0; }
dl { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; margin: 8px 0; }
dt, small, time, .note { opacity: .75; font-size: .9em; }
dd { margin: 0; font-size: 1.3em; font-variant-numeric: tabular-nums; }
ol { list-style: none; margin: 0; padding: 0; }
li { padding: 6px 0; border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); overflow-wrap: anywhere; }
li p { margin: 2px 0 0; }
time { margin-right: .6em; font-variant-numeric: tabular-nums; }
b { margin-right: .6em; }
pre { white-space: pre-wrap; font-size: .85em; }
.list { max-height: 15rem; overflow: auto; }
[data-tone="good"] b { color: light-dark(#1d6b3a, #8fd6a8); }
[data-tone="bad"] b { color: light-dark(#a3201a, #ff9b93); }
[hidden] { display: none; }
`;
