import { countedTravel } from '../camera.js'
import type { CleanStep } from '../depth/clean/step.js'
import type { PreflightCheck } from '../depth/preflight.js'
import { countFindings, SEVERITY_WORDS } from '../depth/preflight/check.js'
import { PREFLIGHT_COLORS } from '../depth/preflight/draw.js'
import type { DepthAsset, DepthManifest } from '../glb/manifest.js'
import type { Deviation } from '../mesh/error/deviation.js'
import type { Settings } from '../options.js'
import type { EncodedImage } from '../texture/encode.js'
import { ERROR_SCALE } from '../texture/illustrate.js'
import { html, join, raw, type Html } from './html.js'
import { dataUri } from './pack.js'
import { settingRows } from './setting-rows.js'
import { STYLE } from './style.js'
import type { ViewData } from './view-data.js'
import { viewerScript } from './viewer.js'

/** Everything that a report shows. */
export interface PageContent {
  /** The map's and the colour picture's file names, as far as they are known. */
  sources: { depth: string; color: string | null }
  manifest: DepthManifest
  settings: Settings
  map: EncodedImage
  color: EncodedImage | null
  checked: EncodedImage
  view: ViewData
  /** Fine → coarse. */
  levels: PageLevel[]
}

/** What a report says about a level. */
export interface PageLevel {
  triangles: number
  vertices: number
  /** Of all of its pictures. */
  textureBytes: number
  deviation: Pick<Deviation, 'rms' | 'p99' | 'overOne'>
  errors: EncodedImage
}

/** Nothing is loaded from anywhere, and the page says so to the browser. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

const MODES = ['Picture', 'Facets', 'Wireframe', 'Error'] as const

/** The whole report as one HTML file. Same content, same text. */
export function writePage(content: PageContent): string {
  const { manifest, view } = content
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="generator" content="depthmesh">
<link rel="icon" href="data:,">
<title>${manifest.name} · depthmesh report</title>
<style>${raw(STYLE)}</style>
</head>
<body>
${head(content)}
<main>
${viewer(content)}
${preflight(content)}
${errors(content)}
${sizes(manifest, content.levels)}
${settings(content.settings)}
</main>
<footer>Written by depthmesh report. This page is one file: it loads nothing, and can be kept, mailed or opened from disk.</footer>
<script type="application/json" id="view-data">${raw(JSON.stringify(view).replaceAll('<', '\\u003c'))}</script>
<script>${raw(viewerScript().replaceAll('</script', '<\\/script'))}</script>
</body>
</html>
`.toString()
}

function head({ sources, manifest, settings }: PageContent): Html {
  const { preflight: { width, height, bitDepth, levels, checks }, camera, bounds } = manifest
  const counts = countFindings(checks)
  const across = (axis: number) => metres(bounds.max[axis] - bounds.min[axis])
  const space = camera ? `perspective, ${metres(camera.near)} to ${metres(camera.far)}, field of view ${round(camera.fovY)}°` : `relief, ${across(0)} × ${across(1)} × ${across(2)}, ${settings.orientation}`
  return html`<header>
<h1>${manifest.name}</h1>
<p>${sources.depth}: ${whole(width)} × ${whole(height)} px, ${bitDepth === 32 ? '32-bit float' : `${bitDepth}-bit`}, ${whole(levels)} levels · ${sources.color ?? 'no colour picture'} · ${space}</p>
<div class="verdict">${counts.length === 0 ? html`<span class="badge fine">nothing to complain about</span>` : join(counts.map(({ severity, words }) => html`<span class="badge ${SEVERITY_WORDS[severity]}">${words}</span>`))}</div>
</header>`
}

function viewer({ manifest, levels, view: { shown } }: PageContent): Html {
  const button = (kind: string, value: string | number, words: Html | string, pressed: boolean | null = null) => html`<button type="button" data-${raw(kind)}="${value}"${pressed === null ? '' : raw(` aria-pressed="${pressed}"`)}>${words}</button>`
  const [{ inverseDepth, travel }] = shown
  const swaying = inverseDepth !== null && travel > 0
  const most = Math.max(...shown.map(({ levels }) => levels.length))
  const buttons = Array.from({ length: most }, (_, i) => html`<button type="button" data-level="${i}" aria-pressed="${String(i === 0)}"${i < levels.length ? '' : raw(' hidden')}>LOD ${i}<small>${i < levels.length ? whole(levels[i].triangles) : ''}</small></button>`)
  const chooser = html`<div class="bar"><div class="group" role="group" aria-label="The map or a variation">${button('shown', 0, 'The map', true)}${join(manifest.variants.map((_, i) => button('shown', i + 1, `Variant ${i + 1}`, false)))}</div></div>`
  return html`<section class="viewer" aria-label="Viewer">
<div class="stage"><canvas id="view" tabindex="0" aria-label="The mesh of ${manifest.name}: drag or use the arrow keys to turn it, plus and minus to come closer, 0 to go back"></canvas><div id="view-message" role="status">unpacking…</div></div>
${manifest.variants.length > 0 ? chooser : ''}<div class="bar">
<div class="group" role="group" aria-label="Level of detail">${join(buttons)}</div>
<div class="group" role="group" aria-label="What is shown">${join(MODES.map((name, i) => button('mode', i, name, i === 0)))}</div>
<div class="group" role="group" aria-label="Camera">${button('act', 'home', 'Reset')}${button('act', 'closer', '+')}${button('act', 'farther', '−')}${swaying ? button('act', 'sway', 'Sway', false) : ''}</div>
<span class="keys"><kbd>←→↑↓</kbd> turn · <kbd>+</kbd><kbd>−</kbd> zoom · <kbd>1</kbd>–<kbd>${most}</kbd> level · ${manifest.variants.length > 0 ? raw('<kbd>V</kbd> variant · ') : ''}<kbd>P</kbd><kbd>F</kbd><kbd>W</kbd><kbd>E</kbd> show</span>
</div>
<div class="bar">${join(levels.map((level, i) => html`<p class="facts" data-of-shown="0" data-of-level="${i}"${i === 0 ? '' : raw(' hidden')}><b>LOD ${i}</b>: <b>${whole(level.triangles)}</b> triangles, ${whole(level.vertices)} vertices, ${levelBytes(manifest, i)}99 % of the pixels within <b>${pixels(level.deviation.p99)}</b></p>`))}${join(manifest.variants.flatMap(variantFacts))}
<p class="facts" data-of-mode="3" hidden>Colours as below: dark is right, bright is wrong. Gray is the hidden layer, which no map can tell.</p>
${swaying ? html`<p class="facts" data-of-mode="0"><b>Sway</b> moves the camera by the ${metres(travel)} of <code>travel</code>.</p>` : ''}</div>
</section>`
}

/** What there is to say of a variation's levels: errors are measured on the map's own alone. */
function variantFacts({ lods }: DepthAsset, index: number): Html[] {
  return lods.map(
    ({ triangles, vertices, bytes, textures = [] }, level) =>
      html`<p class="facts" data-of-shown="${index + 1}" data-of-level="${level}" hidden><b>Variant ${index + 1}, LOD ${level}</b>: <b>${whole(triangles)}</b> triangles, ${whole(vertices)} vertices, ${kib(bytes)}${textures.length === 0 ? '' : `, and ${kib(sumOf(textures))} of a picture that variants share`}</p>`,
  )
}

function levelBytes({ lods }: DepthManifest, level: number): string {
  return lods.length > level && lods.length > 1 ? `${kib(lods[level].bytes)}, ` : ''
}

function preflight({ manifest, settings, map, color, checked }: PageContent): Html {
  const legend = { jumps: 'will be cut open', silhouettes: 'soft silhouette', spikes: 'spike', holes: settings.black === 'cut' ? 'nothing there' : 'hole' }
  const marks = (Object.keys(legend) as (keyof typeof legend)[]).map((kind) => html`<span><i style="background:rgb(${PREFLIGHT_COLORS[kind].join(' ')})"></i>${legend[kind]}</span>`)
  const { checks, cleaned } = manifest.preflight
  return html`<section aria-labelledby="preflight">
<h2 id="preflight">Pre-flight</h2>
<p class="lead">What the map says before anything is mended. Near is bright here, whatever the file means by white.</p>
<div class="pictures">
${figure(map, 'The map', 'The depth map', '')}
${figure(checked, 'What was found', 'The depth map with what was found drawn on it', html`<span class="legend">${join(marks)}</span>`)}
${color === null ? '' : figure(color, 'The colour picture', 'The colour picture', '')}
</div>
<ul class="findings">${checks.length === 0 ? html`<li class="fine"><h3>Nothing to complain about</h3></li>` : join(checks.map(finding))}${cleaned === undefined || cleaned.length === 0 ? '' : join(cleaned.map(cleaning))}</ul>
</section>`
}

function figure(image: EncodedImage, title: string, alt: string, words: Html | string, id = ''): Html {
  return html`<figure><img${id === '' ? '' : raw(` id="${id}"`)} src="${dataUri(image)}" width="${image.width}" height="${image.height}" alt="${alt}"><figcaption><b>${title}</b> ${words}</figcaption></figure>`
}

function finding({ id, severity, found, why, advice, settings }: PreflightCheck): Html {
  return html`<li class="${SEVERITY_WORDS[severity]}"><h3><span>${SEVERITY_WORDS[severity]}</span>${found}<code>${id}</code></h3><p class="why">${why}</p><p>${advice}</p>${settings === undefined ? '' : html`<pre>${JSON.stringify(settings)}</pre>`}</li>`
}

function cleaning({ step, done }: CleanStep): Html {
  return html`<li class="fine"><h3><span>mended</span>${done}<code>clean.${step}</code></h3></li>`
}

function errors({ manifest, levels, settings }: PageContent): Html {
  const ramp = ERROR_SCALE.map(([, color]) => `rgb(${color.join(' ')})`).join(', ')
  const unit =
    manifest.camera
      ? `One source pixel is a pixel of the map. A wrong depth counts as the parallax that it shows when the camera has moved by travel (${metres(countedTravel(settings, manifest.camera))}); a silhouette beside the map’s counts as its distance from it. How far pictures slip on the triangles is not in it: the manifest’s error tells that as well.`
      : 'One source pixel is a pixel of the map: a wrong height counts as the pixels that it is high; a rim beside the map’s counts as its distance from it.'
  return html`<section aria-labelledby="errors">
<h2 id="errors">Error</h2>
<p class="lead">How far each level lies from the cleaned map, in source pixels, measured on the stored GLB. ${unit}</p>
<div class="scale"><div class="ramp" style="background:linear-gradient(90deg, ${ramp})"></div><div class="ticks">${join(ERROR_SCALE.map(([error], i) => html`<span>${i === 0 ? '≤ ' : i === ERROR_SCALE.length - 1 ? '≥ ' : ''}${error < 1 ? `1/${1 / error}` : error} px</span>`))}</div></div>
<div class="pictures errors">${join(levels.map(({ errors: image, deviation, triangles }, i) => figure(image, `LOD ${i}`, `Error of LOD ${i}`, html`${whole(triangles)} triangles<br>RMS ${pixels(deviation.rms)}, 99 % within ${pixels(deviation.p99)}, ${share(deviation.overOne)} over 1 px`, `errors-${i}`)))}</div>
</section>`
}

function sizes(manifest: DepthManifest, levels: readonly PageLevel[]): Html {
  const rows = manifest.lods.map((lod, i) => row(lod.url, lod, manifest.lods.length === 1 ? levels.reduce((sum, { textureBytes }) => sum + textureBytes, 0) : levels[i].textureBytes, pixels(levels[i].deviation.p99)))
  const variants = manifest.variants.flatMap((variant) => variant.lods.map((lod) => row(lod.url, lod, null, '')))
  const shared = [...new Map(manifest.variants.flatMap(({ lods }) => lods.flatMap(({ textures = [], textureSize }) => textures.map((texture) => [texture.url, { ...texture, textureSize }] as const)))).values()]
  const total = sumOf([manifest, ...manifest.variants].flatMap(({ lods }) => lods)) + sumOf(shared)
  const pictureRow = ({ url, bytes, textureSize }: (typeof shared)[number]) =>
    html`<tr><td><code>${url}</code></td><td></td><td></td><td class="right">${kib(bytes)}</td><td></td><td class="right">${kib(bytes)}</td><td class="right">${whole(textureSize)} px</td><td></td><td></td><td></td></tr>`
  return html`<section aria-labelledby="sizes">
<h2 id="sizes">Sizes</h2>
<p class="lead">${shared.length === 0 ? 'Each file is self-contained.' : 'The map’s own files are self-contained; those of variants name the pictures that they share.'} ${kib(total)} in all; a player loads the coarsest level first, then the one that the view needs. The largest error is that of the worst pixel, mostly one beside a silhouette, where it is the whole jump.</p>
<div class="wide"><table>
<thead><tr><th>file</th><th class="right">triangles</th><th class="right">vertices</th><th class="right">file</th><th class="right">geometry</th><th class="right">textures</th><th class="right">longest side</th><th class="right">99 % within</th><th class="right">largest error</th><th class="right">shown down to</th></tr></thead>
<tbody>${join([...rows, ...variants, ...shared.map(pictureRow)])}</tbody>
</table></div>
</section>`
}

function row(name: string, { triangles, vertices, bytes, textureSize, error, screenCoverage }: DepthAsset['lods'][number], textureBytes: number | null, within: string): Html {
  const right = (text: string) => html`<td class="right">${text}</td>`
  const split = textureBytes === null ? [right(''), right('')] : [right(kib(bytes - textureBytes)), right(textureBytes === 0 ? '–' : kib(textureBytes))]
  return html`<tr><td><code>${name}</code></td>${right(whole(triangles))}${right(whole(vertices))}${right(kib(bytes))}${join(split)}${right(textureSize === 0 ? '–' : `${whole(textureSize)} px`)}${right(within)}${right(`${pixels(error.pixels)} · ${metres(error.metres)}`)}${right(screenCoverage === 0 ? 'the rest' : `${share(screenCoverage)} of the screen`)}</tr>`
}

function settings(all: Settings): Html {
  const rows = settingRows(all)
  const changed = rows.filter((each) => each.changed)
  const table = (some: typeof rows) =>
    html`<div class="wide"><table><thead><tr><th>key</th><th>value</th><th>meaning</th></tr></thead><tbody>${join(some.map(({ key, value, meaning, changed }) => html`<tr><td${changed ? raw(' class="changed"') : ''}><code>${key}</code></td><td><code>${value}</code></td><td class="meaning">${meaning}</td></tr>`))}</tbody></table></div>`
  return html`<section aria-labelledby="settings">
<h2 id="settings">Settings</h2>
<p class="lead">${changed.length === 0 ? 'All settings are the defaults.' : 'What differs from the defaults, from the sidecar, the plugin or the command line:'}</p>
${changed.length === 0 ? '' : table(changed)}
<details><summary>All settings</summary>${table(rows)}</details>
</section>`
}

function sumOf(files: readonly { bytes: number }[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}

function whole(value: number): string {
  return value.toLocaleString('en-US')
}

function kib(bytes: number): string {
  return bytes < 1024 * 1024 ? `${whole(Math.ceil(bytes / 1024))} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

function pixels(value: number): string {
  return Number.isFinite(value) ? `${value < 10 ? value.toFixed(2) : whole(Math.round(value))} px` : '> 8 px'
}

function metres(value: number): string {
  if (value !== 0 && Math.abs(value) < 1) return Math.abs(value) < 0.01 ? `${round(value * 1000)} mm` : `${round(value * 100)} cm`
  return Math.abs(value) >= 10_000 ? `${round(value / 1000)} km` : `${round(value)} m`
}

/** Three digits that count. */
function round(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US')
}

function share(value: number): string {
  const percent = value * 100
  return `${percent === 0 ? '0' : percent < 1 ? percent.toFixed(2) : percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`
}
