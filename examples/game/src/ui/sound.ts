/** A pentatonic scale, Hz: each ring of a chain sounds one step higher. */
const SCALE = [220, 246.9, 293.7, 329.6, 392, 440, 493.9, 587.3, 659.3, 784, 880]

export interface Sound {
  /** Starts after the first gesture, as browsers want it. */
  wake(): void
  /** Whether it is silent now. */
  toggle(): boolean
  ring(chain: number): void
  mote(): void
  crystal(): void
  miss(): void
  crash(): void
  end(): void
  /** 0..1, how fast the air rushes by. */
  wind(amount: number): void
}

/** All sounds are made here: plucked strings with an echo, wind from filtered noise, a low drone. */
export function createSound(): Sound {
  let context: AudioContext | undefined
  let master: GainNode
  let echo: DelayNode
  let wind: { gain: GainNode; filter: BiquadFilterNode } | undefined
  let silent = false

  function wake(): void {
    if (context !== undefined) return void context.resume()
    context = new AudioContext()
    master = context.createGain()
    master.gain.value = silent ? 0 : 0.5
    master.connect(context.destination)
    echo = context.createDelay(1)
    echo.delayTime.value = 0.31
    const feedback = context.createGain()
    feedback.gain.value = 0.36
    const wet = context.createGain()
    wet.gain.value = 0.4
    echo.connect(feedback).connect(echo)
    echo.connect(wet).connect(master)
    wind = rush(context)
    drone(context)
  }

  function rush(context: AudioContext) {
    const noise = context.createBuffer(1, context.sampleRate * 2, context.sampleRate)
    const samples = noise.getChannelData(0)
    for (let i = 0; i < samples.length; i++) samples[i] = Math.random() * 2 - 1
    const source = new AudioBufferSourceNode(context, { buffer: noise, loop: true })
    const filter = new BiquadFilterNode(context, { type: 'bandpass', frequency: 380, Q: 0.6 })
    const gain = new GainNode(context, { gain: 0 })
    source.connect(filter).connect(gain).connect(master)
    source.start()
    return { gain, filter }
  }

  function drone(context: AudioContext): void {
    for (const [frequency, level] of [[55, 0.09], [82.4, 0.05], [110.3, 0.03]]) {
      const gain = new GainNode(context, { gain: level })
      const tone = new OscillatorNode(context, { type: 'triangle', frequency })
      tone.connect(gain).connect(master)
      tone.start()
    }
  }

  function pluck(frequency: number, level: number, seconds: number, type: OscillatorType = 'triangle', delay = 0): void {
    if (context === undefined) return
    const at = context.currentTime + delay
    const gain = new GainNode(context, { gain: 0 })
    gain.gain.setValueAtTime(0, at)
    gain.gain.linearRampToValueAtTime(level, at + 0.008)
    gain.gain.exponentialRampToValueAtTime(0.0005, at + seconds)
    for (const detune of [-5, 5]) {
      const tone = new OscillatorNode(context, { type, frequency, detune })
      tone.connect(gain)
      tone.start(at)
      tone.stop(at + seconds)
    }
    gain.connect(master)
    gain.connect(echo)
  }

  return {
    wake,
    toggle() {
      silent = !silent
      if (context !== undefined) master.gain.setTargetAtTime(silent ? 0 : 0.5, context.currentTime, 0.05)
      return silent
    },
    ring(chain) {
      const step = Math.min(chain, SCALE.length - 1)
      pluck(SCALE[step], 0.22, 1.4)
      pluck(SCALE[step] * 1.5, 0.1, 1.1, 'sine', 0.06)
    },
    mote: () => pluck(1174, 0.045, 0.35, 'sine'),
    crystal() {
      for (const [i, frequency] of [880, 1174, 1568].entries()) pluck(frequency, 0.09, 1.2, 'sine', i * 0.07)
    },
    miss: () => pluck(98, 0.12, 0.7),
    crash: () => pluck(49, 0.4, 0.6, 'sawtooth'),
    end() {
      for (const [i, step] of [7, 5, 3, 2, 0].entries()) pluck(SCALE[step], 0.16, 2.4, 'triangle', i * 0.24)
    },
    wind(amount) {
      if (context === undefined || wind === undefined) return
      wind.gain.gain.setTargetAtTime(0.05 + 0.22 * amount, context.currentTime, 0.2)
      wind.filter.frequency.setTargetAtTime(300 + 900 * amount, context.currentTime, 0.2)
    },
  }
}
