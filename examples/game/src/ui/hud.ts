import { DAYLIGHT, multiplier, type Run } from '../play/rules.js'

const find = <T extends Element = HTMLElement>(selector: string): T => {
  const element = document.querySelector<T>(selector)
  if (element === null) throw new Error(`index.html: expected ${selector}`)
  return element
}

export type Phase = 'loading' | 'title' | 'playing' | 'over'

/** Everything that is text: score, sun, chain, calls, the two screens, the meters. */
export function createHud() {
  const score = find('#score b')
  const combo = find('#combo')
  const comboText = find('#combo b')
  const comboLabel = find('#combo small')
  const boost = find('#boost i')
  const sun = find('#sun')
  const sunDisc = find<SVGCircleElement>('#sun circle')
  const sunPath = find<SVGPathElement>('#sun path')
  const call = find('#call')
  const flash = find('#flash')
  const pathLength = sunPath.getTotalLength()

  return {
    canvas: find<HTMLCanvasElement>('#view'),
    start: find<HTMLButtonElement>('#start'),
    again: find<HTMLButtonElement>('#again'),
    levels: find<HTMLTableElement>('#levels'),

    phase(phase: Phase): void {
      document.body.dataset.phase = phase
      if (phase === 'title') find<HTMLButtonElement>('#start').focus({ preventScroll: true })
    },

    run(run: Run): void {
      score.textContent = Math.round(run.score).toLocaleString('en')
      comboText.textContent = `×${multiplier(run)}`
      comboLabel.textContent = run.chain > 0 ? `${run.chain} in a row` : 'chain'
      combo.classList.toggle('hot', run.chain >= 4)
      boost.style.transform = `scaleX(${run.boost.toFixed(3)})`
      const { x, y } = sunPath.getPointAtLength(pathLength * (1 - Math.min(1, run.light / DAYLIGHT)))
      sunDisc.setAttribute('cx', x.toFixed(1))
      sunDisc.setAttribute('cy', y.toFixed(1))
      sun.classList.toggle('late', run.light < 10)
    },

    bump(): void {
      combo.classList.remove('bump')
      void combo.offsetWidth // restarts the animation
      combo.classList.add('bump')
    },

    call(text: string): void {
      call.textContent = text
      call.classList.remove('shown')
      void call.offsetWidth
      call.classList.add('shown')
    },

    flash(color: string, strength: number): void {
      flash.style.setProperty('--tint', color)
      flash.animate([{ opacity: strength }, { opacity: 0 }], { duration: 420, easing: 'ease-out' })
    },

    end(run: Run, best: number): void {
      find('#total').textContent = Math.round(run.score).toLocaleString('en')
      find('#rings').textContent = String(run.rings)
      find('#longest').textContent = String(run.longest)
      find('#best').textContent = Math.round(best).toLocaleString('en')
      find('#best').classList.toggle('new', Math.round(run.score) >= Math.round(best))
      find<HTMLButtonElement>('#again').focus({ preventScroll: true })
    },

    /** @param memory of the textures, bytes */
    cost({ fps, calls, triangles, textures, memory }: Record<'fps' | 'calls' | 'triangles' | 'textures' | 'memory', number>): void {
      find('#fps').textContent = `${fps.toFixed(0)} fps`
      find('#cost').textContent = `${calls} draws · ${Math.round(triangles / 1000)}k triangles · ${textures} textures, ${(memory / 2 ** 20).toFixed(0)} MB`
    },

    figures(on: boolean): void {
      document.body.classList.toggle('figures', on)
    },

    inspecting(on: boolean): void {
      document.body.classList.toggle('inspecting', on)
    },

    failed(error: unknown): void {
      find('#loading').innerHTML = '<p></p>'
      find('#loading p').textContent = `The canyon could not be loaded: ${error instanceof Error ? error.message : String(error)}`
    },
  }
}

export type Hud = ReturnType<typeof createHud>
