/** The look of a report, for dark and light screens, and for paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f3ee, #17141a);
  --card: light-dark(#fffdf9, #211d26);
  --stage: light-dark(#e4dfd7, #100e13);
  --line: light-dark(#ddd5c9, #37313e);
  --text: light-dark(#2a2430, #eee7e0);
  --soft: light-dark(#6b6170, #a79dac);
  --accent: light-dark(#a8431f, #ff9d6b);
  --wrong: light-dark(#b3261e, #ff8a80);
  --suspicious: light-dark(#8a5a00, #ffc65c);
  --note: light-dark(#35618e, #8fbdea);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); }
main, header, footer { max-width: 1200px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 36px; }
h1 { margin: 0; font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 44px 0 4px; font-size: 20px; letter-spacing: -0.005em; }
h3 { margin: 0; font-size: 15px; }
p { margin: 4px 0 0; max-width: 100ch; }
header p, .lead, figcaption, footer { color: var(--soft); }
.lead { margin-bottom: 14px; }
code, pre, .number { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; font-size: 0.9em; font-variant-numeric: tabular-nums; }
footer { padding-top: 28px; padding-bottom: 48px; font-size: 13px; }

.verdict { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 14px; }
.badge { padding: 2px 11px; border: 1px solid currentColor; border-radius: 99px; font-size: 13px; font-weight: 600; white-space: nowrap; }
.wrong { color: var(--wrong); } .suspicious { color: var(--suspicious); } .note { color: var(--note); } .fine { color: var(--soft); }

.viewer { margin-top: 22px; border: 1px solid var(--line); border-radius: 12px; overflow: hidden; background: var(--card); }
.stage { position: relative; background: var(--stage); }
#view { display: block; width: 100%; height: min(68vh, 640px); background-color: var(--stage); color: var(--accent); touch-action: none; cursor: grab; outline-offset: -3px; }
#view:active { cursor: grabbing; }
#view:focus-visible { outline: 2px solid var(--accent); }
#view-message { position: absolute; inset: 0; display: grid; place-items: center; padding: 24px; text-align: center; color: var(--soft); pointer-events: none; }
.bar { display: flex; flex-wrap: wrap; gap: 10px 22px; align-items: center; padding: 12px 14px; }
.bar + .bar { padding-top: 0; }
.group { display: flex; flex-wrap: wrap; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
button { appearance: none; border: 0; border-right: 1px solid var(--line); padding: 6px 13px; background: none; color: inherit; font: inherit; font-size: 14px; cursor: pointer; }
button:last-child { border-right: 0; }
button[hidden] { display: none; }
button:hover { background: color-mix(in srgb, var(--accent) 12%, transparent); }
button[aria-pressed="true"] { background: var(--accent); color: var(--card); }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
button:disabled { opacity: 0.4; cursor: default; background: none; }
button small { opacity: 0.75; margin-left: 5px; }
.facts { margin: 0; max-width: none; color: var(--soft); font-size: 14px; }
.facts b { color: var(--text); font-weight: 600; }
.keys { margin-left: auto; color: var(--soft); font-size: 13px; }
kbd { padding: 0 5px; border: 1px solid var(--line); border-radius: 4px; font: inherit; font-size: 12px; }

.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 270px), 1fr)); gap: 16px; margin-top: 14px; }
figure { margin: 0; }
figure img { display: block; width: 100%; height: auto; border-radius: 8px; background: var(--stage); }
.errors figure img { image-rendering: auto; background: repeating-conic-gradient(var(--line) 0 25%, var(--stage) 0 50%) 0 0 / 14px 14px; }
figcaption { margin-top: 7px; font-size: 13px; line-height: 1.45; }
figcaption b { color: var(--text); font-size: 14px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-top: 2px; }
.legend i { display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 2px; }

.findings { display: grid; gap: 10px; margin: 16px 0 0; padding: 0; list-style: none; }
.findings li { padding: 13px 16px; border: 1px solid var(--line); border-left: 4px solid var(--mark); border-radius: 8px; background: var(--card); }
.findings .wrong { --mark: var(--wrong); } .findings .suspicious { --mark: var(--suspicious); } .findings .note { --mark: var(--note); } .findings .fine { --mark: var(--soft); }
.findings li, .findings p { color: var(--text); }
.findings h3 span { color: var(--mark); margin-right: 8px; }
.findings .fine { border-left-color: var(--line); }
.findings h3 code { color: var(--soft); font-weight: 400; margin-left: 8px; }
.findings .why { color: var(--soft); }
pre { margin: 8px 0 0; padding: 9px 12px; border-radius: 6px; background: color-mix(in srgb, var(--line) 45%, transparent); overflow-x: auto; white-space: pre-wrap; }

.scale { max-width: 520px; margin-top: 16px; font-size: 13px; color: var(--soft); }
.scale .ramp { height: 14px; border-radius: 4px; border: 1px solid var(--line); }
.scale .ticks { display: flex; justify-content: space-between; margin-top: 3px; font-variant-numeric: tabular-nums; }

.wide { overflow-x: auto; margin-top: 12px; border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th, td { padding: 8px 14px; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 500; font-size: 13px; white-space: nowrap; }
.right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.changed code { color: var(--accent); font-weight: 600; }
td.meaning { color: var(--soft); }
details { margin-top: 12px; }
summary { cursor: pointer; color: var(--soft); }

@media (max-width: 640px) {
  main, header, footer { padding-left: 14px; padding-right: 14px; }
  #view { height: 56vh; }
  .keys { display: none; }
}
@media print { .viewer { display: none; } body { background: #fff; } }
`
